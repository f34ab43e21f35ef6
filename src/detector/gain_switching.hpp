// Pixels that change their gain by themselves (Epix10ka, Jungfrau): raw word -> ADU above pedestal -> keV.
// Inside `calibrate()` of a panel detector; the tables are made once per run.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "detector/common_mode.hpp"
#include "detector/masks.hpp"
#include "detector/raw_form.hpp"

namespace jt::detector {

// Epix10ka: pixel word and trbit of the configuration, bit 14 of the data -> gain range 0..6 (high, medium
// and low fixed; automatic high and medium; their low ranges), -1 for the words that mean none.
int epix10ka_range(unsigned pixel_word, unsigned trbit, unsigned bit14);
inline constexpr std::size_t epix10ka_ranges = 7;

// The configuration that an Epix10ka recorded with: one word per pixel in panel orientation, and one bit for
// each of the four readout chips of a panel.
struct Epix10kaConfig {
  std::vector<std::uint16_t> pixel_words;           // panels x 352 x 384
  std::vector<std::array<std::uint8_t, 4>> trbits;  // panels
};

// Constants of one detector for one run, one block of all pixels per gain range. Empty: not deployed.
struct GainConstants {
  std::vector<float> pedestals;  // ADU; never empty
  std::vector<float> gains;      // ADU/keV; empty: values stay in ADU
  std::vector<float> offsets;    // ADU, added to the pedestals (Jungfrau)
  Mask status;                   // one entry per pixel; empty: all good
};

// What a raw word means, for each pixel: up to four states, told apart by bits 14 and 15.
class GainTable {
 public:
  static GainTable epix10ka(const GainConstants& constants, const Epix10kaConfig& config);
  static GainTable jungfrau(const GainConstants& constants, std::size_t pixels);

  struct Trouble {
    std::size_t not_finite = 0;  // pixels with a constant that is NaN or infinite
    std::size_t zero_gain = 0;   // pixels whose first state has gain 0: in it they read 0
  };
  [[nodiscard]] const Trouble& trouble() const { return trouble_; }
  // 1 for the pixels without the first kind of trouble. Gain 0 is left out shot by shot: other states may be
  // fine.
  [[nodiscard]] const Mask& usable() const { return usable_; }

  // One panel that begins at pixel `first`: `raw` (rows x cols words, maybe unaligned) -> keV in `values`.
  // Returns how many pixels that `counted` (of the panel, 1 = count) are saturated. With `leave_out`,
  // saturated pixels and those in a state without constants become NaN.
  std::size_t calibrate(const std::byte* raw, std::size_t first, ImageView<float> values,
                        std::span<const std::uint8_t> counted, const MedianCommonMode& common_mode,
                        BankLayout banks, bool leave_out) const;

  // The same, laid open; looks into this table.
  [[nodiscard]] RawForm raw_form(const MedianCommonMode& common_mode, BankLayout banks) const;

 private:
  static constexpr unsigned no_constants_shift = RawForm::no_constants_shift;

  GainTable(std::size_t pixels, unsigned states, std::array<std::uint16_t, 4> saturated);
  void set(std::size_t pixel, unsigned state, float pedestal, float gain, bool has_gain, bool good,
           bool in_group);
  void set_without_range(std::size_t pixel, unsigned state, bool good);
  [[nodiscard]] unsigned state_of(std::uint16_t word) const { return (word >> 14) & (states_ - 1); }

  std::size_t pixels_;
  unsigned states_;
  std::array<std::uint16_t, 4> saturated_;  // the 14-bit code that is the end of the scale, by state
  std::vector<RawState> table_;             // states x pixels; status is folded into the factor
  std::vector<std::uint8_t> flags_;         // pixels; as RawForm::flags
  Mask usable_;
  Trouble trouble_;
};

}  // namespace jt::detector
