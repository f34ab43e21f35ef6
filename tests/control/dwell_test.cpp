#include "control/dwell.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "control/beam_gate.hpp"
#include "control/profile.hpp"

namespace jt::control {
namespace {

TEST(dwell, the_median_of_an_even_number_lies_between_the_two_in_the_middle) {
  std::vector<double> values{4, 1, 3, 2};
  EXPECT_DOUBLE_EQ(median_of(values), 2.5);
}

// 9, 10, 11: median 10, deviations 1 0 1 -> MAD 1 -> spread 1.4826; all within 1.5 spreads, so the mean is 10
// and its error 1.1 * 1.4826 / sqrt(3) = 0.94159.
TEST(dwell, mean_and_error_are_those_of_the_hand_calculation) {
  const std::vector<double> ratios{11, 9, 10};
  const Dwell dwell = robust_dwell(ratios, 0);
  EXPECT_NEAR(dwell.mean, 10, 1e-9);
  EXPECT_NEAR(dwell.spread, 1.4826, 1e-9);
  EXPECT_NEAR(dwell.error, 0.94159, 1e-4);
}

// Of ten shots three without jet (at the background 1) and one spike: the rest is 19 20 21 20 20 20.
TEST(dwell, shots_without_jet_and_spikes_do_not_count) {
  const std::vector<double> ratios{19, 20, 21, 20, 20, 20, 1, 1.1, 0.9, 200};
  const Dwell dwell = robust_dwell(ratios, 1);
  EXPECT_NEAR(dwell.mean, 20, 0.2);
  EXPECT_EQ(dwell.kept, 6);
  EXPECT_TRUE(dwell.valid());
}

TEST(dwell, less_than_half_valid_is_no_result) {
  const std::vector<double> ratios{1, 1, 1, 1, 20, 20, 20};
  EXPECT_FALSE(robust_dwell(ratios, 1).valid());
}

ShotSeen shot(double time, double i0) {
  ShotSeen seen;
  seen.time = seen.arrival = {time};
  seen.i0 = i0;
  seen.ring = seen.ratio = 1;
  return seen;
}

TEST(beam_gate, no_shot_of_an_unflagged_beam_loss_passes_however_long_it_lasts) {
  BeamGate gate{Settings{}};
  double time = 0;
  for (int i = 0; i < 300; ++i) EXPECT_EQ(gate.judge(shot(time += 0.0083, 1.0)), BeamVerdict::beam);
  for (int i = 0; i < 2400; ++i) EXPECT_NE(gate.judge(shot(time += 0.0083, 0.003)), BeamVerdict::beam);
  EXPECT_EQ(gate.judge(shot(time += 0.0083, 1.0)), BeamVerdict::beam);
}

TEST(limits, swapped_ends_are_put_in_order) {
  const Limits limits(100, -50);
  EXPECT_EQ(limits.low(), -50);
  EXPECT_EQ(limits.high(), 100);
  EXPECT_FALSE(limits.contains(std::numeric_limits<double>::quiet_NaN()));
}

// A Gaussian of FWHM 6 at 2.4, height 10 over 1, without noise.
TEST(profile, a_peak_without_noise_is_fitted_where_it_is) {
  std::vector<Point> points;
  for (double x = -15; x <= 15; x += 3) {
    Point point;
    point.x_um = x;
    point.mean = 1 + 10 * std::exp2(-std::pow(2 * (x - 2.4) / 6, 2));
    point.error = 0.05;
    points.push_back(point);
  }
  const PeakFit fit = fit_peak(points, -6, 9, 6.6);
  ASSERT_TRUE(fit.good);
  EXPECT_NEAR(fit.centre_um, 2.4, 0.1);
  EXPECT_NEAR(fit.amplitude, 10, 0.7);
  EXPECT_NEAR(fit.background, 1, 0.2);
}

}  // namespace
}  // namespace jt::control
