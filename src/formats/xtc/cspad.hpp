// CSPAD: which quads and sections its configuration reads out, the gain map, and its frames.
// Read by `decode()`; masks and gain map go to `detector` by way of DetectorInfo::gain.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/gain_setup.hpp"
#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_cspad_element = 28, type_cspad_config = 29;

// CspadConfig v2..v5: what decoding and calibrating need of it.
struct CspadConfig {
  std::uint32_t run_delay = 0, event_code = 0;
  std::uint32_t bad_asic_mask0 = 0, bad_asic_mask1 = 0;
  std::uint32_t asic_mask = 0, quad_mask = 0, roi_mask = 0;
  std::vector<GainSetup::CspadQuad> gain_maps;  // 4

  [[nodiscard]] std::size_t quads() const;  // that are read out
  // The sections (0..7) that a quad sends, as bits, by the version of the element.
  [[nodiscard]] std::uint32_t sections(std::uint32_t quad, std::uint16_t element_version) const;
};
Read<CspadConfig> read_cspad_config(Bytes payload, std::uint16_t version);

// CspadElement v1, v2: the sections of this shot, in stored order; panel = quad * 8 + section. Quads come in
// any order; each says its own number.
struct CspadFrame {
  static constexpr Shape shape = {32, 185, 388};
  std::size_t count = 0;
  std::array<PanelView, 32> sections{};
};
Read<CspadFrame> read_cspad_element(Bytes payload, std::uint16_t version, const CspadConfig& config);

namespace layout {
inline constexpr std::size_t cspad_quad_head = 32, cspad_section_size = 185 * 388 * 2, cspad_quad_tail = 4,
                             cspad_gain_map_size = 185 * 194 * 2;
// A configuration's head, and the size of each of its 4 quads, whose last part is the gain map.
struct CspadConfigLayout {
  std::size_t masks;  // where the bad ASIC masks, asic, quad and roi mask lie, 5 u32 in a row
  std::size_t quads, quad_size;
};
constexpr CspadConfigLayout cspad_config(std::uint16_t version) {
  switch (version) {
    case 2:
      return {28, 48, 71940};
    case 3:
      return {64, 84, 71940};
    case 4:
      return {64, 84, 71952};
    default:
      return {68, 88, 71960};
  }
}
static_assert(cspad_config(2).quads + 4 * cspad_config(2).quad_size == 287808);
static_assert(cspad_config(3).quads + 4 * cspad_config(3).quad_size == 287844);
static_assert(cspad_config(4).quads + 4 * cspad_config(4).quad_size == 287892);
static_assert(cspad_config(5).quads + 4 * cspad_config(5).quad_size == 287928);
}  // namespace layout

}  // namespace jt::formats::xtc
