// How far to each side a held jet is probed, and how long: the pair that loses least overlap in all.
// Inside stop 8 of the walk: Probe and Hold asks before every pair.
#pragma once

#include <vector>

#include "control/hold_filter.hpp"

namespace jt::control {

struct DitherTask {
  std::vector<LikelyProfile> profiles;
  double relative_noise = 0.1;  // of one shot
  double shots_per_s = 100;     // that count
  double walk_um2_s = 0.04;     // drift rate of the jet
  double resolution_um = 0.5;   // of the axis
  double dead_s = 0.2;          // of every move: no shot counts
  double moves_per_min = 20;
  double puts_per_pair = 3;  // up; overshoot and up. 2 where the play need not be taken up
  double latency_s = 0;      // from shot to decision
};

struct Dither {
  double side_um = 0.5;      // distance of each side from the centre
  double dwell_s = 1;        // on each side, dead time included
  double expected_loss = 0;  // 1 - overlap
  double drift_um = 0;       // rms of the jet's walk in one dwell
};

// Two dwells cost two or three puts. The estimate's error after a pair follows from its
// Fisher information against the drift since the last one (steady state of a scalar Kalman filter); the loss
// is averaged over that error, the rounding to the axis's steps, both sides, and the profiles that may be
// true.
Dither best_dither(const DitherTask& task);

}  // namespace jt::control
