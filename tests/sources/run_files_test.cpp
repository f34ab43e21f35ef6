// Where a run lies: roots, spellings, names, and the sentences when something is not there.
#include "sources/run_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "core/errors.hpp"
#include "sources/file_name.hpp"
#include "support/support.hpp"

namespace {

namespace fs = std::filesystem;
using jt::RunNumber;
using jt::sources::Places;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// While it lives, this thread minds permissions, even root's, who else may read everything.
class MindingPermissions {
 public:
  MindingPermissions() {
    syscall(SYS_capget, &head_, before_.data());
    auto fewer = before_;
    constexpr unsigned over_permissions = (1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH);
    fewer[0].effective &= ~over_permissions;
    syscall(SYS_capset, &head_, fewer.data());
  }
  ~MindingPermissions() { syscall(SYS_capset, &head_, before_.data()); }
  MindingPermissions(const MindingPermissions&) = delete;
  MindingPermissions& operator=(const MindingPermissions&) = delete;

 private:
  __user_cap_header_struct head_{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> before_{};
};

// A data root with some experiments, and the sentence that a call throws.
class run_files : public testing::Test {
 protected:
  void touch(const std::string& file) const { jt::test::write_text(root() / file, ""); }
  [[nodiscard]] fs::path root() const { return temporary_.path(); }
  [[nodiscard]] Places places() const {
    Places all;
    all.data_root = root();
    all.known_data_roots = {};
    all.known_ffb_roots = {};
    return all;
  }
  static std::string sentence(const std::function<void()>& call) {
    try {
      call();
    } catch (const jt::SetupError& error) {
      return error.what();
    }
    return "nothing was thrown";
  }

 private:
  jt::test::TempDir temporary_;
};

// ---- names

TEST(file_name, is_read_in_both_forms_and_nothing_else_is) {
  const auto old_form = jt::sources::parse_file_name("e1236-r0020-s80-c01.xtc");
  ASSERT_TRUE(old_form);
  EXPECT_EQ(old_form->prefix, "e1236");
  EXPECT_EQ(old_form->run, 20);
  EXPECT_EQ(old_form->stream, 80u);
  EXPECT_EQ(old_form->chunk, 1u);
  EXPECT_FALSE(old_form->in_progress);
  const auto new_form = jt::sources::parse_file_name("mfxl1038923-r0030-s00-c00.xtc.inprogress");
  ASSERT_TRUE(new_form);
  EXPECT_EQ(new_form->prefix, "mfxl1038923");
  EXPECT_TRUE(new_form->in_progress);
  for (const char* other : {"", "readme.txt", "e1236-r0020-s00-c00.smd.xtc", "e1236-r0020-s00-c00.xtc2",
                            "-r0020-s00-c00.xtc", "e1236-r20-s00-c00.xtc", "e1236-r0020-s0-c00.xtc",
                            "e1236-r0020-c00-s00.xtc", "e1236-r00x0-s00-c00.xtc", "e1236-r0020-s00-c00.xtc.",
                            "e1236-r9999999999-s00-c00.xtc", "e1236-r0020-s00-c-0.xtc"})
    EXPECT_FALSE(jt::sources::parse_file_name(other)) << other;
}

TEST(file_name, leads_to_its_index) {
  EXPECT_EQ(jt::sources::index_path("/a/xtc/e1-r0001-s00-c00.xtc"),
            "/a/xtc/smalldata/e1-r0001-s00-c00.smd.xtc");
  EXPECT_EQ(jt::sources::index_path("/a/xtc/e1-r0001-s00-c00.xtc.inprogress"),
            "/a/xtc/smalldata/e1-r0001-s00-c00.smd.xtc");
}

// ---- roots

TEST_F(run_files, option_wins_over_environment_wins_over_the_known_roots) {
  for (const char* name : {"option", "environment", "second", "third"}) fs::create_directories(root() / name);
  Places all;
  all.known_data_roots = {root() / "first", root() / "second", root() / "third"};  // the first does not exist
  EXPECT_EQ(data_root(all), root() / "second");
  all.sit_psdm_data = root() / "environment";
  EXPECT_EQ(data_root(all), root() / "environment");
  all.data_root = root() / "option";
  EXPECT_EQ(data_root(all), root() / "option");
}

TEST_F(run_files, says_which_root_is_not_there) {
  Places all;
  all.known_data_roots = {root() / "first", root() / "second"};
  EXPECT_THAT(sentence([&] { (void)data_root(all); }), AllOf(HasSubstr("no data root"), HasSubstr("first"),
                                                             HasSubstr("second"), HasSubstr("--data-root")));
  all.sit_psdm_data = root() / "gone";
  EXPECT_THAT(sentence([&] { (void)data_root(all); }), AllOf(HasSubstr("gone"), HasSubstr("SIT_PSDM_DATA")));
}

TEST_F(run_files, ffb_moves_only_the_xtc_files) {
  touch("data/mfx/mfxx1/xtc/e1-r0001-s00-c00.xtc");
  touch("ffb/mfx/mfxx1/xtc/e1-r0002-s00-c00.xtc");
  Places all;
  all.known_data_roots = {root() / "data"};
  all.known_ffb_roots = {root() / "nowhere", root() / "ffb"};
  all.ffb = true;
  auto found = find_experiment(all, "mfx", "mfxx1");
  EXPECT_EQ(found.xtc, root() / "ffb/mfx/mfxx1/xtc");
  EXPECT_EQ(found.folder, root() / "data/mfx/mfxx1");
  all.ffb = false;
  EXPECT_EQ(find_experiment(all, "mfx", "mfxx1").xtc, root() / "data/mfx/mfxx1/xtc");
}

TEST_F(run_files, an_explicit_data_root_switches_ffb_off_unless_an_ffb_root_is_given_too) {
  touch("data/mfx/mfxx1/xtc/e1-r0001-s00-c00.xtc");
  touch("ffb/mfx/mfxx1/xtc/e1-r0002-s00-c00.xtc");
  Places all;
  all.known_ffb_roots = {root() / "ffb"};
  all.ffb = true;
  all.data_root = root() / "data";
  EXPECT_EQ(find_experiment(all, "mfx", "mfxx1").xtc, root() / "data/mfx/mfxx1/xtc");
  all.ffb_root = root() / "ffb";
  EXPECT_EQ(find_experiment(all, "mfx", "mfxx1").xtc, root() / "ffb/mfx/mfxx1/xtc");
  EXPECT_EQ(find_experiment(all, "mfx", "mfxx1").folder, root() / "data/mfx/mfxx1");
}

TEST_F(run_files, says_that_this_machine_has_no_fast_buffer) {
  Places all;
  all.ffb = true;
  all.known_ffb_roots = {root() / "ffb"};
  EXPECT_THAT(sentence([&] { (void)find_experiment(all, "mfx", "mfxx1"); }),
              AllOf(HasSubstr("fast buffer"), HasSubstr("ffb: false")));
}

// ---- experiments

TEST_F(run_files, finds_an_experiment_in_either_spelling_of_the_hutch) {
  touch("XCS/xcsx47519/xtc/e1-r0010-s00-c00.xtc");
  for (const char* hutch : {"xcs", "XCS", "Xcs", ""}) {
    const auto found = find_experiment(places(), hutch, "xcsx47519");
    EXPECT_EQ(found.folder, root() / "XCS/xcsx47519") << hutch;
    EXPECT_EQ(found.hutch, "XCS");
  }
}

TEST_F(run_files, names_the_nearest_experiments_and_hutches_that_are_there) {
  touch("xcs/xcsx47519/xtc/e1-r0010-s00-c00.xtc");
  touch("xcs/xcsy99999/xtc/e2-r0010-s00-c00.xtc");
  const std::string words = sentence([&] { (void)find_experiment(places(), "xcs", "xcsx47520"); });
  EXPECT_THAT(words, AllOf(HasSubstr("no experiment xcsx47520"), HasSubstr("xcsx47519 and xcsy99999")));
  EXPECT_THAT(sentence([&] { (void)find_experiment(places(), "cxi", "cxix1"); }),
              AllOf(HasSubstr("no hutch cxi"), HasSubstr("xcs")));
}

TEST_F(run_files, says_that_an_experiment_has_no_xtc_folder) {
  fs::create_directories(root() / "xcs/xcsx47519/calib");
  EXPECT_THAT(sentence([&] { (void)find_experiment(places(), "xcs", "xcsx47519"); }),
              AllOf(HasSubstr("xcsx47519/xtc"), HasSubstr("recorded")));
}

TEST_F(run_files, wants_an_experiment) {
  EXPECT_THROW((void)find_experiment(places(), "xcs", ""), jt::CallError);
}

TEST_F(run_files, says_that_a_folder_may_not_be_read) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody without rights";
  touch("xcs/xcsx47519/xtc/e1-r0010-s00-c00.xtc");
  fs::permissions(root(), fs::perms::all);
  fs::permissions(root() / "xcs/xcsx47519/xtc", fs::perms::owner_all);
  const auto folders = find_experiment(places(), "xcs", "xcsx47519");
  constexpr uid_t nobody = 65534;
  ASSERT_EQ(seteuid(nobody), 0);
  const std::string words = sentence([&] { (void)find_run(folders, RunNumber{10}); });
  ASSERT_EQ(seteuid(0), 0);
  EXPECT_THAT(words,
              AllOf(HasSubstr("cannot look into"), HasSubstr("Permission denied"), HasSubstr("group")));
}

TEST_F(run_files, says_that_the_folder_of_an_experiment_may_not_be_read) {
  touch("xcs/xcsx47519/xtc/e1-r0010-s00-c00.xtc");
  fs::permissions(root() / "xcs/xcsx47519", fs::perms::none);
  std::string words;
  {
    const MindingPermissions here;
    words = sentence([&] { (void)find_experiment(places(), "xcs", "xcsx47519"); });
  }
  fs::permissions(root() / "xcs/xcsx47519", fs::perms::owner_all);
  EXPECT_THAT(words, AllOf(HasSubstr("cannot look into"), HasSubstr("xcsx47519"),
                           HasSubstr("Permission denied"), HasSubstr("group")));
}

// ---- runs

TEST_F(run_files, finds_streams_and_chunks_in_order) {
  for (const char* name : {"e7-r0010-s80-c00.xtc", "e7-r0010-s01-c00.xtc", "e7-r0010-s00-c01.xtc.inprogress",
                           "e7-r0010-s00-c00.xtc", "e7-r0011-s00-c00.xtc", "notes.txt"})
    touch(std::string("xcs/xcsx1/xtc/") + name);
  const auto run = find_run(find_experiment(places(), "xcs", "xcsx1"), RunNumber{10});
  EXPECT_EQ(run.prefix, "e7");
  std::vector<std::string> names;
  for (const auto& file : run.files) names.push_back(file.path.filename());
  EXPECT_THAT(names, ElementsAre("e7-r0010-s00-c00.xtc", "e7-r0010-s00-c01.xtc.inprogress",
                                 "e7-r0010-s01-c00.xtc", "e7-r0010-s80-c00.xtc"));
  EXPECT_TRUE(run.files[1].in_progress);
  EXPECT_EQ(run.files[1].index.filename(), "e7-r0010-s00-c01.smd.xtc");
}

TEST_F(run_files, takes_the_finished_file_when_both_names_exist) {
  touch("xcs/xcsx1/xtc/e7-r0010-s00-c00.xtc");
  touch("xcs/xcsx1/xtc/e7-r0010-s00-c00.xtc.inprogress");
  const auto run = find_run(find_experiment(places(), "xcs", "xcsx1"), RunNumber{10});
  ASSERT_EQ(run.files.size(), 1u);
  EXPECT_FALSE(run.files[0].in_progress);
}

TEST_F(run_files, names_the_runs_near_a_missing_one) {
  for (const int run : {1, 5, 8, 9, 12, 13, 90, 95})
    touch("xcs/xcsx1/xtc/e7-r00" + std::string(run < 10 ? "0" : "") + std::to_string(run) + "-s00-c00.xtc");
  const auto folders = find_experiment(places(), "xcs", "xcsx1");
  const std::string words = sentence([&] { (void)find_run(folders, RunNumber{10}); });
  EXPECT_THAT(words, AllOf(HasSubstr("no run 10 of xcsx1"), HasSubstr("there are 8 runs"),
                           HasSubstr("5, 8, 9, 12 and 13")));
  EXPECT_THAT(runs_in(folders), testing::SizeIs(8));
}

TEST_F(run_files, says_that_nothing_was_recorded) {
  fs::create_directories(root() / "xcs/xcsx1/xtc");
  EXPECT_THAT(sentence([&] { (void)find_run(find_experiment(places(), "xcs", "xcsx1"), RunNumber{10}); }),
              HasSubstr("no recorded runs"));
}

TEST_F(run_files, refuses_a_run_with_files_of_two_names) {
  touch("xcs/xcsx1/xtc/e7-r0010-s00-c00.xtc");
  touch("xcs/xcsx1/xtc/e8-r0010-s01-c00.xtc");
  EXPECT_THAT(sentence([&] { (void)find_run(find_experiment(places(), "xcs", "xcsx1"), RunNumber{10}); }),
              AllOf(HasSubstr("two names"), HasSubstr("e7 and e8")));
}

TEST_F(run_files, ignores_files_of_other_experiments_names) {
  touch("xcs/xcsx1/xtc/xcsx1-r0010-s00-c00.xtc");
  touch("xcs/xcsx1/xtc/test-r0010-s00-c00.xtc");
  const auto run = find_run(find_experiment(places(), "xcs", "xcsx1"), RunNumber{10});
  ASSERT_EQ(run.files.size(), 1u);
  EXPECT_EQ(run.prefix, "xcsx1");
}

// ---- plain paths

TEST_F(run_files, plain_paths_are_sorted_and_an_index_stands_for_its_file) {
  touch("xtc/e7-r0010-s01-c00.xtc");
  touch("xtc/e7-r0010-s00-c00.xtc");
  touch("xtc/smalldata/e7-r0010-s00-c00.smd.xtc");
  const std::vector<fs::path> paths = {root() / "xtc/e7-r0010-s01-c00.xtc",
                                       root() / "xtc/smalldata/e7-r0010-s00-c00.smd.xtc"};
  const auto run = jt::sources::run_of_paths(paths);
  ASSERT_EQ(run.files.size(), 2u);
  EXPECT_EQ(run.files[0].path, root() / "xtc/e7-r0010-s00-c00.xtc");
  EXPECT_EQ(run.files[1].stream, 1u);
  EXPECT_EQ(run.run, RunNumber{10});
}

TEST_F(run_files, plain_paths_may_have_any_name) {
  touch("mine.xtc");
  touch("other.xtc");
  const std::vector<fs::path> paths = {root() / "mine.xtc", root() / "other.xtc"};
  const auto run = jt::sources::run_of_paths(paths);
  ASSERT_EQ(run.files.size(), 2u);
  EXPECT_EQ(run.files[0].stream, 0u);
  EXPECT_EQ(run.files[1].stream, 1u);
}

TEST_F(run_files, plain_paths_of_two_runs_or_named_twice_or_missing_are_refused) {
  touch("e7-r0010-s00-c00.xtc");
  touch("e7-r0011-s00-c00.xtc");
  const std::vector<fs::path> two_runs = {root() / "e7-r0010-s00-c00.xtc", root() / "e7-r0011-s00-c00.xtc"};
  const std::vector<fs::path> twice = {root() / "e7-r0010-s00-c00.xtc", root() / "e7-r0010-s00-c00.xtc"};
  const std::vector<fs::path> folder = {root()};
  EXPECT_THROW((void)jt::sources::run_of_paths(two_runs), jt::CallError);
  EXPECT_THROW((void)jt::sources::run_of_paths(twice), jt::CallError);
  EXPECT_THROW((void)jt::sources::run_of_paths(folder), jt::CallError);
  EXPECT_THROW((void)jt::sources::run_of_paths({}), jt::CallError);
  const std::vector<fs::path> missing = {root() / "nowhere.xtc"};
  EXPECT_THAT(sentence([&] { (void)jt::sources::run_of_paths(missing); }), HasSubstr("no file"));
}

}  // namespace
