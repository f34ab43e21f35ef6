// The signal across the jet: a family of peaks (width and shape), and the fit of centre, width, height and
// background. Inside stop 8 of the walk: measured points -> where the jet is, and how well that is known.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "control/decision.hpp"

namespace jt::control {

// Shapes that the signal takes when a focused beam crosses a jet: 1 at the centre, 1/2 at fwhm/2.
enum class Shape : std::uint8_t {
  gaussian,    // jet no wider than the beam
  soft_round,  // round jet about as wide as the beam: chord, smeared by 0.45 radius rms
  round,       // round jet much wider than the beam: chord, smeared by 0.1 radius rms
  flat,        // sheet: box, smeared by 0.2 half widths rms
  count_
};

struct Profile {
  double fwhm_um = 10;
  Shape shape = Shape::gaussian;
  [[nodiscard]] double value(double offset_um) const;
  [[nodiscard]] double slope(double offset_um) const;  // dg/dx, per um
  // The offset, > 0, where g falls to `level`.
  [[nodiscard]] double offset_at(double level) const;
  template <class Archive>
  void fields(Archive& archive) {
    archive(fwhm_um, shape);
  }
};

// One dwell at one position.
struct Point {
  double x_um = 0;
  double mean = 0;
  double error = 0;
  double spread = 0;
  int shots = 0;
  int round = 0;      // 0: coarse; then the rounds of the refinement
  double time_s = 0;  // when it was measured
  template <class Archive>
  void fields(Archive& archive) {
    archive(x_um, mean, error, spread, shots, round, time_s);
  }
};

struct PeakFit {
  bool good = false;  // a peak with height > 0 was fitted
  double centre_um = 0;
  double sigma_um = 0;  // standard error of the centre, from the curvature of chi2
  Profile profile;
  double amplitude = 0;
  double background = 0;
  double chi2 = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(good, centre_um, sigma_um, profile, amplitude, background, chi2);
  }
};

// Least squares over centre (between `low` and `high`), width (a log-normal prior about `fwhm_um`, 25 %)
// and shape on grids; height and background in closed form for each; Huber weights in two rounds.
// Needs 3 points or more. `highest_background`: what points that are not fitted have seen.
PeakFit fit_peak(std::span<const Point> points, double low_um, double high_um, double fwhm_um,
                 double highest_background = std::numeric_limits<double>::infinity());

}  // namespace jt::control
