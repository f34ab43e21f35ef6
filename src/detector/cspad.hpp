// The arithmetic of CSPAD: raw 2x1 sensors -> ADU above pedestal, common mode taken off, gains equalised.
// Inside `calibrate()` of a CSPAD; the constants are read once per run.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "detector/cspad_common_mode.hpp"
#include "detector/masks.hpp"
#include "detector/raw_form.hpp"

namespace jt::detector {

inline constexpr std::size_t cspad_sections = 32, cspad_section_pixels = cspad_rows * cspad_cols;

// The recorded gain setting: one word per quad, row and column of a chip; bit 2*k+chip is of the 2x1 number k
// in its quad. 1: high gain, 0: low gain.
struct CspadGainMap {
  std::vector<std::uint16_t> words;  // 4 x 185 x 194
};

// All of 32 x 185 x 388, or empty where not deployed.
struct CspadConstants {
  std::vector<float> pedestals;
  std::vector<float> gains;  // multiply
  std::vector<std::uint16_t> status;
  Mask status_mask;  // status merged with what else says a pixel is bad
};

class CspadArithmetic {
 public:
  CspadArithmetic(CspadConstants constants, const std::optional<CspadGainMap>& gain_map,
                  CspadCommonMode common_mode);

  // Section 0..31 (quad * 8 + 2x1): `raw` holds 185 x 388 signed words, maybe unaligned. Returns how many of
  // the pixels `counted` (of the section) are saturated; with `leave_out` they become NaN.
  std::size_t calibrate(std::size_t section, const std::byte* raw, std::span<float> values,
                        std::span<const std::uint8_t> counted, bool leave_out) const;

  // The same without the common mode, laid open: one entry per pixel, and the form of such a table.
  [[nodiscard]] std::vector<RawState> table() const;
  static RawForm raw_form(std::span<const RawState> table);

  [[nodiscard]] std::size_t not_finite() const { return not_finite_; }
  [[nodiscard]] const Mask& usable() const { return usable_; }

 private:
  void drop_bad_constants();

  std::vector<float> pedestals_;
  Mask low_gain_;                      // 1 where the gain map says low; empty: nowhere
  std::vector<float> gains_;           // with the status mask folded in
  std::vector<std::uint16_t> status_;  // for the noise peak
  CspadCommonMode common_mode_;
  Mask usable_;
  std::size_t not_finite_ = 0;
};

}  // namespace jt::detector
