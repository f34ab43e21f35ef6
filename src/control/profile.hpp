// The signal across the jet: a one-parameter family of peaks, and the fit of centre, width, height and
// background. Inside stop 8 of the walk: measured points -> where the jet is, and how well that is known.
#pragma once

#include <span>
#include <vector>

#include "control/decision.hpp"

namespace jt::control {

// g(x) = 2^-(|2x/fwhm|^power): 1 at the centre, 1/2 at fwhm/2. power 2 is a Gaussian (a jet no wider than
// the beam), 2.6 comes within 2 % of a round jet's chord under a beam of half its width, 6 is a flat sheet.
struct Profile {
  double fwhm_um = 10;
  double power = 2;
  [[nodiscard]] double value(double offset_um) const;
  [[nodiscard]] double slope(double offset_um) const;  // dg/dx, per um
  // The offset, > 0, where g falls to `level`.
  [[nodiscard]] double offset_at(double level) const;
  template <class Archive>
  void fields(Archive& archive) {
    archive(fwhm_um, power);
  }
};

// One dwell at one position.
struct Point {
  double x_um = 0;
  double mean = 0;
  double error = 0;
  double spread = 0;
  int shots = 0;
  int round = 0;  // 0: coarse; then the rounds of the refinement
  template <class Archive>
  void fields(Archive& archive) {
    archive(x_um, mean, error, spread, shots, round);
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
// Needs 3 points or more.
PeakFit fit_peak(std::span<const Point> points, double low_um, double high_um, double fwhm_um);

}  // namespace jt::control
