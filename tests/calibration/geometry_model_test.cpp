// One test per defect of the original program that the geometry model must not have, and the verdicts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calibration/made_up_run.hpp"
#include "calibration/run_calibration.hpp"
#include "calibration/statistics.hpp"
#include "core/errors.hpp"

namespace {

using namespace jt::calibration;
using jt::test::MadeUpRun;
using testing::Contains;
using testing::HasSubstr;

RunCalibration calibrate(const MadeUpRun& run, const Settings& settings = MadeUpRun::settings()) {
  return run_calibration(settings, run.open());
}

std::vector<double> used(const RunCalibration& run, double ShotRow::*member) {
  std::vector<double> values;
  for (const ShotRow& shot : run.table.shots)
    if (shot.used) values.push_back(shot.*member);
  return values;
}

TEST(geometry_model, a_good_run_is_good_and_its_ring_is_where_it_was_drawn) {
  const auto run = calibrate(MadeUpRun(300));
  EXPECT_EQ(run.result.verdict, Verdict::good) << testing::PrintToString(run.result.reasons);
  const double bin = run.result.ring.bin_edges[1];
  EXPECT_NEAR(run.result.ring.radius, 30, bin / 2);
  EXPECT_NEAR(run.result.ring.center_fit[0], 64, 0.1);
  EXPECT_NEAR(run.result.ring.center_fit[1], 64, 0.1);
  EXPECT_LT(run.result.ring.center_fit_err[0], 0.1);
}

TEST(geometry_model, uniform_i0_keeps_nearly_all_shots) {
  MadeUpRun made(400);
  for (std::size_t i = 0; i < 400; ++i) made.shots[i].i0 = 0.5 + static_cast<double>(i * 37 % 400) / 400;
  EXPECT_GE(calibrate(made).result.events_used, 380u);
}

TEST(geometry_model, the_median_is_that_of_the_used_shots_and_the_written_limits_are_those_used) {
  const auto run = calibrate(MadeUpRun(300));
  EXPECT_DOUBLE_EQ(run.result.i0_median, median(used(run, &ShotRow::i0)));
  EXPECT_EQ(run.result.i0_high, run.cut.high);
  for (const ShotRow& shot : run.table.shots)
    EXPECT_EQ(shot.used, run.result.i0_low <= shot.i0 && shot.i0 <= run.result.i0_high);
}

TEST(geometry_model, i0_bins_i0_reject_and_fit_points_are_used) {
  Settings coarse = MadeUpRun::settings(), strict = coarse, wide = coarse;
  coarse.i0_bins = 5;
  strict.i0_reject = 0.6;
  wide.fit_points = 12;
  const MadeUpRun made(600);
  const auto normal = calibrate(made);
  EXPECT_EQ(calibrate(made, coarse).cut.histogram.counts.size(), 5u);
  EXPECT_LT(calibrate(made, strict).result.events_used, normal.result.events_used);
  const auto& window = calibrate(made, wide).result.ring.baseline_window;
  EXPECT_EQ(window[3] - window[2] + 1, 12);
}

TEST(geometry_model, the_sum_runs_from_peak_minus_delta_to_peak_plus_delta) {
  const auto run = calibrate(MadeUpRun(60));
  const auto& r = run.result;
  EXPECT_EQ(r.ring.window[0], r.peak_bin - 3);
  EXPECT_EQ(r.ring.window[1], r.peak_bin + 3);
  const auto first = r.average_azav.begin() + r.ring.window[0];
  EXPECT_DOUBLE_EQ(r.integrated_intensity, std::accumulate(first, first + 7, 0.0));
}

TEST(geometry_model, a_window_beyond_the_profile_is_clipped_and_that_is_said) {
  MadeUpRun made(60);
  made.radius = 3;
  Settings settings = MadeUpRun::settings();
  settings.delta_bin = 8;
  const auto run = calibrate(made, settings);
  EXPECT_TRUE(run.result.ring.window_clipped);
  EXPECT_EQ(run.result.ring.window[0], 0);
  EXPECT_EQ(run.result.verdict == Verdict::good, false);
  EXPECT_GT(run.result.integrated_intensity, 0);
}

TEST(geometry_model, the_peak_lies_inside_the_range_that_is_searched) {
  Settings settings = MadeUpRun::settings();
  settings.ring.range = RingRange{50, 70, RangeUnit::px};  // away from the ring
  const auto run = calibrate(MadeUpRun(100), settings);
  EXPECT_GE(run.result.ring.radius, 50 - run.result.ring.bin_edges[1]);
  EXPECT_LE(run.result.ring.radius, 70 + run.result.ring.bin_edges[1]);
  EXPECT_EQ(run.result.verdict, Verdict::bad);
}

TEST(geometry_model, the_spread_about_the_i0_line_is_that_of_the_residuals) {
  const auto run = calibrate(MadeUpRun(300));
  const auto i0 = used(run, &ShotRow::i0), ring = used(run, &ShotRow::ring);
  double square = 0;
  for (std::size_t i = 0; i < i0.size(); ++i)
    square += std::pow(ring[i] - run.result.slope * i0[i] - run.result.intercept, 2);
  EXPECT_NEAR(run.result.residual_spread, std::sqrt(square / static_cast<double>(i0.size())), 1e-6);
  EXPECT_LT(run.result.residual_spread, 0.2 * standard_deviation(ring));  // the ring follows i0 in this run
}

TEST(geometry_model, a_missing_camera_picture_does_not_cost_the_shot) {
  MadeUpRun made(100);
  for (std::size_t i = 0; i < 40; ++i) made.shots[i].has_camera = false;
  Settings settings = MadeUpRun::settings();
  settings.jet_camera = JetCameraSettings{"jetcam", 0};
  const auto with = calibrate(made, settings), without = calibrate(made);
  EXPECT_EQ(with.result.events_used, without.result.events_used);
  EXPECT_NEAR(with.result.jet_location_mean, 22.5, 0.1);
  settings.ring.model = RingModel::original;
  EXPECT_LE(calibrate(made, settings).result.events_used, 60u);
}

TEST(geometry_model, int_low_median_high_are_quantiles_of_the_ring_sums) {
  const auto run = calibrate(MadeUpRun(300));
  const auto ring = used(run, &ShotRow::ring);
  EXPECT_DOUBLE_EQ(run.result.int_median, quantile(ring, 0.5));
  EXPECT_DOUBLE_EQ(run.result.int_low, quantile(ring, 0.16));
  EXPECT_DOUBLE_EQ(run.result.int_high, quantile(ring, 0.84));
  EXPECT_LT(run.result.int_low, run.result.int_high);
}

TEST(geometry_model, a_jet_along_the_profile_has_no_location_and_the_other_axis_is_named) {
  Settings settings = MadeUpRun::settings();
  settings.jet_camera = JetCameraSettings{"jetcam", 1};
  const auto run = calibrate(MadeUpRun(60), settings);
  EXPECT_TRUE(std::isnan(run.result.jet_location_mean));
  EXPECT_TRUE(std::isnan(run.result.jet_location_std));
  EXPECT_THAT(run.result.warnings, Contains(HasSubstr("jet_cam.axis: 0")));
}

TEST(geometry_model, every_lost_shot_is_counted_by_its_cause) {
  MadeUpRun made(100);
  made.shots[3].has_code = false;
  made.shots[4].is_excluded = true;
  made.shots[5].has_i0 = false;
  made.shots[6].has_frame = made.shots[7].has_frame = false;
  made.shots[8].i0 = 9;
  const auto counts = calibrate(made).result.provenance.counts;
  EXPECT_EQ(counts.seen, 100u);
  EXPECT_EQ(counts.with_code, 99u);
  EXPECT_EQ(counts.rejected.at("other event code"), 1u);
  EXPECT_EQ(counts.rejected.at("excluded event code"), 1u);
  EXPECT_EQ(counts.rejected.at("no i0"), 1u);
  EXPECT_EQ(counts.rejected.at("no frame"), 2u);
  std::uint64_t rejected = 0;
  for (const auto& [cause, n] : counts.rejected) rejected += n;
  EXPECT_EQ(counts.used + rejected, counts.seen);
}

TEST(geometry_model, the_fitted_centre_is_used_when_that_is_wanted) {
  MadeUpRun made(100);
  made.centre_x = 67;
  made.centre_y = 62;
  Settings settings = MadeUpRun::settings();
  settings.ring.centre = CentreChoice::fit;
  const auto run = calibrate(made, settings);
  EXPECT_NEAR(run.result.ring.center[0], 67, 0.1);
  EXPECT_NEAR(run.result.ring.center[1], 62, 0.1);
  EXPECT_NEAR(run.result.ring.radius, 30, run.result.ring.bin_edges[1] / 2);
}

TEST(geometry_model, the_contrast_metric_leaves_the_baseline_out) {
  Settings settings = MadeUpRun::settings();
  settings.ring.metric = RingMetric::contrast;
  const MadeUpRun made(100);
  const auto sum = calibrate(made).result, contrast = calibrate(made, settings).result;
  EXPECT_NEAR(contrast.integrated_intensity, sum.integrated_intensity - sum.ring.baseline, 1e-6);
  EXPECT_LT(contrast.integrated_intensity, 0.8 * sum.integrated_intensity);
}

TEST(geometry_model, results_do_not_depend_on_the_number_of_threads) {
  Settings one = MadeUpRun::settings(), three = one;
  one.threads = 1;
  three.threads = 3;
  const MadeUpRun made(50);
  const auto a = calibrate(made, one), b = calibrate(made, three);
  EXPECT_EQ(a.table.azav, b.table.azav);
  EXPECT_EQ(a.result.average_azav, b.result.average_azav);
}

TEST(verdict, a_run_without_a_ring_is_bad_and_gives_the_brightest_bin) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    MadeUpRun made(60, seed);
    made.background = 20 + seed;
    for (auto& shot : made.shots) shot.ring = 0;
    const auto run = calibrate(made);
    EXPECT_EQ(run.result.verdict, Verdict::bad);
    EXPECT_THAT(run.result.reasons, Contains(HasSubstr("no ring")));
    EXPECT_FALSE(run.result.ring.fit_ok);
    const auto& azav = run.result.average_azav;
    EXPECT_EQ(run.result.peak_bin, std::max_element(azav.begin(), azav.end()) - azav.begin());
  }
}

TEST(verdict, a_ring_that_fades_within_the_run_is_to_be_checked) {
  MadeUpRun made(300);
  for (std::size_t i = 0; i < 300; ++i) made.shots[i].ring = 40 - 0.08 * static_cast<double>(i);
  const auto run = calibrate(made);
  EXPECT_EQ(run.result.verdict, Verdict::check);
  EXPECT_THAT(run.result.reasons, Contains(HasSubstr("the ring drifted")));
}

TEST(verdict, an_i0_that_jumps_is_to_be_checked) {
  MadeUpRun made(300);
  for (std::size_t i = 0; i < 300; ++i)
    made.shots[i].i0 = (i < 180 ? 1.0 : 0.7) + 0.001 * static_cast<double>(i % 50);
  const auto run = calibrate(made);
  if (run.result.events_used == 300) {
    EXPECT_THAT(run.result.reasons, Contains(HasSubstr("i0 jumped")));
  } else {  // two populations: the one with the mode is kept
    EXPECT_EQ(run.result.events_used, 180u);
  }
}

TEST(verdict, saturated_pixels_are_left_out_and_to_be_checked) {
  MadeUpRun made(60);
  made.saturated_pixels = 40;
  const auto run = calibrate(made);
  EXPECT_EQ(run.result.verdict, Verdict::check);
  EXPECT_THAT(run.result.reasons, Contains(HasSubstr("saturated pixels")));
  for (const double value : run.result.average_azav) EXPECT_FALSE(value > 1000);
}

TEST(verdict, few_shots_and_many_damaged_ones_are_said) {
  MadeUpRun made(40);
  for (std::size_t i = 0; i < 20; ++i) made.shots[i].has_frame = false;
  const auto run = calibrate(made);
  EXPECT_EQ(run.result.verdict, Verdict::check);
  EXPECT_THAT(run.result.reasons, Contains(HasSubstr("few shots")));
  EXPECT_THAT(run.result.reasons, Contains(HasSubstr("many shots damaged")));
}

template <class Error>
std::string complaint(const Settings& settings, const MadeUpRun& made = MadeUpRun(30)) {
  try {
    run_calibration(settings, made.open());
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(run_calibration, what_the_run_does_not_have_is_named_with_what_there_is) {
  Settings detector = MadeUpRun::settings(), monitor = detector, quantity = detector, code = detector;
  detector.detector.name = "aera";
  monitor.i0_source = "BMON";
  quantity.i0_quantity = "TotalIntensty";
  code.event_code = {198};
  EXPECT_THAT(complaint<jt::SetupError>(detector), HasSubstr("There are area and jetcam"));
  EXPECT_THAT(complaint<jt::SetupError>(monitor), HasSubstr("There are BMMON"));
  EXPECT_THAT(complaint<jt::SetupError>(quantity), HasSubstr("It has TotalIntensity"));
  EXPECT_THAT(complaint<jt::SetupError>(code), HasSubstr("40 (30 times)"));
}

TEST(run_calibration, a_run_without_usable_shots_says_why_each_was_lost) {
  MadeUpRun made(30);
  for (auto& shot : made.shots) shot.has_frame = false;
  EXPECT_THAT(complaint<jt::SetupError>(MadeUpRun::settings(), made), HasSubstr("30 no frame"));
}

TEST(run_calibration, numbers_out_of_range_are_a_wrong_call) {
  Settings settings = MadeUpRun::settings();
  settings.azav_bins = 0;
  EXPECT_THAT(complaint<jt::CallError>(settings), HasSubstr("azav_bins"));
}

TEST(run_calibration, it_stops_when_asked_to) {
  int asked = 0;
  const Hooks hooks{.progress = {}, .waiting = {}, .stop_wanted = [&] { return ++asked > 45; }};
  EXPECT_THROW(run_calibration(MadeUpRun::settings(), MadeUpRun(30).open(), hooks), jt::Interrupted);
  EXPECT_EQ(asked, 46);  // in the second pass, at the next shot
}

TEST(run_calibration, events_limits_the_shots_looked_at) {
  Settings settings = MadeUpRun::settings();
  settings.max_events = 40;
  EXPECT_EQ(calibrate(MadeUpRun(60), settings).result.provenance.counts.seen, 40u);
}

}  // namespace
