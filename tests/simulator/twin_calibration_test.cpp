// Runs recorded by the twin, calibrated: ring, i0 window and jet are found where they were put.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "calibration/recorded_shots.hpp"
#include "calibration/run_calibration.hpp"
#include "simulator/run_recorder.hpp"
#include "sources/run_files.hpp"
#include "support/support.hpp"

namespace jt::simulator {
namespace {

using nlohmann::json;
using test::TempDir;

// Where the density of the pulse energy falls to a tenth of its highest, by bisection: gamma distributed with
// shape k and mean 1, density x^(k-1) e^(-kx).
double tenth_of_density(double sase_rms, bool upper) {
  const double k = 1 / (sase_rms * sase_rms), mode = (k - 1) / k;
  const auto log_density = [&](double x) { return (k - 1) * std::log(x) - k * x; };
  double inside = mode, outside = upper ? 3 : 1e-3;
  for (int i = 0; i < 100; ++i) {
    const double middle = (inside + outside) / 2;
    (log_density(middle) > log_density(mode) + std::log(0.1) ? inside : outside) = middle;
  }
  return inside;
}

// Of the shots with beam code, frame and an i0 inside the window, by the manifest.
double median_i0(const json& truth, double low, double high) {
  std::vector<double> i0;
  for (const json& shot : truth["shots"]) {
    const double total = shot["total"];
    const bool beam = std::ranges::count(shot["codes"], json(140)) > 0;
    if (beam && !shot["frame"].is_null() && total >= low && total <= high) i0.push_back(total);
  }
  if (i0.empty()) return std::nan("");
  std::ranges::sort(i0);
  return (i0[(i0.size() - 1) / 2] + i0[i0.size() / 2]) / 2;
}

class CalibratedTwin : public testing::TestWithParam<TwinDetectorKind> {};

// The ring within half a bin of where it was put, the i0 window within 2 % of the density's tenths.
TEST_P(CalibratedTwin, has_the_ring_and_the_i0_window_that_were_put_in) {
  const TempDir folder;
  ::setenv("XDG_CACHE_HOME", (folder.path() / "cache").c_str(), 1);  // constants are cached there
  TwinSettings settings;
  settings.plant = preset("J20");
  settings.plant.sase_rms = 0.05;
  settings.plant.i0_noise = 0;
  settings.plant.i0_upstream = 0;
  settings.plant.dropped = 0.05;
  settings.detector.kind = GetParam();
  settings.detector.every = GetParam() == TwinDetectorKind::small_camera ? 1 : 500;
  settings.jet_camera.every = 20;
  RecordOptions options;
  options.root = folder.path();
  options.run = {7};
  options.shots = 2000;
  const RecordedTwinRun recorded = record_run(settings, options);
  const json truth = json::parse(test::read_text(recorded.manifest));

  calibration::Settings wanted;
  wanted.hutch = "sim";
  wanted.experiment = "simjet001";
  wanted.run = {7};
  wanted.event_code = {140};
  wanted.exclude_event_codes = {{162}};
  wanted.detector.name = truth["detector"]["alias"];
  wanted.i0_source = "MFX-DG2-BMMON";
  wanted.i0_quantity = "TotalIntensity";
  wanted.jet_camera = calibration::JetCameraSettings{"jetcam", 0};
  wanted.i0_bins = 40;
  wanted.calibration_folder = folder.path() / "sim/simjet001/calib";
  sources::Places places;
  places.data_root = folder.path();
  const calibration::Result result =
      calibration::run_calibration(
          wanted, calibration::open_recorded_run(
                      sources::find_run(sources::find_experiment(places, "sim", "simjet001"), RunNumber{7})))
          .result;

  const calibration::Ring& ring = result.ring;
  const double bin = ring.bin_edges[1] - ring.bin_edges[0];
  EXPECT_TRUE(ring.fit_ok);
  EXPECT_NEAR(ring.radius, truth["ring"]["radius_" + ring.radius_unit].get<double>(), bin / 2);
  EXPECT_NEAR(result.i0_low, 0.75 * tenth_of_density(0.05, false), 0.02 * result.i0_low);
  EXPECT_NEAR(result.i0_high, 0.75 * tenth_of_density(0.05, true), 0.02 * result.i0_high);
  EXPECT_DOUBLE_EQ(result.i0_median, median_i0(truth, result.i0_low, result.i0_high));
  EXPECT_NEAR(result.jet_location_mean, truth["shots"][0]["jet_column"].get<double>(), 1.0);
}

std::string detector_in_words(const testing::TestParamInfo<TwinDetectorKind>& info) {
  return std::string(name(info.param));
}
INSTANTIATE_TEST_SUITE_P(detectors, CalibratedTwin,
                         testing::Values(TwinDetectorKind::small_camera, TwinDetectorKind::rayonix,
                                         TwinDetectorKind::epix10ka2m, TwinDetectorKind::jungfrau4m),
                         detector_in_words);

}  // namespace
}  // namespace jt::simulator
