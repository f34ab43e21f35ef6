// The common mode of CSPAD: one offset per 2x1 sensor, from its noise peak or from its unbonded pixels.
// Between the pedestals and the gains, inside `calibrate()` of a CSPAD.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace jt::detector {

inline constexpr std::size_t cspad_rows = 185, cspad_cols = 388;

// From the `common_mode` file: "1 mean_max sigma_max threshold [fallback]" or "5 mean_max"; 0 is off.
struct CspadCommonMode {
  enum class Algorithm : std::uint8_t { off, noise_peak, unbonded };
  Algorithm algorithm = Algorithm::noise_peak;
  double largest_mean = 25, largest_sigma = 25;  // ADU
  double threshold = 100;                        // pixels that the peak's bin must exceed
  bool fall_back = true;                         // to the unbonded pixels when there is no peak
};
// The defaults above when there is no file (no numbers). A file of four numbers does not fall back.
// Algorithms 2 to 4 are not for this detector: off.
CspadCommonMode read_cspad_common_mode(std::span<const double> numbers);

// The centre of the noise peak of `values` (ADU above pedestal), from a histogram of whole ADU; pixels with
// `status` not 0 are left out. Nothing when there is no peak within the limits.
std::optional<double> noise_peak(std::span<const float> values, std::span<const std::uint16_t> status,
                                 const CspadCommonMode& limits);

// The mean of the 36 unbonded pixels of a 2x1 (185 x 388 values). Nothing when beyond the limit.
std::optional<double> unbonded_mean(std::span<const float> values, double largest_mean);

// The offset to subtract from all pixels of a 2x1; nothing: leave them alone.
std::optional<double> cspad_offset(std::span<const float> values, std::span<const std::uint16_t> status,
                                   const CspadCommonMode& parameters);

}  // namespace jt::detector
