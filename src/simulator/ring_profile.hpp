// Expected photons against the distance from the beam: a liquid's ring and the background under it.
// Under the twin's frames: every pixel takes its expectation from here.
#pragma once

#include "simulator/twin_settings.hpp"

namespace jt::simulator {

class RingProfile {
 public:
  // `reach_um`: the farthest pixel from the beam. Throws CallError when the ring's top lies behind the beam
  // stop or beyond the reach, so that no ring would be seen.
  RingProfile(const TwinDetectorSettings& detector, double photon_energy_ev, double reach_um);

  // Relative to the top of the ring; 0 behind the beam stop. Radius in the detector plane.
  [[nodiscard]] double jet(double radius_um) const;
  // Relative to the background under the top of the ring; falls outwards.
  [[nodiscard]] double background(double radius_um) const;
  [[nodiscard]] double peak_um() const { return peak_; }  // where jet() is largest, to 1 um
  [[nodiscard]] double q(double radius_um) const;         // 1/angstrom

 private:
  [[nodiscard]] double intensity(double q) const;
  [[nodiscard]] double raw_jet(double radius_um) const;

  TwinDetectorSettings detector_;
  double distance_, stop_, per_sine_, peak_ = 0, top_ = 1;
};

}  // namespace jt::simulator
