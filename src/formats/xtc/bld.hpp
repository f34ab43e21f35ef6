// Beam-line data (BLD) and intensity-position monitors: the i0 readings of a shot, read into one common
// array. Read by `decode()`; the values end in Event::readings, in the order of quantities(kind).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_gas_detector = 14, type_ebeam = 15, type_phase_cavity = 16,
                               type_ipimb_data = 22, type_ipimb_config = 23, type_ipm_fex_config = 30,
                               type_ipm_fex = 31, type_shared_ipimb = 35, type_beam_monitor = 98;

// The kind of monitor that a type carries; nothing for other types.
std::optional<MonitorKind> monitor_kind(std::uint16_t type_id);

using MonitorValues = std::array<double, MonitorReading::max_values>;

// The values of any monitor type above (not IpimbData: raw ADC words), those that a version lacks and those
// past the kind's quantities are NaN. FEEGasDetEnergy v0 and v1 in mJ; BeamMonitor v1; EBeam v7; PhaseCavity
// v0, v1 (same bytes); IpmFex v1; SharedIpimb v1.
Read<MonitorValues> read_monitor(Bytes payload, TypeId type);

// EBeam v7's own damage mask, the word before its values. Needs the 4 bytes.
std::uint32_t ebeam_damage_mask(Bytes payload);

// IpimbData v2: the raw digitiser of an IPM.
struct IpimbData {
  std::uint64_t trigger_counter = 0;  // stored with its 16-bit words swapped; here in natural order
  std::array<std::uint16_t, 3> config{};
  std::array<std::uint16_t, 4> channel{}, channel_presample{};
  std::uint16_t checksum = 0;
};
Read<IpimbData> read_ipimb_data(Bytes payload, std::uint16_t version);

// IpimbConfig v2: what the digitiser was set to.
struct IpimbConfig {
  std::uint64_t trigger_counter = 0, serial = 0;
  std::uint16_t charge_range = 0, calibration_range = 0;
  std::uint32_t reset_length = 0, reset_delay = 0;
  float charge_reference_voltage = 0, calibration_voltage = 0, diode_bias = 0;
  std::uint16_t status = 0, errors = 0, calibration_strobe = 0;
  std::uint32_t trigger_delay = 0, presample_delay = 0, adc_delay = 0;
};
Read<IpimbConfig> read_ipimb_config(Bytes payload, std::uint16_t version);

// IpmFexConfig v2: 4 diodes of 16 base and 16 scale values (one per gain range), and the position scales.
struct IpmFexConfig {
  struct Diode {
    std::array<float, 16> base{}, scale{};
  };
  std::array<Diode, 4> diodes{};
  float x_scale = 0, y_scale = 0;
};
Read<IpmFexConfig> read_ipm_fex_config(Bytes payload, std::uint16_t version);

namespace layout {
inline constexpr std::size_t gas_detector_v0_size = 32, gas_detector_size = 48, ebeam_size = 164,
                             ebeam_values = 4, phase_cavity_size = 32, beam_monitor_size = 184,
                             beam_monitor_peak_times = 152, ipm_fex_size = 28, ipimb_data_size = 32,
                             ipimb_config_size = 60, shared_ipimb_size = 120, shared_ipimb_fex = 92,
                             ipm_fex_config_size = 520;
}  // namespace layout

}  // namespace jt::formats::xtc
