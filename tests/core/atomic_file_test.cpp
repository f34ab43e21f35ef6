#include "core/atomic_file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <random>

#include "core/errors.hpp"
#include "support/support.hpp"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

std::string sentence_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const jt::SetupError& error) {
    return error.what();
  }
  return "no error";
}

// Runs `body` in a child process (its limits, mounts and umask are then its own); what it returns is its
// answer.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr int cannot_be_tried = 77;

TEST(atomic_file, a_file_appears_whole_and_alone_in_a_folder_made_for_it) {
  const jt::test::TempDir dir;
  const fs::path target = dir.path() / "calib/jt_results/jt_cal_40_results";
  jt::write_file_atomically(target, "first", "the calibration");
  EXPECT_EQ(jt::test::read_text(target), "first");
  jt::write_file_atomically(target, "second", "the calibration");
  EXPECT_EQ(jt::test::read_text(target), "second");
  EXPECT_EQ(names_in(target.parent_path()).size(), 1u);
}

TEST(atomic_file, nothing_shows_before_the_commit_and_nothing_is_left_without_one) {
  const jt::test::TempDir dir;
  const fs::path target = dir.path() / "result";
  jt::test::write_text(target, "earlier");
  {
    jt::AtomicFile file(target, "the calibration");
    file.write("half of");
    EXPECT_EQ(jt::test::read_text(target), "earlier");
    EXPECT_TRUE(jt::is_partial_name(file.partial_path().filename().string()));
    EXPECT_EQ(file.partial_path().parent_path(), target.parent_path());
  }
  EXPECT_EQ(jt::test::read_text(target), "earlier");
  EXPECT_EQ(names_in(dir.path()), std::vector<std::string>{"result"});
}

TEST(atomic_file, a_writer_of_its_own_may_use_the_partial_path) {
  const jt::test::TempDir dir;
  jt::AtomicFile file(dir.path() / "run40_jt_cal.h5", "the shots");
  jt::test::write_text(file.partial_path(), "by somebody else");
  file.commit();
  EXPECT_EQ(jt::test::read_text(dir.path() / "run40_jt_cal.h5"), "by somebody else");
}

TEST(atomic_file, permissions_are_what_the_umask_leaves) {
  const jt::test::TempDir dir;
  for (const auto& [mask, file_mode, folder_mode] :
       {std::tuple{0002u, 0664u, 0775u}, {0022u, 0644u, 0755u}}) {
    const fs::path target = dir.path() / std::to_string(mask) / "result";
    const mode_t before = umask(mask);
    jt::write_file_atomically(target, "x", "the calibration");
    umask(before);
    EXPECT_EQ(static_cast<unsigned>(fs::status(target).permissions()), file_mode);
    EXPECT_EQ(static_cast<unsigned>(fs::status(target.parent_path()).permissions()), folder_mode);
  }
}

TEST(atomic_file, a_folder_that_cannot_be_made_is_named_with_what_it_was_for) {
  const jt::test::TempDir dir;
  jt::test::write_text(dir.path() / "stats", "a file where a folder should be");
  const std::string sentence = sentence_of([&] {
    jt::write_file_atomically(dir.path() / "stats/summary/report.html", "x", "the report of run 40");
  });
  EXPECT_THAT(sentence, HasSubstr((dir.path() / "stats/summary").string()));
  EXPECT_THAT(sentence, HasSubstr("the report of run 40"));
  EXPECT_THAT(sentence, HasSubstr("--out"));
}

// Root may write anywhere: what needs missing permissions runs as nobody, in a child. It names its files from
// the folder it stands in, because a folder above may be closed to nobody.
int as_nobody_in(const fs::path& folder, const std::function<bool()>& holds) {
  return in_child([&] {
    fs::current_path(folder);
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) return cannot_be_tried;
    return holds() ? 0 : 1;
  });
}

TEST(atomic_file, a_folder_without_write_permission_is_named) {
  const jt::test::TempDir dir;
  fs::permissions(dir.path(), fs::perms(0755));
  fs::create_directory(dir.path() / "scratch");
  fs::permissions(dir.path() / "scratch", fs::perms(0555));
  const int answer = as_nobody_in(dir.path(), [] {
    return sentence_of([] { jt::write_file_atomically("scratch/result", "x", "the calibration"); }) ==
           "the folder scratch cannot be written: Permission denied (result is to hold the calibration). May "
           "you write there? Otherwise choose another folder with --out";
  });
  fs::permissions(dir.path() / "scratch", fs::perms::owner_all);
  if (answer == cannot_be_tried) GTEST_SKIP() << "cannot give up root here";
  EXPECT_EQ(answer, 0);
}

TEST(atomic_file, a_folder_below_one_that_may_not_be_entered_is_told_in_a_sentence) {
  const jt::test::TempDir dir;
  fs::permissions(dir.path(), fs::perms(0755));
  fs::create_directories(dir.path() / "closed/scratch");
  fs::permissions(dir.path() / "closed", fs::perms::none);
  const int answer = as_nobody_in(dir.path(), [] {
    return sentence_of([] { jt::write_file_atomically("closed/scratch/result", "x", "the calibration"); }) ==
           "the folder closed/scratch cannot be made: Permission denied (it is to hold the calibration). Is "
           "the "
           "path right, and may you write there? Otherwise choose another with --out";
  });
  fs::permissions(dir.path() / "closed", fs::perms::owner_all);
  if (answer == cannot_be_tried) GTEST_SKIP() << "cannot give up root here";
  EXPECT_EQ(answer, 0);
}

// A disk of 64 KiB in a mount name space of the child's own.
bool mount_small_disk(const fs::path& folder) {
  if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=64k") == 0;
}

TEST(atomic_file, a_full_disk_is_told_with_sizes_and_keeps_the_earlier_file) {
  const jt::test::TempDir dir;
  const int answer = in_child([&] {
    if (!mount_small_disk(dir.path())) return cannot_be_tried;
    const fs::path target = dir.path() / "report.html";
    jt::write_file_atomically(target, "earlier", "the report");
    const std::string sentence = sentence_of(
        [&] { jt::write_file_atomically(target, std::string(1500000, 'x'), "the report of run 40"); });
    if (!testing::Value(sentence, HasSubstr("is full"))) return 1;
    if (!testing::Value(sentence, HasSubstr("1.5 MB were to be written"))) return 2;
    if (!testing::Value(sentence, HasSubstr("nothing half-written was left"))) return 3;
    if (jt::test::read_text(target) != "earlier") return 4;
    return names_in(dir.path()).size() == 1 ? 0 : 5;
  });
  if (answer == cannot_be_tried) GTEST_SKIP() << "no small disk can be mounted here";
  EXPECT_EQ(answer, 0);
}

TEST(atomic_file, a_write_that_fails_in_the_middle_leaves_the_earlier_file) {
  const jt::test::TempDir dir;
  const fs::path target = dir.path() / "report.html";
  jt::write_file_atomically(target, "earlier", "the report");
  const int answer = in_child([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10000, 10000};  // the kernel then fails a write beyond it with EFBIG
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string sentence =
        sentence_of([&] { jt::write_file_atomically(target, std::string(50000, 'x'), "the report"); });
    return testing::Value(sentence, HasSubstr("report.html cannot be written: File too large")) ? 0 : 1;
  });
  EXPECT_EQ(answer, 0);
  EXPECT_EQ(jt::test::read_text(target), "earlier");
  EXPECT_EQ(names_in(dir.path()).size(), 1u);
}

// Writes one generation after the other for ever: 'a' x 200000, 'b' x 200000, ...
[[noreturn]] void write_generations(const fs::path& target) {
  for (char letter = 'a';; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
    jt::AtomicFile file(target, "the calibration");
    for (int part = 0; part < 20; ++part) file.write(std::string(10000, letter));
    file.commit();
  }
}

TEST(atomic_file, killed_at_any_moment_it_leaves_a_whole_file_or_none_and_the_next_run_cleans_up) {
  const jt::test::TempDir dir;
  const fs::path target = dir.path() / "jt_cal_40_results";
  std::mt19937 random(40);
  int partials_seen = 0;
  // At least 40 rounds, and more where no kill has fallen into a write yet.
  for (int round = 0; round < 40 || (partials_seen == 0 && round < 4000); ++round) {
    std::array<int, 2> begun{};
    ASSERT_EQ(pipe(begun.data()), 0);
    const pid_t child = fork();
    if (child == 0) {
      const char byte = 1;
      if (write(begun[1], &byte, 1) == 1) write_generations(target);
      _exit(1);
    }
    char byte = 0;
    EXPECT_EQ(read(begun[0], &byte, 1), 1);
    close(begun[0]);
    close(begun[1]);
    usleep(static_cast<useconds_t>(random() % 20000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (fs::exists(target)) {
      const std::string text = jt::test::read_text(target);
      ASSERT_EQ(text.size(), 200000u);
      ASSERT_TRUE(std::all_of(text.begin(), text.end(), [&](char c) { return c == text[0]; }));
    }
    for (const std::string& name : names_in(dir.path())) {
      ASSERT_TRUE(name == "jt_cal_40_results" || jt::is_partial_name(name)) << name;
      partials_seen += jt::is_partial_name(name) ? 1 : 0;
    }
  }
  EXPECT_GT(partials_seen, 0) << "no kill fell into a write: the test did not test";
  jt::write_file_atomically(target, "the next run", "the calibration");
  EXPECT_EQ(names_in(dir.path()), std::vector<std::string>{"jt_cal_40_results"});
}

TEST(atomic_file, the_partial_file_of_a_living_writer_is_left_alone_and_an_old_one_of_another_host_is_not) {
  const jt::test::TempDir dir;
  const fs::path target = dir.path() / "result";
  const jt::AtomicFile mine(target, "the calibration");
  const fs::path young = dir.path() / ".result.jt-partial-another-host-12-0";
  const fs::path old = dir.path() / ".result.jt-partial-another-host-13-0";
  const fs::path of_another_target = dir.path() / ".result2.jt-partial-another-host-13-0";
  for (const fs::path& file : {young, old, of_another_target}) jt::test::write_text(file, "x");
  for (const fs::path& file : {old, of_another_target})
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_EQ(jt::remove_abandoned_partials(target), 1);
  EXPECT_TRUE(fs::exists(mine.partial_path()));
  EXPECT_TRUE(fs::exists(young));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(of_another_target));
}

}  // namespace
