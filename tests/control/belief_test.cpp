// The parts that Probe and Hold believes with: places of a jet, camera, beam position, and where a lost jet
// is looked for. Truth is calculated here.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "control/hold_filter.hpp"
#include "control/instruments.hpp"
#include "control/jet_recovery.hpp"

namespace jt::control {
namespace {

double gaussian(double offset, double fwhm) { return std::exp2(-4 * offset * offset / (fwhm * fwhm)); }

Estimate known_jet(double centre, double sigma) { return {centre, sigma, 1, 10, 1000, 0}; }

// Dwells in turn at both sides of a jet that stands still: the error falls as Fisher information says. The
// slope at 3 um of a Gaussian 10 um wide is 8 ln2 x / w^2 * g.
TEST(hold_filter, knows_a_standing_jet_as_well_as_fisher_information_allows) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  const double jet = 0.8, error = 20;
  double squares = 0;
  constexpr int runs = 60, dwells = 24;
  double claimed = 0;
  for (int run = 0; run < runs; ++run) {
    HoldFilter filter;
    filter.start(known_jet(0, 1), Shape::gaussian, 0.02, 1e-6);
    for (int i = 0; i < dwells; ++i) {
      const double x = i % 2 == 0 ? 3 : -3;
      filter.update(x, 1000 * gaussian(x - jet, 10) + error * normal(random), error);
    }
    squares += std::pow(filter.estimate().centre_um - jet, 2);
    claimed += filter.estimate().sigma_um / runs;
  }
  const double rms = std::sqrt(squares / runs);
  const double slope = 1000 * 8 * std::log(2.0) * 3 / 100 * gaussian(3, 10);
  const double bound = error / (slope * std::sqrt(static_cast<double>(dwells)));
  EXPECT_GT(rms, 0.6 * bound);
  EXPECT_LT(rms, 2.0 * bound);
  EXPECT_NEAR(claimed / rms, 1, 0.5);
}

TEST(hold_filter, shots_at_one_place_leave_both_sides_possible) {
  HoldFilter filter;
  filter.start(known_jet(0, 4), Shape::gaussian, 0.02, 1e-3);
  for (int i = 0; i < 6; ++i) filter.update(0, 1000 * gaussian(3, 10), 20);
  EXPECT_NEAR(filter.estimate().centre_um, 0, 1);  // half here, half there
  EXPECT_GT(filter.estimate().sigma_um, 2);
  for (int i = 0; i < 6; ++i) filter.update(2, 1000 * gaussian(2 - 3, 10), 20);
  EXPECT_NEAR(filter.estimate().centre_um, 3, 0.7);
  EXPECT_LT(filter.estimate().sigma_um, 1);
}

TEST(hold_filter, learns_that_a_jet_is_flat) {
  HoldFilter filter;
  filter.start(known_jet(0, 1), std::nullopt, 0.2, 1e-3);
  // a sheet: nothing lost 2.5 um away, a fifth at 4
  for (int i = 0; i < 40; ++i)
    for (const double x : {2.5, -2.5, 4.0, -4.0}) filter.update(x, std::abs(x) < 3 ? 994 : 842, 5);
  EXPECT_EQ(filter.profile().shape, Shape::flat);
}

TEST(camera_aid, gives_places_once_its_bias_is_known) {
  Task task;
  task.axis.backlash_um = 0;
  AxisTracker axis(task.axis, task.limits, 0);
  MotorSeen motor;
  motor.done_since = Seconds{-10};
  axis.observe(motor, Seconds{0});
  CameraAid camera;
  std::mt19937 random(2);
  std::normal_distribution<double> noise(0, 2);
  const auto look = [&](double jet) {  // bias 7 um: the jet is at 0 - position + ... in the motor's frame
    const CameraSeen picture{Seconds{1}, 0 - jet - 7 + noise(random), true};
    Observation seen;
    seen.camera = {&picture, 1};
    camera.take(seen, axis);
  };
  look(3);
  EXPECT_FALSE(camera.place());
  for (int i = 0; i < 200; ++i) {
    look(3);
    camera.learn(3, 0.2);
  }
  for (int i = 0; i < 10; ++i) look(30);
  ASSERT_TRUE(camera.place());
  EXPECT_NEAR(camera.place()->position_um, 30, 3 * camera.place()->error_um);
  EXPECT_LT(camera.place()->error_um, 1.5);
}

TEST(beam_position_aid, learns_sign_and_scale_and_then_tells_the_slope) {
  BeamPositionAid beam;
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  // unit: -0.5 um each, offset 20; slope of the ratio 40 per um on one side, -40 on the other
  std::optional<BeamPositionAid::Slope> told;
  const auto dwell = [&](double slope, double expected) {
    for (int i = 0; i < 20; ++i) {
      const double landed = normal(random);
      beam.take(1000 + slope * landed + 10 * normal(random), 20 + landed / -0.5);
    }
    told = beam.end_dwell(expected);
  };
  for (int i = 0; i < 310; ++i) dwell(i % 2 == 0 ? 40 : -40, i % 2 == 0 ? 40 : -40);
  dwell(25, 40);  // what is believed meanwhile does not matter
  ASSERT_TRUE(told);
  EXPECT_NEAR(told->per_um, 25, 4 * told->error);
  EXPECT_LT(told->error, 6);
}

TEST(jet_recovery, looks_on_both_sides_home_again_and_never_outside) {
  RecoveryTask task;
  task.limits = Limits(-50, 80);
  task.home_um = 20;
  task.profile = {10, Shape::gaussian};
  task.amplitude = 1000;
  JetRecovery recovery;
  recovery.begin(task, {20, 50, 1, 5, 20, 0, 0});
  double lowest = 1e9, highest = -1e9;
  int homes = 0;
  while (const auto x = recovery.next()) {
    EXPECT_TRUE(task.limits.contains(*x));
    lowest = std::min(lowest, *x);
    highest = std::max(highest, *x);
    if (std::abs(*x - 20) < 1e-9) ++homes;
    recovery.take({*x, 50, 2, 5, 6, 0, 0});
  }
  EXPECT_LT(lowest, -45);
  EXPECT_GT(highest, 75);
  EXPECT_GE(homes, 2);
  EXPECT_FALSE(recovery.found());
}

TEST(jet_recovery, climbs_from_the_flank_to_the_top) {
  RecoveryTask task;
  task.limits = Limits(-100, 100);
  task.profile = {10, Shape::gaussian};
  task.amplitude = 1000;
  for (const double jet : {-60.0, -13.3, 17.0, 42.0}) {
    JetRecovery recovery;
    recovery.begin(task, {0, 50, 1, 5, 20, 0, 0});
    for (int looks = 0; looks < 60 && !recovery.found(); ++looks) {
      const auto x = recovery.next();
      ASSERT_TRUE(x) << jet;
      recovery.take({*x, 50 + 1000 * gaussian(*x - jet, 10), 2, 5, 6, 0, 0});
    }
    ASSERT_TRUE(recovery.found()) << jet;
    EXPECT_NEAR(recovery.found()->centre_um, jet, 3) << jet;
    EXPECT_NEAR(recovery.found()->background, 50, 25) << jet;
  }
}

}  // namespace
}  // namespace jt::control
