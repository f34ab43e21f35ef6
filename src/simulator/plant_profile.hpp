// Signal against distance: the jet's thickness seen by the beam, with and without the pointing jitter.
// Made once for many shots: `Plant` looks up every shot's signal here, the benchmark its true overlap.
#pragma once

#include <vector>

#include "simulator/plant_settings.hpp"

namespace jt::simulator {

// A symmetric function of distance (um), tabulated, straight lines between the points, 0 outside.
class Profile {
 public:
  Profile(double step_um, std::vector<double> values);
  // Linear interpolation: error below step^2 / 8 times the curvature, under 2e-5 of the peak as made here.
  [[nodiscard]] double operator()(double distance_um) const;
  [[nodiscard]] double reach_um() const { return reach_; }
  // Full width at half of the value at 0.
  [[nodiscard]] double fwhm_um() const;
  void scale(double factor);

 private:
  double per_um_, reach_;
  std::vector<double> values_;
};

struct Profiles {
  Profile signal;   // jet thickness seen by a beam at this distance, relative to its best: 1 at 0
  Profile overlap;  // the same averaged over pointing jitter, relative to its best: 1 at 0
};

// `jet_shape`, `jet_radius_um`, `jet_power`, `beam_fwhm_um`, `beam_halo` and `jitter_um` decide.
Profiles make_profiles(const PlantSettings& settings);

// Thickness of the jet at a distance from its axis, 1 at the axis.
double thickness(const PlantSettings& settings, double distance_um);

}  // namespace jt::simulator
