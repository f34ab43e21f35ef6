#include "simulator/plant_motor.hpp"

#include <algorithm>
#include <cmath>

#include "simulator/exact_math.hpp"
#include "simulator/random.hpp"

namespace jt::simulator {
namespace {

constexpr double ringing_hz = 20;

double to_resolution(double um, double resolution) { return std::floor(um / resolution + 0.5) * resolution; }

// Time for a trapezoidal (or, for short ways, triangular) speed profile.
double travel_s(double distance, double speed, double accel_s) {
  if (distance <= 0) return 0;
  if (accel_s <= 0) return distance / speed;
  if (distance >= speed * accel_s) return distance / speed + accel_s;
  return 2 * std::sqrt(distance * accel_s / speed);
}

// Way covered `time` after the start of a way of `distance`.
double travelled(double time, double distance, double speed, double accel_s) {
  const double whole = travel_s(distance, speed, accel_s);
  if (time <= 0) return 0;
  if (time >= whole) return distance;
  if (accel_s <= 0) return speed * time;
  const double acceleration = speed / accel_s;
  const double ramp = std::min(accel_s, 0.5 * whole);
  if (time < ramp) return 0.5 * acceleration * time * time;
  if (time > whole - ramp) return distance - 0.5 * acceleration * (whole - time) * (whole - time);
  return 0.5 * acceleration * ramp * ramp + speed * (time - ramp);
}

}  // namespace

double Motor::Motion::at(double time, double accel_s) const {
  if (time >= end) return to;
  const double way = travelled(time - begin, std::fabs(to - from), speed, accel_s);
  return to > from ? from + way : from - way;
}

Motor::Motor(const PlantSettings& settings, std::uint64_t seed, std::uint64_t stream, double at_um)
    : settings_(settings), seed_(seed), stream_(stream) {
  const double at = to_resolution(at_um, settings.resolution_um);
  constexpr double long_settled = -10;  // s
  motion_ = {long_settled, long_settled, long_settled, at, at, settings.motor_speed_um_s};
  carrier_ = at;
}

void Motor::move(double now, double target_um, double speed_um_s) {
  start_pending(now);
  Motion next;
  next.put = now;
  next.begin = now + settings_.command_s;
  next.speed = speed_um_s > 0 ? std::min(speed_um_s, settings_.motor_speed_um_s) : settings_.motor_speed_um_s;
  next.to = to_resolution(target_um, settings_.resolution_um);
  next.from = 0;  // known when it begins
  next.end = next.begin;
  pending_ = next;
}

void Motor::start_pending(double now) {
  if (!pending_ || now < pending_->begin) return;
  Motion next = *pending_;
  pending_.reset();
  next.from = motion_.at(next.begin, settings_.accel_s);
  take_up_play(next.from);
  next.end = next.begin + travel_s(std::fabs(next.to - next.from), next.speed, settings_.accel_s);
  motion_ = next;
}

void Motor::stop(double now) {
  start_pending(now);
  pending_.reset();
  if (now >= motion_.end) return;
  const double here = motion_.at(now, settings_.accel_s);
  take_up_play(here);
  motion_ = {motion_.put, motion_.begin, now, here, here, motion_.speed};
}

void Motor::place(double now, double at_um) {
  pending_.reset();
  take_up_play(motion_.at(now, settings_.accel_s));
  if (motion_.to == at_um && now >= motion_.end) return;
  motion_ = {now, now, now, at_um, at_um, motion_.speed};
  take_up_play(at_um);
}

// The carrier is pushed from below by the motor and held back from above by the end of its play.
void Motor::take_up_play(double motor_um) {
  carrier_ = std::clamp(carrier_, motor_um, motor_um + settings_.backlash_um);
}

double Motor::readback(double at) const {
  Draws draws(seed_, stream_, static_cast<std::uint64_t>(at < 0 ? 0 : at * 1e4));
  const double motor = motion_.at(at, settings_.accel_s);
  return motor + settings_.readback_noise_um * draws.normal();
}

MotorView Motor::view(double now) {
  start_pending(now);
  const double known = now - settings_.rbv_latency_s;  // what happened later is not yet seen
  MotorView seen;
  seen.setpoint_um = pending_ ? pending_->to : motion_.to;
  seen.done = !pending_ && known >= motion_.end;
  const double put = pending_ ? pending_->put : motion_.put;
  seen.done_since = seen.done ? motion_.end : put;
  seen.readback_time = known;
  if (settings_.rbv_rate_hz > 0) {  // monitors: on a fixed grid while moving, and once at the end
    if (known >= motion_.end)
      seen.readback_time = motion_.end;
    else
      seen.readback_time =
          std::max(std::floor(known * settings_.rbv_rate_hz) / settings_.rbv_rate_hz, motion_.put);
  }
  seen.readback_um = readback(seen.readback_time);
  return seen;
}

bool Motor::moving(double now) {
  start_pending(now);
  return now >= motion_.begin && now < motion_.end;
}

double Motor::carrier_um(double now) {
  start_pending(now);
  take_up_play(motion_.at(now, settings_.accel_s));
  const double rest = now - motion_.end;
  if (rest < 0 || rest > 3 * settings_.settle_s || settings_.settle_um <= 0) return carrier_;
  // e^-3.7 = 2.5 % are left after settle_s
  return carrier_ + settings_.settle_um * exact::exp(-3.7 * rest / settings_.settle_s) *
                        exact::sin_turns(ringing_hz * rest);
}

}  // namespace jt::simulator
