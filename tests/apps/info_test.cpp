// `jt info` on the golden runs: every datagram as the manifests say, and a summary that adds up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "apps/golden.hpp"
#include "apps/jt_run.hpp"

namespace jt::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::vector<std::filesystem::path> manifests(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
    if (entry.path().parent_path().filename() == "manifest" &&
        entry.path().filename().string().find("-r0") != std::string::npos)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> info_call(const std::string& experiment, int run, std::vector<std::string> more,
                                   const std::string& root = data_root()) {
  more.insert(more.begin(), {"info", "--data-root", root, "--exp", experiment, "--run", std::to_string(run)});
  return more;
}

void compare_headers(const json& line, const json& truth) {
  for (const char* key :
       {"file", "offset", "size", "service", "sec", "nsec", "ticks", "vector", "env", "damage"})
    EXPECT_EQ(line[key], truth[key]) << key << " of the datagram at " << truth["offset"];
  EXPECT_EQ(line["fiducial"], truth["fid"]);
}

// The manifests list each source and type once; a second contribution of a source (its configuration of the
// raw values) may stand between them.
void compare_contributions(const json& line, const json& truth) {
  std::set<json> there;
  for (const json& leaf : line["contributions"])
    there.insert(json::array({leaf["source"], leaf["version"], leaf["damage"], leaf["size"], leaf["crc32"]}));
  for (const json& leaf : truth["contributions"])
    EXPECT_EQ(
        there.count(json::array({leaf["src"], leaf["version"], leaf["damage"], leaf["size"], leaf["crc32"]})),
        1u)
        << leaf << " of event " << truth["index"];
  EXPECT_GE(line["contributions"].size(), truth["contributions"].size());
}

void compare_i0(const json& line, const json& truth) {
  const json gas = line["i0"].value("FEEGasDetEnergy", json::object());
  const json true_gas = truth.value("gasdet", json::object());
  for (const auto& [name, value] : gas.items()) {
    if (value.is_null()) continue;  // version 0 has no f_63 and f_64
    EXPECT_EQ(value, true_gas[name]) << name;
  }
  const json monitors = truth.value("bmmon", json::object());
  for (const auto& [monitor, values] : monitors.items())
    for (const char* name : {"TotalIntensity", "X_Position", "Y_Position"})
      EXPECT_EQ(line["i0"][monitor][name], values[name]) << monitor << " " << name;
}

void compare_run(const std::filesystem::path& manifest, const std::string& root) {
  SCOPED_TRACE(manifest.filename().string());
  const json truth = read_json(manifest);
  const std::string experiment = manifest.parent_path().parent_path().filename();
  const Finished done = run_jt(info_call(experiment, truth["run"], {"--events", "--json"}, root));
  ASSERT_EQ(done.code, 0) << done.err;
  const std::vector<json> lines = json_lines(done.out);
  ASSERT_EQ(lines.size(), truth["datagrams"].size());
  std::map<std::pair<std::string, std::uint64_t>, json> by_place;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    compare_headers(lines[i], truth["datagrams"][i]);
    by_place[{lines[i]["file"], lines[i]["offset"]}] = lines[i];
  }
  for (const json& event : truth["events"]) {
    if (event["case"] != "none") continue;  // what was intended there is not what is there
    const json& line = by_place.at({event["file"], event["offset"]});
    EXPECT_EQ(line["event_codes"], event["event_codes_this_fiducial"]);
    compare_contributions(line, event);
    compare_i0(line, event);
  }
}

TEST(Info, every_datagram_of_every_committed_run_is_as_its_manifest_says) {
  const auto files = manifests(data_root());
  EXPECT_GE(files.size(), 8u);
  for (const auto& file : files) compare_run(file, data_root());
}

TEST(Info, every_datagram_of_the_large_golden_runs_is_as_its_manifest_says) {
  JT_NEEDS_LARGE_GOLDEN();
  const std::string root = (*large_golden() / "xtc").string();
  const auto files = manifests(root);
  EXPECT_GE(files.size(), 17u);
  for (const auto& file : files) compare_run(file, root);
}

TEST(Trace, shows_the_raw_frames_of_panel_detectors) {
  JT_NEEDS_LARGE_GOLDEN();
  const std::string root = (*large_golden() / "xtc").string();
  for (const auto& manifest : manifests(root)) {
    SCOPED_TRACE(manifest.filename().string());
    const json truth = read_json(manifest);
    const json& event = truth["events"][0];
    if (event["case"] != "none" || !event.contains("frames")) continue;
    const std::string experiment = manifest.parent_path().parent_path().filename();
    const Finished done = run_jt({"trace", "--data-root", root, "--exp", experiment, "--run",
                                  truth["run"].dump(), "--shot", "0", "--json"});
    ASSERT_EQ(done.code, 0) << done.err;
    const json trace = json::parse(done.out);
    std::map<std::string, json> by_alias;
    for (const json& frame : trace["event"]["frames"]) by_alias[frame["alias"]] = frame;
    for (const auto& [alias, frame] : event["frames"].items()) {
      EXPECT_EQ(by_alias[alias]["sum"], frame["sum"]) << alias;
      EXPECT_EQ(by_alias[alias]["max"], frame["max"]) << alias;
    }
  }
}

TEST(Info, the_lines_have_their_fields_in_the_agreed_order) {
  const Finished done = run_jt(info_call("xcsjt1236", 24, {"--events", "--json"}));
  EXPECT_THAT(done.out, testing::StartsWith(R"({"file":"e1236-r0024-s00-c00.xtc","offset":0,"size":)"));
  std::vector<std::string> keys;
  const auto first = nlohmann::ordered_json::parse(done.out.substr(0, done.out.find('\n')));
  for (const auto& [key, value] : first.items()) keys.push_back(key);
  EXPECT_THAT(keys,
              testing::ElementsAre("file", "offset", "size", "service", "sec", "nsec", "fiducial", "ticks",
                                   "vector", "env", "damage", "event_codes", "i0", "contributions"));
}

TEST(Info, counts_event_codes_and_shots_as_the_manifest_does) {
  const json truth = read_json(golden() / "xtc/xcs/xcsjt1236/manifest/e1236-r0020.json");
  std::map<std::string, int> codes;
  for (const json& event : truth["events"])
    for (const json& code : event["event_codes_this_fiducial"]) ++codes[code.dump()];
  const Finished done = run_jt(info_call("xcsjt1236", 20, {"--json"}));
  ASSERT_EQ(done.code, 0) << done.err;
  const json info = json::parse(done.out);
  EXPECT_EQ(info["shots"], truth["events"].size());
  EXPECT_EQ(info["event_codes"], json(codes));
}

TEST(Info, the_mean_i0_is_that_of_the_manifest) {
  const json truth = read_json(golden() / "xtc/xcs/xcsjt1236/manifest/e1236-r0040.json");
  double sum = 0;
  for (const json& event : truth["events"])
    sum += event["bmmon"]["XCS-SB2-BMMON"]["TotalIntensity"].get<double>();
  const double mean = sum / static_cast<double>(truth["events"].size());
  const Finished done = run_jt(info_call("xcsjt1236", 40, {"--json"}));
  const json info = json::parse(done.out);
  for (const json& monitor : info["monitors"])
    if (monitor["name"] == "XCS-SB2-BMMON") {
      EXPECT_NEAR(monitor["quantities"]["TotalIntensity"]["mean"].get<double>(), mean, 1e-12 * mean);
      return;
    }
  FAIL() << "no XCS-SB2-BMMON";
}

TEST(Info, names_the_detectors_streams_and_chunks) {
  const json two = json::parse(run_jt(info_call("xcsjt1236", 21, {"--json"})).out);
  std::set<std::string> aliases;
  for (const json& detector : two["detectors"]) aliases.insert(detector["alias"]);
  EXPECT_EQ(aliases.count("smallray"), 1u);
  EXPECT_EQ(aliases.count("opal_1"), 1u);
  EXPECT_EQ(two["files"].size(), 4u);
  const json chunks = json::parse(run_jt(info_call("xcsjt1236", 22, {"--json"})).out);
  EXPECT_EQ(chunks["shots"], 60);
  EXPECT_EQ(chunks["files"].size(), 3u);
}

TEST(Info, a_truncated_run_says_so_and_shows_what_is_whole) {
  for (const int run : {25, 26}) {
    const Finished done = run_jt(info_call("xcsjt1236", run, {}));
    EXPECT_EQ(done.code, 0);
    EXPECT_THAT(done.out, testing::AllOf(HasSubstr("12 shots"), HasSubstr("is cut in a")));
  }
}

TEST(Info, plain_files_need_no_config) {
  const std::string file = data_root() + "/xcs/xcsjt1236/xtc/e1236-r0024-s00-c00.xtc";
  const Finished done = run_jt({"info", file, "--json"});
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(json::parse(done.out)["shots"], 20);
  EXPECT_EQ(json_lines(run_jt({"info", file, "--events", "--json"}).out).size(), 27u);
}

TEST(Info, is_a_readable_table_without_json) {
  const Finished done = run_jt(info_call("xcsjt1236", 20, {}));
  EXPECT_THAT(done.out, testing::AllOf(HasSubstr("smallray"), HasSubstr("TotalIntensity"), HasSubstr("137"),
                                       HasSubstr("s00")));
  EXPECT_THAT(run_jt(info_call("xcsjt1236", 24, {"--events"})).out, HasSubstr("L1Accept"));
}

TEST(Info, the_environment_wins_over_the_config_and_an_option_over_both) {
  const std::vector<std::string> call = {"info",        "--cfg",     golden_config(40),
                                         "--data-root", data_root(), "--json"};
  EXPECT_EQ(json::parse(run_jt(call).out)["run"], 40);
  EXPECT_EQ(json::parse(run_jt(call, {{"RUN_NUM", "20"}}).out)["run"], 20);
  std::vector<std::string> with_option = call;
  with_option.insert(with_option.end(), {"--run", "24"});
  EXPECT_EQ(json::parse(run_jt(with_option, {{"RUN_NUM", "20"}}).out)["run"], 24);
  const json other = json::parse(
      run_jt({"info", "--data-root", data_root(), "--run", "30", "--json"}, {{"EXPERIMENT", "mfxl1038923"}})
          .out);
  EXPECT_EQ(other["experiment"], "mfxl1038923");
  EXPECT_EQ(run_jt(call, {{"RUN_NUM", "twenty"}}).code, 2);
}

TEST(Info, the_data_root_may_come_from_the_environment) {
  const Finished done =
      run_jt({"info", "--exp", "xcsjt1236", "--run", "24", "--json"}, {{"SIT_PSDM_DATA", data_root()}});
  EXPECT_EQ(done.code, 0) << done.err;
}

}  // namespace
}  // namespace jt::test
