#include "formats/xtc/jungfrau.hpp"

#include <algorithm>

namespace jt::formats::xtc {

Read<JungfrauConfig> read_jungfrau_config(Bytes payload, std::uint16_t version) {
  if (version < 1 || version > 4) return Refusal::unknown_version;
  if (payload.size() < layout::jungfrau_config_size(version)) return Refusal::payload_too_short;
  JungfrauConfig config;
  config.modules = load<std::uint32_t>(payload, 0);
  config.rows = load<std::uint32_t>(payload, 4);
  config.cols = load<std::uint32_t>(payload, 8);
  config.bias_voltage = load<std::uint32_t>(payload, 12);
  config.gain_mode = load<std::uint16_t>(payload, 16);
  config.speed_mode = load<std::uint16_t>(payload, 18);
  config.trigger_delay = load<double>(payload, 20);
  config.exposure_time = load<double>(payload, 28);
  const auto is_size = [](std::uint32_t value, std::uint32_t most) { return value >= 1 && value <= most; };
  if (!is_size(config.modules, 32) || !is_size(config.rows, 4096) || !is_size(config.cols, 4096))
    return Refusal::bad_configuration;
  if (version == 1) return config;

  config.exposure_period = load<double>(payload, 36);
  for (std::size_t i = 0; i < config.voltages.size(); ++i)
    config.voltages[i] = load<std::uint16_t>(payload, 44 + 2 * i);
  const std::size_t stored = std::min<std::size_t>(config.modules, layout::jungfrau_config_modules(version));
  for (std::size_t i = 0; i < stored; ++i) {
    const std::size_t at = layout::jungfrau_config_v2_size + i * layout::jungfrau_module_config_size;
    config.module_info.push_back({load<std::uint64_t>(payload, at), load<std::uint64_t>(payload, at + 8),
                                  load<std::uint64_t>(payload, at + 16)});
  }
  return config;
}

Read<JungfrauFrame> read_jungfrau_element(Bytes payload, std::uint16_t version, Shape shape) {
  if (version != 1 && version != 2) return Refusal::unknown_version;
  const std::size_t pixels_at =
      version == 1 ? layout::jungfrau_element_v1_head
                   : layout::jungfrau_element_v2_head + shape.panels * layout::jungfrau_module_info_size;
  const std::size_t pixel_bytes = shape.pixels() * 2;
  if (!holds(payload, pixels_at, 1, pixel_bytes)) return Refusal::payload_too_short;
  const std::size_t after_number = version == 1 ? 4 : 8;
  return JungfrauFrame{
      .frame_number = version == 1 ? load<std::uint32_t>(payload, 0) : load<std::uint64_t>(payload, 0),
      .ticks = load<std::uint32_t>(payload, after_number),
      .fiducial = load<std::uint32_t>(payload, after_number + 4),
      .pixels = payload.subspan(pixels_at, pixel_bytes)};
}

}  // namespace jt::formats::xtc
