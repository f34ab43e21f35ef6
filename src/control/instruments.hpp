// What other instruments tell about the jet's place, their bias and scale learnt against the ring's signal.
// Inside stop 8 of the walk: Probe and Hold takes camera pictures and beam positions in with these.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "control/axis.hpp"
#include "control/intake.hpp"
#include "control/observation.hpp"

namespace jt::control {

// A camera sees the jet with a constant, unknown difference to the signal.
class CameraAid {
 public:
  // Where the pictures say the jet is (motor frame, bias not taken off), of those taken at rest, each once.
  void take(const Observation& seen, const AxisTracker& axis);
  // Learns from the pictures since the last call: the jet is at `centre_um`, known to `sigma_um`.
  void learn(double centre_um, double sigma_um);
  struct Place {
    double position_um, error_um;
  };
  // Mean of the pictures since the last call of `learn` or `forget`, bias taken off; nothing while the bias
  // is not known or there are none.
  [[nodiscard]] std::optional<Place> place() const;
  void forget() { recent_.clear(); }
  // Two good pictures in a row without a jet.
  [[nodiscard]] bool sees_no_jet() const { return empty_run_ >= 2; }
  [[nodiscard]] bool known() const { return weight_ >= enough; }

  template <class Archive>
  void fields(Archive& archive) {
    archive(bias_, weight_, spread_, recent_, empty_run_);
  }

 private:
  static constexpr double enough = 30, memory = 300;  // pictures
  double bias_ = 0, weight_ = 0, spread_ = 4;         // spread: variance of one picture, um^2
  std::vector<double> recent_;
  int empty_run_ = 0;
};

// A beam-position monitor: its unit, sign and offset are learnt from what the signal does on the flank.
class BeamPositionAid {
 public:
  void take(double ratio, double beam_position);
  // The shots so far belong to no dwell.
  void forget();
  struct Slope {
    double per_um, error;  // of the ratio against where the pulses landed
  };
  // Ends a dwell at x. `expected_slope`: d(ratio)/dx there by the present belief. Gives what the beam says of
  // the slope once the monitor's scale has been learnt for a minute and is known to 10 %; it is not learnt on
  // after that, for the belief would then teach what it was taught.
  [[nodiscard]] std::optional<Slope> end_dwell(double expected_slope);
  // The beam's mean position has moved by so much, um; once per move.
  [[nodiscard]] std::optional<double> beam_moved();
  [[nodiscard]] bool known() const;

  template <class Archive>
  void fields(Archive& archive) {
    archive(pairs_x_, pairs_y_, cross_, norm_, mean_, spread_, dwells_, moved_run_, moved_to_);
  }

 private:
  std::vector<double> pairs_x_, pairs_y_;
  double cross_ = 0,
         norm_ = 0;  // of the regression of measured on expected slope: um per unit is cross / norm
  double mean_ = 0, spread_ = 0;
  int dwells_ = 0, moved_run_ = 0;
  double moved_to_ = 0;
};

}  // namespace jt::control
