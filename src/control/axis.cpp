#include "control/axis.hpp"

#include <algorithm>
#include <cmath>

namespace jt::control {
namespace {

// Channel Access, the record's processing and the controller's answer, until something moves.
constexpr double command_s = 0.05;
// Shots come late by seconds at most; a stay lasts some tenths.
constexpr std::size_t remembered_stays = 12;

}  // namespace

AxisTracker::AxisTracker(const AxisFacts& facts, const Limits& limits, double clock_margin_s)
    : facts_(facts), limits_(limits), margin_(clock_margin_s) {}

void AxisTracker::observe(const MotorSeen& motor, Seconds now) {
  if (!known_) {
    if (!motor.done) return;
    known_ = true;
    target_ = reachable(motor.setpoint_um);
    slack_ = 0;  // how it came here is not known: the first exact move takes the backlash up
    rest_from_ = std::max(motor.done_since + Seconds{facts_.settle_s + margin_}, now - Seconds{1});
    return;
  }
  if (!moving_) return;
  // DMOV that is still true from before the put says nothing about this move.
  if (motor.done && motor.done_since > put_at_) {
    moving_ = false;
    rest_from_ = motor.done_since + Seconds{facts_.settle_s + margin_};
  }
}

void AxisTracker::asked(double target_um, Seconds now, double speed_um_s) {
  // Motion begins after the put has gone through; the margin is for clocks that differ.
  const Seconds until = now - Seconds{margin_};
  if (known_ && !moving_ && until > rest_from_) {
    if (stays_.size() >= remembered_stays) stays_.erase(stays_.begin());
    stays_.push_back({rest_from_, until, position()});
  }
  const double distance = target_um - target_;
  slack_ = distance > 0 ? std::max(0.0, slack_ - distance) : std::min(facts_.backlash_um, slack_ - distance);
  target_ = target_um;
  moving_ = true;
  put_at_ = now;
  const double speed = speed_um_s > 0 ? speed_um_s : facts_.speed_um_s;
  expected_ = now + Seconds{command_s + std::abs(distance) / speed + 2 * facts_.acceleration_s};
}

std::optional<double> AxisTracker::position_at(Seconds shot_time) const {
  if (!moving_ && shot_time >= rest_from_) return position();
  for (auto stay = stays_.rbegin(); stay != stays_.rend(); ++stay) {
    if (shot_time > stay->until) return std::nullopt;
    if (shot_time >= stay->from) return stay->position_um;
  }
  return std::nullopt;
}

bool AxisTracker::needs_overshoot(double target_um) const {
  const double distance = target_um - target_;
  return distance < 0 ? facts_.backlash_um > 0 : slack_ > distance;
}

double AxisTracker::overshoot(double target_um) const {
  return reachable(std::min(target_um, target_) - std::max(1.5 * facts_.backlash_um, facts_.resolution_um));
}

double AxisTracker::reachable(double position_um) const {
  const double inside = limits_.clamp(position_um);
  if (!(facts_.resolution_um > 0)) return inside;
  double steps = std::round(inside / facts_.resolution_um);
  if (steps * facts_.resolution_um > limits_.high()) steps -= 1;
  if (steps * facts_.resolution_um < limits_.low()) steps += 1;
  return limits_.clamp(steps * facts_.resolution_um);
}

bool AxisTracker::is_at(double position_um) const {
  return !moving_ && std::abs(reachable(position_um) - target_) < 0.5 * std::max(facts_.resolution_um, 1e-3);
}

double AxisTracker::travel_time_s(double distance_um) const {
  return command_s + std::abs(distance_um) / facts_.speed_um_s + facts_.acceleration_s + facts_.settle_s +
         margin_;
}

}  // namespace jt::control
