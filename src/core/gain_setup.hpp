// How a panel detector's gains were set when the run was taken: what its constants need of its configuration.
// Made by `formats` from Configure, read by `detector` when it picks each pixel's gain.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace jt {

struct GainSetup {
  // Epix10ka, Quad, 2M: one entry per panel, in panel order; empty for other detectors.
  struct Epix10kaPanel {
    static constexpr std::size_t rows = 352, cols = 384;
    std::array<std::uint8_t, 4> trbit{};      // per ASIC: bit 4 of its register 23 (1 = high gains)
    std::vector<std::uint16_t> pixel_config;  // rows x cols; bits 2-3 choose the pixel's gain mode
  };
  std::vector<Epix10kaPanel> epix10ka;

  // CSPAD: per quad 185 x 194 words; bit 2 * k + a = gain (1 high) of section k's pixels at that row and
  // column 194 * a + col. Empty for other detectors.
  struct CspadQuad {
    static constexpr std::size_t rows = 185, cols = 194;
    std::vector<std::uint16_t> gain_map;
  };
  std::vector<CspadQuad> cspad;
  std::uint32_t cspad_asic_mask = 0;
  std::uint32_t cspad_quad_mask = 0;
  std::uint32_t cspad_roi_mask = 0;  // 8 bits per quad: its sections that are read

  // Jungfrau: 0 normal, 1 and 2 fixed, 3 and 4 forced, 5 high gain 0.
  std::uint16_t jungfrau_gain_mode = 0;
  std::vector<std::uint64_t> jungfrau_serials;  // per module; empty before configuration v3
};

}  // namespace jt
