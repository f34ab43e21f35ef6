// The axis as control follows it: what was asked, whether it has arrived, since when its position counts,
// and how much backlash is not taken up.
// Inside stop 8 of the walk: between the motor's readbacks and the shots that belong to a position.
#pragma once

#include <optional>
#include <vector>

#include "control/observation.hpp"
#include "control/settings.hpp"

namespace jt::control {

// A time at rest at one position, from settled until the next put.
struct Stay {
  Seconds from, until;
  double position_um = 0;
  template <class Archive>
  void fields(Archive& archive) {
    archive(from, until, position_um);
  }
};

class AxisTracker {
 public:
  AxisTracker(const AxisFacts& facts, const Limits& limits, double clock_margin_s);

  // The first call takes the axis where it stands. Later calls notice the end of a move.
  void observe(const MotorSeen& motor, Seconds now);
  // A put of `target_um` at `now`.
  void asked(double target_um, Seconds now, double speed_um_s = 0);

  [[nodiscard]] bool known() const { return known_; }
  [[nodiscard]] bool moving() const { return moving_; }
  // The move takes so much longer than it can that something is wrong with the axis.
  [[nodiscard]] bool overdue(Seconds now) const { return moving_ && now > expected_ + Seconds{5}; }
  // Shots whose own time lies in [rest_from(), now - margin] belong to position().
  [[nodiscard]] Seconds rest_from() const { return rest_from_; }
  // Where the nozzle was when a shot with this own time was taken; nothing while it moved or settled. Looks
  // back over the last stays: a shot that comes late still counts for the place it was taken at.
  [[nodiscard]] std::optional<double> position_at(Seconds shot_time) const;
  // Where the jet's nozzle is: the last target, and above it by the backlash that is not taken up.
  [[nodiscard]] double position() const { return target_ + slack_; }
  [[nodiscard]] double target() const { return target_; }
  [[nodiscard]] double slack() const { return slack_; }
  // True when a put of `target_um` would leave the backlash open: overshoot first.
  [[nodiscard]] bool needs_overshoot(double target_um) const;
  // Where to go first.
  [[nodiscard]] double overshoot(double target_um) const;
  // The nearest position that the axis can take, inside the limits.
  [[nodiscard]] double reachable(double position_um) const;
  [[nodiscard]] bool is_at(double position_um) const;
  // From a put to the first counting shot, for a move of `distance_um`.
  [[nodiscard]] double travel_time_s(double distance_um) const;
  [[nodiscard]] double clock_margin() const { return margin_; }
  [[nodiscard]] double resolution() const { return facts_.resolution_um; }

  template <class Archive>
  void fields(Archive& archive) {
    archive(known_, moving_, target_, slack_, put_at_, expected_, rest_from_, stays_);
  }

 private:
  AxisFacts facts_;
  Limits limits_;
  double margin_;
  bool known_ = false;
  bool moving_ = false;
  double target_ = 0;
  double slack_ = 0;
  Seconds put_at_, expected_, rest_from_;
  std::vector<Stay> stays_;  // the last ones that have ended
};

}  // namespace jt::control
