// Finds the diffraction ring in the average profile: where it is, how wide, how certain, and what lies
// beside. After the average over the used shots, for `ring.model: geometry`; pure.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "reduction/ring_window.hpp"

namespace jt::calibration {

// A ring needs a height of at least so many standard errors of the profile.
inline constexpr double contrast_of_a_ring = 5;
// Below this the verdict says that the contrast is low.
inline constexpr double contrast_of_a_clear_ring = 10;

struct RingSearch {
  int delta_bin = 3;
  int fit_points = 5;  // bins on each side of the ring that carry its baseline
  int first_bin = 0;   // the peak is looked for in these bins, both included
  int last_bin = 0;
};

struct RingPeak {
  int bin = 0;
  double height = 0;    // above the higher of the valleys beside it
  double contrast = 0;  // the height in standard errors of the profile
};

struct FoundRing {
  bool is_ring = false;  // false: no peak stands out; `peak_bin` is the brightest bin
  int peak_bin = 0;
  double contrast = 0;  // height over the baseline (no ring: of the best candidate) in standard errors

  // The fit height exp(-(k - position)^2 / (2 sigma^2)) + slope k + level, in bins; bounded: the position
  // lies among the bins searched.
  bool fit_ok = false;
  double position = std::numeric_limits<double>::quiet_NaN();
  double position_err = std::numeric_limits<double>::quiet_NaN();
  double sigma = std::numeric_limits<double>::quiet_NaN();
  double height = std::numeric_limits<double>::quiet_NaN();
  double residual = std::numeric_limits<double>::quiet_NaN();  // rms of the residuals / height
  std::vector<double>
      curve;  // the fit at every bin; NaN outside the bins it was made from; empty without fit

  reduction::RingWindow window;
  reduction::RingWindow left, right;  // bins beside the ring that carry the baseline
  reduction::Baseline baseline;
  std::vector<RingPeak> others;  // at most two, highest first
};

// The standard error of each bin: what neighbouring bins scatter beyond a smooth curve (4th differences,
// robust), where a bin with n pixels scatters as 1 / sqrt(n). NaN for empty bins.
std::vector<double> profile_errors(std::span<const double> profile, std::span<const std::uint32_t> pixels);

// Local maxima with a contrast of a ring, highest first. `profile` may hold NaN.
std::vector<RingPeak> ring_peaks(std::span<const double> profile, std::span<const double> errors,
                                 const RingSearch& search);

// `profile` has at least one finite bin among the bins searched.
FoundRing find_ring(std::span<const double> profile, std::span<const std::uint32_t> pixels,
                    const RingSearch& search);

}  // namespace jt::calibration
