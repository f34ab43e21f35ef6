// `jt calibrate` on golden runs of panel detectors, with constants and a geometry that the test deploys: the
// ring is where the manifest says, and pixels are worth what pedestal and gain make of them. Every bad
// constant is a sentence.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "apps/golden.hpp"
#include "apps/jt_run.hpp"

namespace jt::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

// What the detectors of the golden runs need, and the background that the pedestals leave.
struct PanelRun {
  const char* hutch;
  const char* experiment;
  int run;
  const char* group;
  const char* sensor;
  double pitch_um;
  std::vector<double> pedestals;  // one per gain range; background of the frames less `offset`
  std::vector<double> gains;      // none: not deployed
  double offset_adu;              // what is left above the pedestal, within the limits of the common mode
  double background;              // the same in the unit of the calibrated pixels
  std::vector<int> absent = {};   // panels that the recording has not
};

// The recorded backgrounds are 2700 (Epix10ka), 2500 (Jungfrau) and 1000 (CSPAD); gains as the field's are.
// The CSPAD's gain map says low gain everywhere: 6.85 times. Run 16 was taken with roiMask 0xff0fff3f.
const std::vector<PanelRun> panel_runs = {
    {"mfx",
     "mfxjt1234",
     11,
     "Epix10ka2M::CalibV1",
     "EPIX10KA:V1",
     100,
     std::vector<double>(7, 2691.8),
     {16.4, 5.466, 0.164, 16.4, 5.466, 0.164, 0.164},
     8.2,
     0.5},
    {"mfx",
     "mfxjt1234",
     12,
     "Epix10ka2M::CalibV1",
     "EPIX10KA:V1",
     100,
     std::vector<double>(7, 2691.8),
     {16.4, 5.466, 0.164, 16.4, 5.466, 0.164, 0.164},
     8.2,
     0.5},
    {"cxi",
     "cxijt1235",
     13,
     "Jungfrau::CalibV1",
     "JUNGFRAU:V1",
     75,
     {2459, 14500, 14600},
     {41, -1.39, -0.11},
     41,
     1},
    {"cxi",
     "cxijt1235",
     14,
     "Jungfrau::CalibV1",
     "JUNGFRAU:V1",
     75,
     {2459, 14500, 14600},
     {41, -1.39, -0.11},
     41,
     1},
    {"cxi", "cxijt1235", 15, "CsPad::CalibV1", "SENS2X1:V1", 109.92, {984}, {}, 16, 16 * 6.85},
    {"cxi",
     "cxijt1235",
     16,
     "CsPad::CalibV1",
     "SENS2X1:V1",
     109.92,
     {984},
     {},
     16,
     16 * 6.85,
     {6, 7, 20, 21, 22, 23}},
    {"cxi", "cxijt1235", 17, "CsPad::CalibV1", "SENS2X1:V1", 109.92, {984}, {}, 16, 16 * 6.85},
};
// A camera, which needs no constants and uses what there is: here the gain multiplies.
const PanelRun& camera_run() {
  static const PanelRun run{
      "mfx", "mfxjt1234", 10, "Camera::CalibV1", "MTRX:V2:1920:1920:88.54:88.54", 88.54, {4}, {2}, 6, 12};
  return run;
}
std::ostream& operator<<(std::ostream& out, const PanelRun& run) { return out << "run_" << run.run; }

// An experiment folder with the golden data and constants of our own.
class Experiment {
 public:
  explicit Experiment(const PanelRun& run) : run_(run) {
    const fs::path golden = *large_golden() / "xtc" / run.hutch / run.experiment;
    fs::create_directories(folder());
    fs::create_directory_symlink(golden / "xtc", folder() / "xtc");
    for (const auto& entry : fs::directory_iterator(golden / "manifest"))
      if (entry.path().stem().string().ends_with(fmt::format("r{:04}", run.run)))
        manifest_ = read_json(entry.path());
    detector_ = manifest_["detectors"][0];
    configure("");
  }

  // `more`: keys of det_map; `blocks`: whole ones.
  void configure(const std::string& more, const std::string& blocks = "") const {
    write_text(config(),
               fmt::format("hutch: '{}'\nexperiment: '{}'\nrun: '{}'\nevent_code: 40\nevr_name: {}\n"
                           "det_map: {{name: '{}', shape: [10, 10]{}}}\n"
                           "ipm: {{name: FEEGasDetEnergy, det: f_12_ENRC}}\n"
                           "cal_params: {{azav_bins: 100, delta_bin: 3}}\n{}",
                           run_.hutch, run_.experiment, run_.run, manifest_["evr_alias"].get<std::string>(),
                           alias(), more, blocks));
  }

  [[nodiscard]] const json& truth() const { return detector_; }
  [[nodiscard]] std::size_t shots() const { return manifest_["events"].size(); }
  [[nodiscard]] int panels() const {
    return detector_["nseg"].get<int>() + static_cast<int>(run_.absent.size());
  }
  [[nodiscard]] std::string alias() const { return detector_["alias"]; }
  [[nodiscard]] fs::path constants(const std::string& kind) const {
    std::string source = detector_["src"];
    source = source.substr(source.find('(') + 1);
    source.pop_back();
    return folder() / "calib" / run_.group / source / kind;
  }
  void deploy(const std::string& kind, const std::string& text) const {
    fs::create_directories(constants(kind));
    write_text(constants(kind) / "1-end.data", text);
  }
  // One block of equal numbers per gain range, a row of the sensor a line.
  [[nodiscard]] std::string blocks(const std::vector<double>& values) const {
    const int cols = detector_["cols"], rows = detector_["rows"];
    std::string text;
    for (const double value : values) {
      std::string line;
      for (int col = 0; col < cols; ++col) line += fmt::format("{} ", value);
      line.back() = '\n';
      for (int row = 0; row < rows * panels(); ++row) text += line;
    }
    return text;
  }
  // The panels where the manifest puts them; 100 mm from the sample. The ring's centre lies `right` and
  // `down` (um) of the beam.
  [[nodiscard]] std::string geometry(double right = 0, double down = 0) const {
    std::string text;
    const std::vector<std::array<double, 2>> origins = detector_["segment_origin_xy"];
    const double cx = detector_["ring_center_xy"][0], cy = detector_["ring_center_xy"][1];
    const double rows = detector_["rows"], cols = detector_["cols"];
    std::size_t present = 0, absent = 0;
    for (int panel = 0; present < origins.size() || absent < run_.absent.size(); ++panel) {
      const bool is_absent = std::count(run_.absent.begin(), run_.absent.end(), panel) != 0;
      // Those that are not there stand below the others, four to a row.
      const auto row = static_cast<double>(absent / 4), col = static_cast<double>(absent % 4);
      const std::array<double, 2> origin =
          is_absent ? std::array<double, 2>{col * (cols + 10), 1365 + row * (rows + 10)} : origins[present];
      ++(is_absent ? absent : present);
      // The file's x runs down the picture, its y to the right.
      text += fmt::format("CAMERA:V1 0 {} {} {:.3f} {:.3f} 0 90 0 0 0 0 0\n", run_.sensor, panel,
                          (origin[1] + (rows - 1) / 2 - cy) * run_.pitch_um,
                          (origin[0] + (cols - 1) / 2 - cx) * run_.pitch_um);
    }
    return text + fmt::format("IP 0 CAMERA:V1 0 {} {} 100000 0 0 0 0 0 0\n", down, right);
  }
  void deploy_all() const {
    deploy("pedestals", blocks(run_.pedestals));
    if (!run_.gains.empty()) deploy("pixel_gain", blocks(run_.gains));
    deploy("geometry", geometry());
  }
  [[nodiscard]] Finished jt(const std::string& command, std::vector<std::string> more = {},
                            const std::vector<std::string>& launcher = {}) const {
    more.insert(more.begin(), {command, "--cfg", config().string(), "--data-root", root_.path().string()});
    if (command == "calibrate") {
      more.emplace_back("--out");
      more.push_back(out().string());
    }
    return run_jt(more, {{"XDG_CACHE_HOME", (root_.path() / "cache").string()}}, launcher);
  }
  [[nodiscard]] fs::path out() const { return root_.path() / "out"; }
  [[nodiscard]] fs::path folder() const { return root_.path() / run_.hutch / run_.experiment; }

 private:
  [[nodiscard]] fs::path config() const { return root_.path() / "test.yml"; }

  const PanelRun& run_;
  TempDir root_;
  json manifest_, detector_;
};

double median_of(const json& profile) {
  std::vector<double> values;
  for (const json& value : profile)
    if (value.is_number()) values.push_back(value);
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

class Panels : public testing::TestWithParam<PanelRun> {};

TEST_P(Panels, the_ring_is_found_where_the_manifest_puts_it) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(GetParam());
  experiment.deploy_all();
  const Finished done = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(done.code, 0) << done.err;
  const json result = json::parse(done.out);
  const json& ring = result["ring"];
  EXPECT_EQ(ring["radius_unit"], "um");
  const double bin = ring["bin_edges"][1].get<double>() - ring["bin_edges"][0].get<double>();
  EXPECT_NEAR(ring["radius"].get<double>(),
              experiment.truth()["ring_radius_px"].get<double>() * GetParam().pitch_um, bin / 2);
  EXPECT_EQ(result["provenance"]["constants"].size(), GetParam().gains.empty() ? 2u : 3u);
  EXPECT_THAT(result["warnings"].dump(), HasSubstr("det_map.shape says 10 x 10"));
}

// Far from the ring there is the background alone.
TEST_P(Panels, the_common_mode_takes_the_background_off_unless_it_is_deployed_as_none) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(GetParam());
  experiment.deploy_all();
  const double tolerance = 0.1 * GetParam().background;
  const Finished with = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(with.code, 0) << with.err;
  EXPECT_NEAR(median_of(json::parse(with.out)["average_azav"]), 0, tolerance);
  experiment.deploy("common_mode", "0 0 0 0\n");
  const Finished without = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(without.code, 0) << without.err;
  EXPECT_NEAR(median_of(json::parse(without.out)["average_azav"]), GetParam().background, tolerance);
}

TEST_P(Panels, no_common_mode_is_taken_off_when_the_config_says_so) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(GetParam());
  experiment.deploy_all();
  experiment.configure(", common_mode: false");
  const Finished done = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NEAR(median_of(json::parse(done.out)["average_azav"]), GetParam().background,
              0.1 * GetParam().background);
  EXPECT_THAT(done.err, HasSubstr("reading the constants of " + experiment.alias()));
}

void expect_described(const Experiment& experiment, std::size_t constants) {
  const Finished done = experiment.jt("info", {"--json"});
  ASSERT_EQ(done.code, 0) << done.err;
  const json info = json::parse(done.out);
  EXPECT_EQ(info["shots"], experiment.shots());
  const json& detector = info["detectors"][0];
  EXPECT_EQ(detector["alias"], experiment.alias());
  EXPECT_EQ(detector["source"], experiment.truth()["src"]);
  std::vector<int> shape = {experiment.panels(), experiment.truth()["rows"], experiment.truth()["cols"]};
  if (shape.front() == 1) shape.erase(shape.begin());
  EXPECT_EQ(detector["shape"], json(shape));
  EXPECT_EQ(detector["constants"].size(), constants);
  EXPECT_EQ(detector["constants"]["pedestals"], (experiment.constants("pedestals") / "1-end.data").string());
}

TEST_P(Panels, info_shows_the_detector_and_what_is_deployed_for_it) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(GetParam());
  const Finished before = experiment.jt("info");
  EXPECT_EQ(before.code, 0) << before.err;
  EXPECT_THAT(before.out, HasSubstr("none for this run: it cannot be calibrated"));
  experiment.deploy_all();
  expect_described(experiment, GetParam().gains.empty() ? 2 : 3);
  EXPECT_THAT(experiment.jt("info").out, HasSubstr("pedestals/1-end.data"));
}

// Gaps count as zeros, so the picture's profile is lower than the pixels' own; bins beyond the panels are
// empty of anything but gaps.
TEST_P(Panels, the_original_model_takes_the_assembled_image) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(GetParam());
  experiment.deploy_all();
  experiment.deploy("common_mode", "0 0 0 0\n");
  const Finished done = experiment.jt("calibrate", {"--json", "--ring-model", "original"});
  ASSERT_EQ(done.code, 0) << done.err;
  const json result = json::parse(done.out);
  EXPECT_EQ(result["ring"]["radius_unit"], "px");
  const double filled = median_of(result["average_azav"]) / GetParam().background;
  EXPECT_LT(filled, 1.1);
  EXPECT_GT(filled, 0.5);
}

TEST(PanelRing, is_found_by_the_original_model_in_a_single_module) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(panel_runs[3]);
  experiment.deploy_all();
  const Finished done = experiment.jt("calibrate", {"--json", "--ring-model", "original"});
  ASSERT_EQ(done.code, 0) << done.err;
  const json ring = json::parse(done.out)["ring"];
  const double bin = ring["bin_edges"][1].get<double>() - ring["bin_edges"][0].get<double>();
  // Its masks are two bins wide.
  EXPECT_NEAR(ring["radius"].get<double>(), experiment.truth()["ring_radius_px"].get<double>(), 2 * bin);
}

TEST(PanelRing, its_centre_is_fitted_where_the_geometry_puts_it) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(panel_runs[3]);
  experiment.deploy_all();
  const double right = 410, down = -260;  // um: five pixels and a half, three and a half
  experiment.deploy("geometry", experiment.geometry(right, down));
  experiment.configure("", "ring: {center: fit}\n");
  const Finished done = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(done.code, 0) << done.err;
  const json ring = json::parse(done.out)["ring"];
  const double pitch = panel_runs[3].pitch_um;
  for (const int axis : {0, 1}) {
    const double error = ring["center_fit_err"][static_cast<std::size_t>(axis)];
    EXPECT_LT(error, pitch);
    EXPECT_NEAR(ring["center_fit"][static_cast<std::size_t>(axis)].get<double>(), axis == 0 ? right : down,
                5 * error);
  }
  EXPECT_EQ(ring["center"], ring["center_fit"]);
  const double bin = ring["bin_edges"][1].get<double>() - ring["bin_edges"][0].get<double>();
  EXPECT_NEAR(ring["radius"].get<double>(), experiment.truth()["ring_radius_px"].get<double>() * pitch,
              bin / 2);
}

TEST(CameraRun, is_calibrated_with_constants_and_without) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(camera_run());
  const double radius_px = experiment.truth()["ring_radius_px"];
  const auto bin_of = [](const json& ring) {
    return ring["bin_edges"][1].get<double>() - ring["bin_edges"][0].get<double>();
  };
  const Finished raw = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(raw.code, 0) << raw.err;
  const json as_recorded = json::parse(raw.out);
  EXPECT_EQ(as_recorded["ring"]["radius_unit"], "px");
  EXPECT_NEAR(as_recorded["ring"]["radius"].get<double>(), radius_px, bin_of(as_recorded["ring"]) / 2);
  experiment.deploy_all();
  expect_described(experiment, 3);
  const Finished done = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(done.code, 0) << done.err;
  const json result = json::parse(done.out);
  EXPECT_EQ(result["ring"]["radius_unit"], "um");
  EXPECT_NEAR(result["ring"]["radius"].get<double>(), radius_px * camera_run().pitch_um,
              bin_of(result["ring"]) / 2);
  EXPECT_EQ(result["provenance"]["constants"].size(), 3u);
  const Finished original = experiment.jt("calibrate", {"--json", "--ring-model", "original"});
  ASSERT_EQ(original.code, 0) << original.err;
  const json ring = json::parse(original.out)["ring"];
  EXPECT_EQ(ring["radius_unit"], "px");
  EXPECT_NEAR(ring["radius"].get<double>(), radius_px, 2 * bin_of(ring));  // its masks are two bins wide
  // Twice what lies above the pedestal.
  EXPECT_NEAR(median_of(result["average_azav"]), 2 * (median_of(as_recorded["average_azav"]) - 4),
              0.1 * camera_run().background);
}

INSTANTIATE_TEST_SUITE_P(golden, Panels, testing::ValuesIn(panel_runs), testing::PrintToStringParamName());

// Everything below on the smallest of them: one Jungfrau module.
const PanelRun& small_run() { return panel_runs[3]; }

bool nothing_written(const fs::path& out) {
  if (!fs::exists(out)) return true;
  for (const auto& entry : fs::recursive_directory_iterator(out))
    if (entry.is_regular_file()) return false;
  return true;
}

void expect_refused(const Experiment& experiment, const testing::Matcher<std::string>& sentence) {
  const Finished done = experiment.jt("calibrate");
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, AllOf(HasSubstr("jt: "), sentence));
  EXPECT_TRUE(nothing_written(experiment.out()));
}

TEST(BadConstants, missing_pedestals_say_where_to_deploy_them) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(small_run());
  expect_refused(experiment,
                 AllOf(HasSubstr("no pedestals for run 14"),
                       HasSubstr(experiment.constants("pedestals").string()), HasSubstr("dark run")));
}

TEST(BadConstants, pedestals_of_another_shape_and_cut_ones_are_refused) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(small_run());
  experiment.deploy_all();
  experiment.deploy("pedestals", experiment.blocks({2459, 14500}));
  expect_refused(experiment, AllOf(HasSubstr("pedestals"), HasSubstr("cut short")));
  const std::string whole = experiment.blocks({2459, 14500, 14600});
  experiment.deploy("pedestals", whole.substr(0, whole.size() / 2 + 7));
  expect_refused(experiment, AllOf(HasSubstr("pedestals"), HasSubstr("cannot be used")));
}

TEST(BadConstants, a_gain_that_is_no_number_makes_its_pixel_bad_and_is_counted) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(small_run());
  experiment.deploy_all();
  std::string gains = experiment.blocks({41, -1.39, -0.11});
  const std::size_t middle = gains.find("41 ", 1000 * 3);
  experiment.deploy("pixel_gain", gains.replace(middle, 2, "nan"));
  const Finished done = experiment.jt("calibrate");
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out + done.err, HasSubstr("1 pixels are left out"));
}

TEST(BadConstants, every_bad_geometry_is_a_sentence) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(small_run());
  experiment.deploy_all();
  experiment.deploy("geometry", "CAMERA:V1 0 JUNGFRAU:V1 0 0 zero 0 90 0 0 0 0 0\n");
  expect_refused(experiment, AllOf(HasSubstr("geometry"), HasSubstr("line 1")));
  experiment.deploy(
      "geometry",
      "A 0 B 0 0 0 0 90 0 0 0 0 0\nB 0 A 0 0 0 0 0 0 0 0 0 0\nB 0 JUNGFRAU:V1 0 0 0 0 0 0 0 0 0 0\n");
  expect_refused(experiment, HasSubstr("geometry"));
  fs::remove_all(experiment.constants("geometry"));
  expect_refused(experiment, AllOf(HasSubstr("no geometry for run 14"), HasSubstr("1 panels")));
}

TEST(BadConstants, a_folder_without_permission_is_a_sentence) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(small_run());
  experiment.deploy_all();
  const auto refused = [&](const fs::path& folder) {
    fs::permissions(folder, fs::perms::none);
    const Finished done = experiment.jt("calibrate", {}, minding_permissions());
    fs::permissions(folder, fs::perms::owner_all);
    EXPECT_EQ(done.code, 1) << done.err;
    EXPECT_TRUE(nothing_written(experiment.out()));
    return done.err;
  };
  EXPECT_THAT(refused(experiment.constants("pedestals")),
              AllOf(HasSubstr("pedestals cannot be looked into"), HasSubstr("ermission denied"),
                    HasSubstr("access to the folder")));
  EXPECT_THAT(refused(experiment.folder()), AllOf(HasSubstr("ermission denied"), HasSubstr("?")));
  EXPECT_EQ(experiment.jt("calibrate", {}, minding_permissions()).code, 0);
}

TEST(BadConstants, panels_over_each_other_are_a_warning) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(panel_runs[2]);
  experiment.deploy_all();
  std::string geometry = experiment.geometry();
  // The second panel onto the first: its line gets the first one's place.
  const std::size_t second = geometry.find('\n') + 1, third = geometry.find('\n', second);
  std::string line = geometry.substr(0, second);
  line.replace(line.find("JUNGFRAU:V1 0"), 13, "JUNGFRAU:V1 1");
  experiment.deploy("geometry", geometry.replace(second, third + 1 - second, line));
  const Finished done = experiment.jt("calibrate");
  EXPECT_THAT(done.out + done.err, HasSubstr("lie over pixels of another panel"));
}

TEST(BadConstants, those_of_each_run_are_its_own) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(small_run());
  experiment.deploy_all();
  experiment.deploy("common_mode", "0 0 0 0\n");
  // For run 14 alone, 41 ADU lower: 1 keV more.
  write_text(experiment.constants("pedestals") / "14-14.data", experiment.blocks({2418, 14500, 14600}));
  const Finished done = experiment.jt("calibrate", {"--json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NEAR(median_of(json::parse(done.out)["average_azav"]), 2, 0.1);
  EXPECT_THAT(json::parse(done.out)["provenance"]["constants"].dump(), HasSubstr("14-14.data"));
}

TEST(PanelTrace, shows_calibrated_values_and_radii_in_um) {
  JT_NEEDS_LARGE_GOLDEN();
  const Experiment experiment(small_run());
  experiment.deploy_all();
  experiment.deploy("common_mode", "0 0 0 0\n");
  const Finished done = experiment.jt("trace", {"--shot", "0"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("um about the beam")));
}

}  // namespace
}  // namespace jt::test
