// Jungfrau: what its configuration says, and its frames, whose size only the configuration tells.
// Read by `decode()`.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_jungfrau_config = 107, type_jungfrau_element = 108;

// JungfrauConfig v1..v4, all packed to 4 bytes. What a version lacks is 0 or empty.
struct JungfrauConfig {
  std::uint32_t modules = 0, rows = 0, cols = 0;  // rows and columns of one module: 512 x 1024
  std::uint32_t bias_voltage = 0;
  std::uint16_t gain_mode = 0;  // 0 normal, 1 2 fixed, 3 4 forced, 5 high gain 0
  std::uint16_t speed_mode = 0;
  double trigger_delay = 0, exposure_time = 0;
  double exposure_period = 0;               // v2
  std::array<std::uint16_t, 8> voltages{};  // v2
  struct Module {
    std::uint64_t serial = 0, version = 0, firmware = 0;
    bool operator==(const Module&) const = default;
  };
  std::vector<Module> module_info;  // v3: 8, v4: 32 entries stored; here one per module
  [[nodiscard]] Shape shape() const { return {modules, rows, cols}; }
};
// Refused when there are no modules, more than 32, or sides no sensor has.
Read<JungfrauConfig> read_jungfrau_config(Bytes payload, std::uint16_t version);

struct JungfrauFrame {
  std::uint64_t frame_number = 0;
  std::uint32_t ticks = 0, fiducial = 0;
  Bytes pixels;  // modules x rows x cols u16: bits 0-13 ADC, 14-15 gain stage
};
// JungfrauElement v1, v2 (with 20 bytes per module before the pixels).
Read<JungfrauFrame> read_jungfrau_element(Bytes payload, std::uint16_t version, Shape shape);

namespace layout {
inline constexpr std::size_t jungfrau_element_v1_head = 12, jungfrau_element_v2_head = 16,
                             jungfrau_module_info_size = 20, jungfrau_module_config_size = 24,
                             jungfrau_config_v1_size = 36, jungfrau_config_v2_size = 60;
constexpr std::size_t jungfrau_config_modules(std::uint16_t version) {
  return version == 3 ? 8 : version == 4 ? 32 : 0;
}
constexpr std::size_t jungfrau_config_size(std::uint16_t version) {
  if (version == 1) return jungfrau_config_v1_size;
  return jungfrau_config_v2_size + jungfrau_config_modules(version) * jungfrau_module_config_size;
}
static_assert(jungfrau_config_size(3) == 252 && jungfrau_config_size(4) == 828);
}  // namespace layout

}  // namespace jt::formats::xtc
