// The original program's way from the average profile to the peak bin, number for number.
// After the average over the used shots, for `ring.model: original`; pure.
#pragma once

#include <span>

namespace jt::calibration {

struct OriginalPeak {
  int bin = 0;          // may lie outside the profile: the fit is not bounded
  bool fit_ok = false;  // false: bin is the brightest one (the first empty one when there is one)
  double mean = 0, sigma = 0, height = 0, slope = 0, intercept = 0;  // of the fit, in bins
};
// Fits a exp(-((x - mean) / 2 / sigma)^2) + m x + b over all bins. `profile` is not empty.
OriginalPeak original_peak(std::span<const double> profile);

}  // namespace jt::calibration
