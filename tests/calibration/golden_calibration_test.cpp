#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "calibration/recorded_shots.hpp"
#include "calibration/run_calibration.hpp"
#include "support/support.hpp"

namespace {

using namespace jt::calibration;

jt::sources::RunFiles golden_run(int run) {
  const auto xcs = jt::test::testdata() / "golden" / "xtc" / "xcs" / "xcsjt1236";
  return jt::sources::find_run({"xcs", "xcsjt1236", xcs, xcs / "xtc"}, {run});
}

// golden/calibration/run20.yml and run40.yml
Settings golden_settings(int run) {
  Settings settings;
  settings.hutch = "xcs";
  settings.experiment = "xcsjt1236";
  settings.run = {run};
  settings.event_code = {137};
  settings.detector = {"smallray", 96, 96};
  settings.i0_source = "XCS-SB2-BMMON";
  settings.i0_quantity = "TotalIntensity";
  if (run == 20) settings.jet_camera = JetCameraSettings{"opal_1", 1};
  settings.azav_bins = 100;
  settings.i0_bins = 50;
  settings.delta_bin = 3;
  settings.max_events = 100000;
  return settings;
}

RunCalibration calibrate(int run, RingModel model) {
  Settings settings = golden_settings(run);
  settings.ring.model = model;
  return run_calibration(settings, open_recorded_run(golden_run(run)));
}

class original_model : public testing::TestWithParam<int> {};

// The numbers of the original Python program on the same files.
TEST_P(original_model, reproduces_the_original_program) {
  const int run = GetParam();
  const auto golden =
      nlohmann::json::parse(jt::test::read_text(jt::test::testdata() / "golden" / "calibration" /
                                                ("original_xcsjt1236_r00" + std::to_string(run) + ".json")));
  const Result result = calibrate(run, RingModel::original).result;
  const auto expect_near = [&](double value, const char* key) {
    const double truth = golden.at(key);
    EXPECT_NEAR(value, truth, 1e-5 * std::abs(truth)) << key;
  };
  EXPECT_EQ(result.events_with_code, golden.at("events_with_code").get<std::uint64_t>());
  EXPECT_EQ(result.events_used, golden.at("events_used").get<std::uint64_t>());
  EXPECT_EQ(result.peak_bin, golden.at("peak_bin").get<int>());
  EXPECT_EQ(result.delta_bin, golden.at("delta_bin").get<int>());
  expect_near(result.i0_low, "i0_low");
  expect_near(result.i0_high, "i0_high_written");
  expect_near(result.i0_high / 2, "i0_high_used");
  expect_near(result.i0_median, "i0_median");
  expect_near(result.mean_ratio, "mean_ratio");
  expect_near(result.med_ratio, "med_ratio");
  expect_near(result.std_ratio, "std_ratio");
  expect_near(result.integrated_intensity, "integrated_intensity");
  expect_near(result.slope, "slope");
  expect_near(result.intercept, "intercept");
  EXPECT_EQ(result.int_median, result.integrated_intensity);
  EXPECT_EQ(result.int_high, result.integrated_intensity + 0.02);
  const auto& azav = golden.at("average_azav");
  ASSERT_EQ(result.average_azav.size(), golden.at("n_masks").get<std::size_t>());
  for (std::size_t k = 0; k < azav.size(); ++k) {
    const double truth = azav[k];
    EXPECT_NEAR(result.average_azav[k], truth, 2e-5 * std::abs(truth)) << "bin " << k;
  }
  if (golden.contains("jet_location_mean")) {
    expect_near(result.jet_location_mean, "jet_location_mean");
    expect_near(result.jet_location_std, "jet_location_std");
    expect_near(result.jet_peak_mean, "jet_peak_mean");
    expect_near(result.jet_peak_std, "jet_peak_std");
  } else {
    EXPECT_TRUE(std::isnan(result.jet_location_mean));
    EXPECT_TRUE(std::isnan(result.jet_peak_mean));
  }
}

INSTANTIATE_TEST_SUITE_P(golden, original_model, testing::Values(20, 40));

TEST(geometry_model, finds_the_true_ring_of_run_40_within_half_a_bin) {
  const RunCalibration run = calibrate(40, RingModel::geometry);
  const Ring& ring = run.result.ring;
  // The run was made with a ring of 21.6 px about (48, 48) counted from the corner of pixel (0, 0): its mean
  // image is its own mirror image about column 47.5, so with pixel centres at integers the centre is
  // (47.5, 47.5).
  const double half_a_bin = (ring.bin_edges[1] - ring.bin_edges[0]) / 2;
  EXPECT_NEAR(ring.radius, 21.6, half_a_bin);
  EXPECT_LT(ring.radius_err, half_a_bin);
  EXPECT_TRUE(ring.fit_ok);
  EXPECT_NEAR(ring.center_fit[0], 47.5, 0.05);
  EXPECT_NEAR(ring.center_fit[1], 47.5, 0.05);
  EXPECT_EQ(run.result.verdict, Verdict::good) << testing::PrintToString(run.result.reasons);
}

}  // namespace
