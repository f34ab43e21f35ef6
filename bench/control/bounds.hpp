// What no strategy can beat: Fisher information of one shot, and the overlap it allows on a jet that walks.
// Of the benchmark only: it knows the true profile and noise, which strategies are not told.
#pragma once

#include <vector>

#include "simulator/plant_profile.hpp"
#include "simulator/plant_settings.hpp"

namespace jt::bench {

// Information about the jet's centre in the ratio of one good shot, by distance from the centre, um^-2.
// From the whole p(ratio | distance): pointing jitter mixes Gaussians with the variance of photon, monitor
// and thickness noise at mean pulse energy; capped at 1 / jitter^2, since a shift of the beam is a shift of
// the jet.
class Information {
 public:
  Information(const simulator::PlantSettings& settings, const simulator::Profiles& profiles);
  [[nodiscard]] double at(double distance_um) const;  // linear between the points, 0 outside
  [[nodiscard]] double best() const;                  // at the best distance with overlap >= 0.3
  [[nodiscard]] double best_distance_um() const { return best_at_; }

 private:
  double step_um_, best_at_ = 0;
  std::vector<double> values_;
};

struct TrackingBound {
  double overlap = 1;      // mean, relative to the best
  double dither_um = 0;    // best amplitude
  double residual_um = 0;  // rms of the position error that remains
};

// A Kalman filter on a random walk of `walk_um_sqrt_s`, `shots_per_s` good shots, motor and knowledge
// perfect: P = sqrt(q / information rate), best over dither amplitude (at least `least_dither_um`) and duty.
TrackingBound tracking_bound(const simulator::Profiles& profiles, const Information& information,
                             double walk_um_sqrt_s, double shots_per_s, double least_dither_um = 0);

// The axis as it limits a tracker.
struct AxisLimits {
  double resolution_um = 0.5;
  double dead_s = 0.2;        // after every put no shot counts
  double moves_per_min = 60;  // two puts per pair of sides
};

// The same with such an axis: dwells in turn on both sides, moved only between them, positions rounded to its
// steps. Knowledge of shape and height is perfect, every shot good. Best over the distance of the sides.
double tracking_bound_with_axis(const simulator::Profiles& profiles, const Information& information,
                                double walk_um_sqrt_s, double shots_per_s, const AxisLimits& axis);

}  // namespace jt::bench
