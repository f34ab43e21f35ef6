// Every wrong call, config and run: one clear sentence, a non-zero exit, and nothing written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "apps/golden.hpp"
#include "apps/jt_run.hpp"

namespace jt::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

bool nothing_written(const std::filesystem::path& out) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(out))
    if (entry.is_regular_file()) return false;
  return true;
}

// Calibrates golden run 40 with one line of its config replaced.
class BadInput : public testing::Test {
 protected:
  Finished calibrate_with(const std::string& replaced, const std::string& by,
                          std::vector<std::string> more = {}) {
    write_config(folder_.path() / "test.yml", replaced, by);
    std::filesystem::create_directories(out_);
    more.insert(more.begin(), {"calibrate", "--cfg", (folder_.path() / "test.yml").string(), "--data-root",
                               data_root(), "--out", out_.string()});
    return run_jt(more);
  }
  void expect_refused(const Finished& done, int code, const testing::Matcher<std::string>& sentence) {
    EXPECT_EQ(done.code, code) << done.err;
    EXPECT_THAT(done.err, AllOf(HasSubstr("jt: "), sentence));
    EXPECT_EQ(done.out, "");
    EXPECT_TRUE(nothing_written(out_));
  }

  TempDir folder_;
  std::filesystem::path out_ = folder_.path() / "out";
};

TEST_F(BadInput, no_such_run) { expect_refused(calibrate_with("'40'", "'41'"), 1, HasSubstr("41")); }

TEST_F(BadInput, no_such_experiment) {
  expect_refused(calibrate_with("xcsjt1236", "xcsjt1263"), 1,
                 AllOf(HasSubstr("xcsjt1263"), HasSubstr("xcsjt1236")));
}

TEST_F(BadInput, an_unknown_detector_lists_those_there_are) {
  expect_refused(calibrate_with("'smallray'", "'smalray'"), 1,
                 AllOf(HasSubstr("smalray"), HasSubstr("smallray")));
}

TEST_F(BadInput, an_unknown_i0_monitor_lists_those_there_are) {
  expect_refused(calibrate_with("XCS-SB2-BMMON", "XCS-SB3-BMMON"), 1,
                 AllOf(HasSubstr("XCS-SB3-BMMON"), HasSubstr("XCS-SB2-BMMON"), HasSubstr("FEEGasDetEnergy")));
}

TEST_F(BadInput, an_unknown_quantity_lists_those_there_are) {
  expect_refused(calibrate_with("TotalIntensity", "TotalIntensty"), 1,
                 AllOf(HasSubstr("TotalIntensty"), HasSubstr("TotalIntensity")));
}

TEST_F(BadInput, no_shot_with_the_event_code_lists_the_codes) {
  expect_refused(calibrate_with("event_code: 137", "event_code: 138"), 1,
                 AllOf(HasSubstr("138"), HasSubstr("137"), HasSubstr("40")));
}

TEST_F(BadInput, a_missing_jet_camera_lists_the_detectors) {
  expect_refused(calibrate_with("name: 'None'", "name: 'opal_9'"), 1,
                 AllOf(HasSubstr("opal_9"), HasSubstr("smallray")));
}

TEST_F(BadInput, all_shots_excluded) {
  // Every shot of run 40 with beam has code 40 as well.
  expect_refused(calibrate_with("event_code: 137", "event_code: 137\nexclude_event_codes: [40]"), 1,
                 HasSubstr("excluded"));
}

TEST_F(BadInput, too_few_shots_are_left) {
  expect_refused(calibrate_with("'40'", "'40'", {"--events", "1"}), 1,
                 AllOf(HasSubstr("too few shots"), HasSubstr("1 looked at"), HasSubstr("at least two")));
}

TEST_F(BadInput, malformed_yaml_with_line_and_column) {
  expect_refused(calibrate_with("event_code: 137", "event_code: [137"), 2,
                 AllOf(HasSubstr("line"), HasSubstr("column")));
}

TEST_F(BadInput, an_unknown_key_with_the_nearest) {
  expect_refused(calibrate_with("event_code: 137", "evnt_code: 137"), 2,
                 AllOf(HasSubstr("'evnt_code'"), HasSubstr("'event_code'")));
}

TEST_F(BadInput, a_missing_key) {
  expect_refused(calibrate_with("event_code: 137\n", ""), 2, HasSubstr("'event_code' is missing"));
}

TEST_F(BadInput, a_mask_of_another_shape) {
  write_text(folder_.path() / "mask.txt", "1 1\n1 1\n");
  expect_refused(calibrate_with("event_code: 137", "event_code: 137\nmask: mask.txt"), 1, HasSubstr("mask"));
}

TEST_F(BadInput, an_unwritable_output_is_said_before_the_run_is_read) {
  write_text(folder_.path() / "file", "not a folder");
  std::filesystem::create_directories(out_);
  const Finished done = run_jt({"calibrate", "--cfg", golden_config(40), "--data-root", data_root(), "--out",
                                (folder_.path() / "file").string()});
  expect_refused(done, 1, HasSubstr("file"));
}

TEST_F(BadInput, an_unknown_ring_model) {
  expect_refused(calibrate_with("event_code", "event_code", {"--ring-model", "orignal"}), 2,
                 HasSubstr("'original'"));
}

TEST(BadCall, the_nearest_command_is_named) {
  const Finished done = run_jt({"calibrat", "--run", "4"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("Did you mean 'jt calibrate'?"));
}

TEST(BadCall, the_nearest_option_is_named) {
  const Finished done = run_jt({"info", "--rn", "4"});
  EXPECT_EQ(done.code, 2);
  EXPECT_THAT(done.err, HasSubstr("Did you mean '--run'?"));
}

TEST(BadCall, a_run_that_is_no_number) {
  for (const char* run : {"ten", "-1", "0", "4.5", "99999999999999999999"}) {
    const Finished done = run_jt({"info", "--exp", "xcsjt1236", "--run", run, "--data-root", data_root()});
    EXPECT_EQ(done.code, 2) << run;
    EXPECT_THAT(done.err, HasSubstr("--run is")) << run;
  }
}

TEST(BadCall, an_experiment_that_would_leave_the_data_root) {
  const Finished done = run_jt({"info", "--exp", "../../etc", "--run", "1", "--data-root", data_root()});
  EXPECT_EQ(done.code, 2);
}

TEST(BadCall, a_missing_config_and_a_missing_file) {
  EXPECT_EQ(run_jt({"info", "--cfg", "/nowhere/x.yml"}).code, 2);
  const Finished done = run_jt({"info", "/nowhere/e1-r0001-s00-c00.xtc"});
  EXPECT_NE(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("/nowhere/e1-r0001-s00-c00.xtc"));
}

TEST(BadCall, help_and_version_are_for_everyone) {
  const Finished help = run_jt({"help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("jt info"), HasSubstr("jt calibrate"), HasSubstr("jt trace")));
  for (const char* command : {"info", "calibrate", "trace", "help"}) {
    const Finished page = run_jt({command, "--help"});
    EXPECT_EQ(page.code, 0);
    EXPECT_THAT(page.out, HasSubstr(std::string("Usage: jt ") + command));
  }
  EXPECT_THAT(run_jt({"--version"}).out, testing::StartsWith("jt "));
  EXPECT_EQ(run_jt({}).code, 2);
}

}  // namespace
}  // namespace jt::test
