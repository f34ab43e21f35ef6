// The axis against hand calculation: travel times, play, rounding, and when the record shows what.
#include "simulator/plant_motor.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace jt::simulator {
namespace {

PlantSettings plain_axis() {
  PlantSettings s;  // 500 um/s, 50 ms overhead, 0.5 um steps, 1 um play
  s.settle_um = 0;
  s.readback_noise_um = 0;
  return s;
}

TEST(PlantMotor, a_move_takes_overhead_plus_way_over_speed) {
  Motor motor(plain_axis(), 1, 1, 0);
  motor.move(10, 50);
  EXPECT_FALSE(motor.view(10).done);
  EXPECT_DOUBLE_EQ(motor.carrier_um(10.05), 0);
  EXPECT_NEAR(motor.carrier_um(10.10), 25, 1e-9);  // 50 ms at 500 um/s
  EXPECT_FALSE(motor.view(10.149).done);
  EXPECT_TRUE(motor.view(10.151).done);
  EXPECT_NEAR(motor.view(10.2).done_since, 10.15, 1e-9);
  EXPECT_DOUBLE_EQ(motor.carrier_um(11), 50);
}

TEST(PlantMotor, acceleration_makes_a_trapezoid_or_a_triangle) {
  PlantSettings s = plain_axis();
  s.accel_s = 0.2;  // 2500 um/s^2; full speed after 50 um
  Motor far(s, 1, 1, 0);
  far.move(0, 200);  // 0.2 s up, (200 - 100) / 500 = 0.2 s even, 0.2 s down
  EXPECT_NEAR(far.carrier_um(0.05 + 0.1), 0.5 * 2500 * 0.01, 1e-9);
  EXPECT_NEAR(far.carrier_um(0.05 + 0.3), 100, 1e-9);
  EXPECT_FALSE(far.view(0.05 + 0.599).done);
  EXPECT_TRUE(far.view(0.05 + 0.601).done);
  Motor near(s, 1, 1, 0);
  near.move(0, 25);  // never reaches full speed: 2 sqrt(25 / 2500) = 0.2 s
  EXPECT_NEAR(near.carrier_um(0.05 + 0.1), 12.5, 1e-9);
  EXPECT_TRUE(near.view(0.05 + 0.2001).done);
}

TEST(PlantMotor, targets_are_rounded_to_the_resolution) {
  Motor motor(plain_axis(), 1, 1, 0.3);
  EXPECT_DOUBLE_EQ(motor.carrier_um(0), 0.5);
  motor.move(1, 7.74);
  EXPECT_DOUBLE_EQ(motor.view(2).setpoint_um, 7.5);
  EXPECT_DOUBLE_EQ(motor.carrier_um(2), 7.5);
}

TEST(PlantMotor, from_above_the_play_stays_between_motor_and_jet) {
  Motor motor(plain_axis(), 1, 1, 0);
  motor.move(0, 10);
  EXPECT_DOUBLE_EQ(motor.carrier_um(1), 10);
  motor.move(1, 5);
  EXPECT_DOUBLE_EQ(motor.carrier_um(2), 6);  // 1 um play
  EXPECT_DOUBLE_EQ(motor.view(2).readback_um, 5);
  motor.move(2, 5.5);  // inside the play: the jet does not move
  EXPECT_DOUBLE_EQ(motor.carrier_um(3), 6);
  motor.move(3, 3);
  EXPECT_DOUBLE_EQ(motor.carrier_um(4), 4);
  motor.move(4, 5);  // overshoot below and approach from below: exact
  EXPECT_DOUBLE_EQ(motor.carrier_um(5), 5);
}

TEST(PlantMotor, a_slower_speed_may_be_asked_for_and_a_faster_one_not) {
  Motor motor(plain_axis(), 1, 1, 0);
  motor.move(0, 50, 100);
  EXPECT_NEAR(motor.carrier_um(0.25), 20, 1e-9);
  Motor hasty(plain_axis(), 1, 1, 0);
  hasty.move(0, 50, 5000);
  EXPECT_NEAR(hasty.carrier_um(0.10), 25, 1e-9);
}

TEST(PlantMotor, stop_leaves_it_where_it_is) {
  Motor motor(plain_axis(), 1, 1, 0);
  motor.move(0, 50);
  motor.stop(0.10);
  EXPECT_NEAR(motor.carrier_um(1), 25, 1e-9);
  EXPECT_TRUE(motor.view(1).done);
}

TEST(PlantMotor, a_put_before_the_end_turns_it_round_after_the_overhead) {
  Motor motor(plain_axis(), 1, 1, 0);
  motor.move(0, 50);
  motor.move(0.05, 0);  // begins at 0.10, where the axis has come to 25
  EXPECT_NEAR(motor.carrier_um(0.10), 25, 1e-9);
  EXPECT_NEAR(motor.carrier_um(0.13), 11, 1e-9);  // 25 - 15, and the play
  EXPECT_NEAR(motor.carrier_um(1), 1, 1e-9);
}

TEST(PlantMotor, monitors_come_at_their_rate_and_late) {
  PlantSettings s = plain_axis();
  s.rbv_rate_hz = 10;
  s.rbv_latency_s = 0.02;
  Motor motor(s, 1, 1, 0);
  motor.move(0.02, 100);                     // moves from 0.07 to 0.27
  const MotorView seen = motor.view(0.249);  // knows 0.229: the last monitor was at 0.2
  EXPECT_NEAR(seen.readback_time, 0.2, 1e-9);
  EXPECT_NEAR(seen.readback_um, 65, 1e-9);
  EXPECT_FALSE(motor.view(0.28).done);
  EXPECT_TRUE(motor.view(0.291).done);
  EXPECT_NEAR(motor.view(5).readback_time, 0.27, 1e-9);
}

TEST(PlantMotor, it_rings_after_a_stop_and_settles) {
  PlantSettings s = plain_axis();
  s.settle_um = 1;
  Motor motor(s, 1, 1, 0);
  motor.move(0, 50);  // arrives at 0.15
  EXPECT_GT(std::fabs(motor.carrier_um(0.15 + 0.0125) - 50), 0.5);
  double largest = 0;
  for (double t = 0.30; t < 0.6; t += 0.001) largest = std::max(largest, std::fabs(motor.carrier_um(t) - 50));
  EXPECT_LT(largest, 0.026);
}

TEST(PlantMotor, readback_noise_has_its_rms) {
  PlantSettings s = plain_axis();
  s.readback_noise_um = 0.2;
  Motor motor(s, 1, 1, 0);
  double squares = 0;
  constexpr int n = 20000;
  for (int i = 0; i < n; ++i) {
    const double off = motor.view(i / 120.0).readback_um;
    squares += off * off;
  }
  EXPECT_NEAR(std::sqrt(squares / n), 0.2, 0.2 * 3.3 / std::sqrt(2.0 * n));
}

}  // namespace
}  // namespace jt::simulator
