// The profile against the calibration's: made-up rings whose place is known, and which calibration is in use.
#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/profile_monitor.hpp"
#include "support/support.hpp"

namespace jt::pipeline {
namespace {

using State = ProfileReport::State;

// A ring on a background, both in units of i0.
std::vector<double> profile_of(double ring_at, double ring_height, double background, double i0) {
  std::vector<double> profile;
  for (int bin = 0; bin < 100; ++bin) {
    const double u = (bin - ring_at) / 2.5;
    profile.push_back(i0 * (background + ring_height * std::exp(-u * u / 2)));
  }
  return profile;
}

ProfileReport compared(const std::vector<double>& now, double i0) {
  auto calibration = std::make_shared<CalibrationInUse>();
  calibration->result.average_azav = profile_of(40, 100, 50, 2);
  calibration->result.peak_bin = 40;
  calibration->result.delta_bin = 3;
  calibration->result.i0_median = 2;
  const Window window{7, calibration, 40, 3};
  return compare_profiles(now, std::vector<double>(100, 0.5), i0, window);
}

TEST(Profile, is_as_calibrated_whatever_i0) {
  for (const double i0 : {0.5, 2.0, 5.0}) {
    const ProfileReport report = compared(profile_of(40, 100, 50, i0), i0);
    EXPECT_EQ(report.state, State::as_calibrated) << i0;
    EXPECT_NEAR(report.moved_bins, 0, 0.01);
    EXPECT_NEAR(report.background_ratio, 1, 0.05);
    EXPECT_EQ(report.window_id, 7u);
  }
}

TEST(Profile, a_ring_that_moved_by_more_than_half_of_delta_is_named) {
  for (const double by : {-6.0, -2.0, 2.0, 6.0}) {
    const ProfileReport report = compared(profile_of(40 + by, 100, 50, 2), 2);
    EXPECT_EQ(report.state, State::ring_moved) << by;
    EXPECT_NEAR(report.moved_bins, by, 0.1);
  }
  EXPECT_EQ(compared(profile_of(41, 100, 50, 2), 2).state, State::as_calibrated);
}

TEST(Profile, a_jump_of_the_background_is_named) {
  EXPECT_EQ(compared(profile_of(40, 100, 80, 2), 2).state, State::background_changed);
}

TEST(Profile, a_lost_jet_is_neither) {
  EXPECT_EQ(compared(profile_of(40, 0, 50, 2), 2).state, State::unknown);
}

TEST(CalibrationInUse, is_the_newest_that_is_not_after_our_run) {
  const test::TempDir folder;
  for (const char* name : {"jt_cal_3_results", "jt_cal_20_results", "jt_cal_100_results", "jt_cal_x_results",
                           "jt_cal_9_results.tmp", "jt_cal__results"})
    test::write_text(folder.path() / name, "{}");
  EXPECT_FALSE(newest_calibration(folder.path(), {2}));
  EXPECT_EQ(newest_calibration(folder.path(), {3})->run.value, 3);
  EXPECT_EQ(newest_calibration(folder.path(), {99})->run.value, 20);
  EXPECT_EQ(newest_calibration(folder.path(), {100})->run.value, 100);
  EXPECT_FALSE(newest_calibration(folder.path() / "nowhere", {3}));
}

}  // namespace
}  // namespace jt::pipeline
