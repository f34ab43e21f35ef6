// `jt calibrate` and `jt trace` on the golden runs: the original's numbers, the true ring, files and outputs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "apps/golden.hpp"
#include "apps/jt_run.hpp"

namespace jt::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

std::vector<std::string> calibrate_call(int run, const std::filesystem::path& out,
                                        std::vector<std::string> more = {}) {
  more.insert(more.begin(),
              {"calibrate", "--cfg", golden_config(run), "--data-root", data_root(), "--out", out.string()});
  return more;
}

double number(const json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

class CalibrateRun : public testing::TestWithParam<int> {};

TEST_P(CalibrateRun, the_original_model_gives_the_original_programs_numbers) {
  const int run = GetParam();
  const TempDir out;
  const Finished done = run_jt(calibrate_call(run, out.path(), {"--ring-model", "original", "--json"}));
  ASSERT_EQ(done.code, 0) << done.err;
  const json ours = json::parse(done.out);
  const json truth =
      read_json(golden() / ("calibration/original_xcsjt1236_r00" + std::to_string(run) + ".json"));
  for (const char* key : {"peak_bin", "delta_bin", "events_used", "events_with_code"})
    EXPECT_EQ(ours[key], truth[key]) << key;
  std::map<std::string, std::string> names;  // ours -> theirs
  for (const char* key : {"i0_low", "i0_median", "mean_ratio", "med_ratio", "std_ratio", "slope", "intercept",
                          "integrated_intensity"})
    names[key] = key;
  names["i0_high"] = "i0_high_written";
  if (run == 20)
    for (const char* key : {"jet_location_mean", "jet_location_std", "jet_peak_mean", "jet_peak_std"})
      names[key] = key;
  for (const auto& [our_key, their_key] : names)
    EXPECT_NEAR(number(ours[our_key]), number(truth[their_key]), 1e-5 * std::abs(number(truth[their_key])))
        << our_key;
  ASSERT_EQ(ours["average_azav"].size(), truth["average_azav"].size());
  for (std::size_t bin = 0; bin < truth["average_azav"].size(); ++bin)
    EXPECT_NEAR(number(ours["average_azav"][bin]), number(truth["average_azav"][bin]),
                2e-5 * number(truth["average_azav"][bin]))
        << "bin " << bin;
}

TEST_P(CalibrateRun, the_ring_is_found_where_it_was_put) {
  const int run = GetParam();
  const TempDir out;
  const Finished done = run_jt(calibrate_call(run, out.path(), {"--json"}));
  ASSERT_EQ(done.code, 0) << done.err;
  const json result = json::parse(done.out);
  const double bin =
      result["ring"]["bin_edges"][1].get<double>() - result["ring"]["bin_edges"][0].get<double>();
  EXPECT_NEAR(result["ring"]["radius"].get<double>(), 21.6, bin / 2);  // ring_radius_px of the manifest
  EXPECT_EQ(result["provenance"]["run"], run);
  const auto file = out.path() / ("calib/jt_results/jt_cal_" + std::to_string(run) + "_results");
  EXPECT_EQ(json::parse(read_text(file)), result);
}

INSTANTIATE_TEST_SUITE_P(golden, CalibrateRun, testing::Values(20, 40));

TEST(Calibrate, says_the_verdict_first_and_where_the_files_are) {
  const TempDir out;
  const Finished done = run_jt(calibrate_call(40, out.path()));
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, testing::StartsWith("Verdict: "));
  EXPECT_THAT(done.out, AllOf(HasSubstr("window"), HasSubstr("peak bin"), HasSubstr("ratio"),
                              HasSubstr("used"), HasSubstr("rejected: "), HasSubstr("report.html")));
  EXPECT_TRUE(std::filesystem::exists(out.path() / "scratch/run40_jt_cal.h5"));
  EXPECT_TRUE(std::filesystem::exists(out.path() / "stats/summary/jt_cal_run_40/report.html"));
}

TEST(Calibrate, json_is_one_object_and_nothing_else) {
  const TempDir out;
  const Finished done = run_jt(calibrate_call(20, out.path(), {"--json"}));
  ASSERT_EQ(done.code, 0);
  EXPECT_TRUE(json::parse(done.out).is_object());  // throws when anything else is there
}

TEST(Calibrate, events_limits_the_shots_looked_at) {
  const TempDir out;
  const Finished done = run_jt(calibrate_call(40, out.path(), {"--events", "300", "--json"}));
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(json::parse(done.out)["provenance"]["counts"]["seen"], 300);
}

TEST(Calibrate, a_vertical_jet_across_the_wrong_axis_is_a_warning) {
  const TempDir out;
  const Finished done = run_jt(calibrate_call(20, out.path(), {"--json"}));
  ASSERT_EQ(done.code, 0);
  const json result = json::parse(done.out);
  EXPECT_TRUE(result["jet_location_mean"].is_null());
  EXPECT_THAT(result["warnings"].dump(), HasSubstr("axis"));
}

TEST(Calibrate, copies_the_result_to_the_operators_and_only_warns_when_it_cannot) {
  const TempDir out;
  write_config(out.path() / "good.yml",
               "hutch:", "opr_home: '" + (out.path() / "opr").string() + "'\nhutch:");
  write_config(out.path() / "bad.yml", "hutch:", "opr_home: /dev/null\nhutch:");
  for (const char* config : {"good.yml", "bad.yml"}) {
    const Finished done = run_jt({"calibrate", "--cfg", (out.path() / config).string(), "--data-root",
                                  data_root(), "--out", out.path().string(), "--events", "200"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.err.find("warning") != std::string::npos, std::string(config) == "bad.yml") << done.err;
  }
  EXPECT_TRUE(std::filesystem::exists(out.path() / "opr/experiments/xcsjt1236/jt_calib/jt_cal_40_results"));
}

TEST(Trace, shows_the_stops_with_the_manifests_values) {
  const json truth = read_json(golden() / "xtc/xcs/xcsjt1236/manifest/e1236-r0020.json");
  for (const int shot : {0, 7, 199}) {
    const Finished done = run_jt({"trace", "--cfg", golden_config(20), "--data-root", data_root(), "--shot",
                                  std::to_string(shot), "--json"});
    ASSERT_EQ(done.code, 0) << done.err;
    const json trace = json::parse(done.out);
    const json& event = truth["events"][static_cast<std::size_t>(shot)];
    EXPECT_EQ(trace["bytes"]["main"]["offset"], event["offset"]);
    EXPECT_EQ(trace["event"]["fiducial"], event["fiducial"]);
    EXPECT_EQ(trace["event"]["event_codes"], event["event_codes_this_fiducial"]);
    const json& frame = event["frames"]["smallray"];
    for (const json& traced : trace["event"]["frames"])
      if (traced["alias"] == "smallray") {
        EXPECT_EQ(traced["sum"], frame["sum"]);
        EXPECT_EQ(traced["max"], frame["max"]);
        EXPECT_EQ(traced["min"], frame["min"]);
        EXPECT_EQ(traced["shape"], frame["shape"]);
      }
    const json& codes = event["event_codes_this_fiducial"];
    const bool wanted = std::find(codes.begin(), codes.end(), 137) != codes.end();
    EXPECT_EQ(trace["reduction"]["dropped"], wanted ? json(nullptr) : json("other event code"));
    EXPECT_EQ(trace["reduction"]["profile"].size(), wanted ? 100u : 0u);
  }
}

TEST(Trace, joins_the_control_stream_and_names_a_shot_that_is_not_there) {
  const std::vector<std::string> run21 = {"trace", "--data-root", data_root(), "--exp", "xcsjt1236",
                                          "--run", "21",          "--json",    "--shot"};
  std::vector<std::string> first = run21, beyond = run21;
  first.push_back("0");
  beyond.push_back("90");
  const json trace = json::parse(run_jt(first).out);
  ASSERT_EQ(trace["bytes"]["joined"].size(), 1u);
  EXPECT_EQ(trace["bytes"]["joined"][0]["stream"], 80);
  const Finished done = run_jt(beyond);
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, AllOf(HasSubstr("no shot 90"), HasSubstr("--shot 89")));
}

TEST(Trace, measures_the_ring_with_the_runs_calibration) {
  const TempDir folder;
  const auto experiment = folder.path() / "xcs/xcsjt1236";
  std::filesystem::create_directories(experiment);
  std::filesystem::create_directory_symlink(std::filesystem::path(data_root()) / "xcs/xcsjt1236/xtc",
                                            experiment / "xtc");
  const std::string root = folder.path().string();
  ASSERT_EQ(run_jt({"calibrate", "--cfg", golden_config(40), "--data-root", root}).code, 0);
  const json result = read_json(experiment / "calib/jt_results/jt_cal_40_results");
  int used = 0;
  for (const int shot : {3, 4, 5, 6, 7, 8}) {
    const json trace = json::parse(run_jt({"trace", "--cfg", golden_config(40), "--data-root", root, "--shot",
                                           std::to_string(shot), "--json"})
                                       .out);
    const json& reduction = trace["reduction"];
    if (!reduction["dropped"].is_null()) continue;
    ++used;
    double sum = 0;  // by hand, over the window of the result
    for (int bin = result["ring"]["window"][0]; bin <= result["ring"]["window"][1].get<int>(); ++bin)
      sum += reduction["profile"][static_cast<std::size_t>(bin)].get<double>();
    EXPECT_NEAR(reduction["ring"].get<double>(), sum, 1e-9 * sum);
    EXPECT_NEAR(reduction["ratio"].get<double>(), sum / reduction["i0"].get<double>(), 1e-9 * sum);
  }
  EXPECT_GT(used, 0);
}

}  // namespace
}  // namespace jt::test
