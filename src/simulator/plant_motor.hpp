// The axis that carries the jet: speed, acceleration, settling, resolution, play, and what its record shows.
// Part of `Plant`; in the walk it stands behind stop 9, `move`.
#pragma once

#include <cstdint>
#include <optional>

#include "simulator/plant_settings.hpp"

namespace jt::simulator {

// What the motor's record shows to the loop at some moment. Time stamps are the axis's own clock, s.
struct MotorView {
  double readback_time = 0;
  double readback_um = 0;
  double setpoint_um = 0;
  bool done = true;
  double done_since = 0;  // last change of `done`
};

// Time never goes back between calls. Positions in um.
class Motor {
 public:
  // At rest at `at_um` (rounded to the resolution), play taken up from below.
  Motor(const PlantSettings& settings, std::uint64_t seed, std::uint64_t stream, double at_um);

  // A put at `now`: motion begins after the command overhead, from wherever the axis is then.
  // speed_um_s 0: the axis's own.
  void move(double now, double target_um, double speed_um_s = 0);
  // An axis of its own (the IOC's motor record) has carried it to `at_um`: it stands there, no overhead, no
  // ramp.
  void place(double now, double at_um);
  // Stands still from `now` on (braking is not modelled).
  void stop(double now);

  [[nodiscard]] MotorView view(double now);
  [[nodiscard]] bool moving(double now);  // in truth, not as seen
  // Where the jet carrier is: the motor, its play, and the ringing after a stop.
  [[nodiscard]] double carrier_um(double now);

 private:
  struct Motion {
    double put, begin, end, from, to, speed;
    [[nodiscard]] double at(double time, double accel_s) const;
  };
  void start_pending(double now);
  void take_up_play(double motor_um);
  [[nodiscard]] double readback(double at) const;

  PlantSettings settings_;
  std::uint64_t seed_, stream_;
  Motion motion_;
  std::optional<Motion> pending_;  // put, not yet begun
  double carrier_;                 // in [motor, motor + backlash]
};

}  // namespace jt::simulator
