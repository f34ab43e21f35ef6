// Epix100a, Epix10ka, its quad and its 2M: what their configurations say of sizes and gains, and their
// frames. Read by `decode()`; the gain settings go to `detector` by way of DetectorInfo::gain.
#pragma once

#include <cstdint>
#include <vector>

#include "core/gain_setup.hpp"
#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_epix_config = 74, type_epix_element = 75, type_epix100a_config = 84,
                               type_epix10ka_config = 112, type_epix10ka2m_config = 117,
                               type_epix10ka_array = 118, type_epix10ka_quad_config = 120;

// How many rows and columns an EpixElement has, from the configuration of its source.
struct EpixSize {
  std::uint32_t rows = 0, cols = 0;      // of the frame
  std::uint32_t calibration_rows = 0;    // after the frame
  std::uint32_t environmental_rows = 0;  // after those; in an element v1 these are its excluded rows
  std::uint32_t asics = 0;               // one temperature each
  [[nodiscard]] std::size_t element_size() const;  // head, frame, extra rows, temperatures, last word
};
// EpixConfig v1, Epix100aConfig v1 v2, Epix10kaConfig v1 v2: the fixed head only, which all sizes are in.
Read<EpixSize> read_epix_size(Bytes payload, TypeId type);
// The gains of an Epix10kaConfig v1 v2: one panel.
Read<GainSetup::Epix10kaPanel> read_epix10ka_gain(Bytes payload, std::uint16_t version);

// Epix10ka2MConfig (16 panels) and Epix10kaQuadConfig (4), v1 and v2: the gains of all panels.
Read<std::vector<GainSetup::Epix10kaPanel>> read_epix10ka_array_gains(Bytes payload, TypeId type);

// The picture of an element or an array: panels x rows x cols u16, row major, one after the other.
struct EpixFrame {
  std::uint32_t frame_number = 0;
  Bytes pixels;
};
Read<EpixFrame> read_epix_element(Bytes payload, std::uint16_t version, const EpixSize& size);
Read<EpixFrame> read_epix10ka_array(Bytes payload, std::uint16_t version, std::size_t panels);

namespace layout {
inline constexpr std::size_t epix_element_head = 32, epix10ka_rows = 352, epix10ka_cols = 384,
                             epix10ka_panel_pixels = epix10ka_rows * epix10ka_cols,
                             epix10ka_panel_config_size = 271532, epix10ka_panel_asics = 12,
                             epix_asic_size = 104, epix_asic_register23 = 88,
                             epix10ka_panel_pixel_config = 428, epix_evr_config_size = 8,
                             epix_quad_v1_size = 812, epix_quad_v2_size = 1156;

// Where the panels' configurations begin: after the EVR and the quads.
constexpr std::size_t epix10ka_panels_at(std::uint16_t version, std::size_t quads) {
  return epix_evr_config_size + quads * (version == 1 ? epix_quad_v1_size : epix_quad_v2_size);
}
// Frame number, frames, 4 calibration rows of u16 and 2 environmental rows of 192 u32 per panel, 4
// temperatures.
constexpr std::size_t epix10ka_array_size(std::size_t panels) {
  return 4 + panels * (2 * epix10ka_panel_pixels + 4 * 2 * epix10ka_cols + 2 * 4 * 192 + 4 * 2);
}
static_assert(epix10ka_array_size(16) == 4399236);
static_assert(epix10ka_panels_at(1, 4) + 16 * epix10ka_panel_config_size == 4347768);
static_assert(epix10ka_panels_at(2, 4) + 16 * epix10ka_panel_config_size == 4349144);
static_assert(epix10ka_panels_at(2, 1) + 4 * epix10ka_panel_config_size == 1087292);
}  // namespace layout

}  // namespace jt::formats::xtc
