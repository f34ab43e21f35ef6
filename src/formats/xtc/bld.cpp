#include "formats/xtc/bld.hpp"

#include <limits>

namespace jt::formats::xtc {
namespace {

MonitorValues no_values() {
  MonitorValues values;
  values.fill(std::numeric_limits<double>::quiet_NaN());
  return values;
}

Read<MonitorValues> doubles(Bytes payload, std::size_t offset, std::size_t count, std::size_t payload_size) {
  if (payload.size() < payload_size) return Refusal::payload_too_short;
  MonitorValues values = no_values();
  for (std::size_t i = 0; i < count; ++i) values[i] = load<double>(payload, offset + 8 * i);
  return values;
}

// Four channels, sum, x and y: the order of the bytes is the order of quantities(ipm).
Read<MonitorValues> ipm_floats(Bytes payload, std::size_t offset, std::size_t payload_size) {
  if (payload.size() < payload_size) return Refusal::payload_too_short;
  MonitorValues values = no_values();
  for (std::size_t i = 0; i < 7; ++i) values[i] = load<float>(payload, offset + 4 * i);
  return values;
}

}  // namespace

std::optional<MonitorKind> monitor_kind(std::uint16_t type_id) {
  switch (type_id) {
    case type_gas_detector:
      return MonitorKind::gas_detector;
    case type_ebeam:
      return MonitorKind::ebeam;
    case type_phase_cavity:
      return MonitorKind::phase_cavity;
    case type_beam_monitor:
      return MonitorKind::beam_monitor;
    case type_ipm_fex:
    case type_shared_ipimb:
      return MonitorKind::ipm;
    default:
      return std::nullopt;
  }
}

Read<MonitorValues> read_monitor(Bytes payload, TypeId type) {
  const std::uint16_t version = type.version();
  switch (type.id()) {
    case type_gas_detector:
      if (version == 0) return doubles(payload, 0, 4, layout::gas_detector_v0_size);
      if (version == 1) return doubles(payload, 0, 6, layout::gas_detector_size);
      break;
    case type_ebeam:
      if (version == 7) return doubles(payload, layout::ebeam_values, 20, layout::ebeam_size);
      break;
    case type_phase_cavity:
      if (version <= 1) return doubles(payload, 0, 4, layout::phase_cavity_size);
      break;
    case type_beam_monitor:
      if (version == 1) return doubles(payload, 0, 19, layout::beam_monitor_size);
      break;
    case type_ipm_fex:
      if (version == 1) return ipm_floats(payload, 0, layout::ipm_fex_size);
      break;
    case type_shared_ipimb:
      if (version == 1) return ipm_floats(payload, layout::shared_ipimb_fex, layout::shared_ipimb_size);
      break;
    default:
      break;
  }
  return Refusal::unknown_version;
}

std::uint32_t ebeam_damage_mask(Bytes payload) { return load<std::uint32_t>(payload, 0); }

Read<IpimbData> read_ipimb_data(Bytes payload, std::uint16_t version) {
  if (version != 2) return Refusal::unknown_version;
  if (payload.size() < layout::ipimb_data_size) return Refusal::payload_too_short;
  IpimbData data;
  for (std::size_t i = 0; i < 4; ++i)
    data.trigger_counter = (data.trigger_counter << 16) | load<std::uint16_t>(payload, 2 * i);
  for (std::size_t i = 0; i < 3; ++i) data.config[i] = load<std::uint16_t>(payload, 8 + 2 * i);
  for (std::size_t i = 0; i < 4; ++i) data.channel[i] = load<std::uint16_t>(payload, 14 + 2 * i);
  for (std::size_t i = 0; i < 4; ++i) data.channel_presample[i] = load<std::uint16_t>(payload, 22 + 2 * i);
  data.checksum = load<std::uint16_t>(payload, 30);
  return data;
}

Read<IpimbConfig> read_ipimb_config(Bytes payload, std::uint16_t version) {
  if (version != 2) return Refusal::unknown_version;
  if (payload.size() < layout::ipimb_config_size) return Refusal::payload_too_short;
  return IpimbConfig{.trigger_counter = load<std::uint64_t>(payload, 0),
                     .serial = load<std::uint64_t>(payload, 8),
                     .charge_range = load<std::uint16_t>(payload, 16),
                     .calibration_range = load<std::uint16_t>(payload, 18),
                     .reset_length = load<std::uint32_t>(payload, 20),
                     .reset_delay = load<std::uint32_t>(payload, 24),
                     .charge_reference_voltage = load<float>(payload, 28),
                     .calibration_voltage = load<float>(payload, 32),
                     .diode_bias = load<float>(payload, 36),
                     .status = load<std::uint16_t>(payload, 40),
                     .errors = load<std::uint16_t>(payload, 42),
                     .calibration_strobe = load<std::uint16_t>(payload, 44),
                     .trigger_delay = load<std::uint32_t>(payload, 48),
                     .presample_delay = load<std::uint32_t>(payload, 52),
                     .adc_delay = load<std::uint32_t>(payload, 56)};
}

Read<IpmFexConfig> read_ipm_fex_config(Bytes payload, std::uint16_t version) {
  if (version != 2) return Refusal::unknown_version;
  if (payload.size() < layout::ipm_fex_config_size) return Refusal::payload_too_short;
  IpmFexConfig config;
  for (std::size_t diode = 0; diode < 4; ++diode) {
    for (std::size_t i = 0; i < 16; ++i) {
      config.diodes[diode].base[i] = load<float>(payload, diode * 128 + 4 * i);
      config.diodes[diode].scale[i] = load<float>(payload, diode * 128 + 64 + 4 * i);
    }
  }
  config.x_scale = load<float>(payload, 512);
  config.y_scale = load<float>(payload, 516);
  return config;
}

}  // namespace jt::formats::xtc
