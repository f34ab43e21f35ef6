// What happens when the world is unkind: killed at any moment, stopped by the user, a full disk, a dead
// counter server. No result is ever incomplete or of another run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "apps/counter_server.hpp"
#include "apps/golden.hpp"
#include "apps/jt_run.hpp"

namespace jt::test {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

std::vector<std::string> calibrate_call(int run, const std::filesystem::path& out) {
  return {"calibrate", "--cfg", golden_config(run), "--data-root", data_root(), "--out", out.string()};
}

void expect_whole_results(const std::filesystem::path& out) {
  const auto result = out / "calib/jt_results/jt_cal_40_results";
  if (std::filesystem::exists(result)) {
    const json whole = json::parse(read_text(result));  // throws when it is not whole
    EXPECT_EQ(whole["provenance"]["run"], 40);
    EXPECT_TRUE(std::filesystem::exists(out / "scratch/run40_jt_cal.h5")) << "the result is written last";
  }
  const auto report = out / "stats/summary/jt_cal_run_40/report.html";
  if (std::filesystem::exists(report)) {
    EXPECT_THAT(read_text(report), HasSubstr("</html>"));
  }
  const auto shots = out / "scratch/run40_jt_cal.h5";
  if (std::filesystem::exists(shots)) {
    EXPECT_THAT(read_text(shots), testing::StartsWith("\x89HDF"));
  }
}

TEST(Faults, killed_at_any_moment_no_result_is_incomplete) {
  const TempDir whole;
  const auto start = Clock::now();
  ASSERT_EQ(run_jt(calibrate_call(40, whole.path())).code, 0);
  const auto takes = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  std::mt19937 random(7);
  std::uniform_int_distribution<long> moment(0, takes + takes / 10);
  for (int i = 0; i < 25; ++i) {
    const TempDir out;
    const TempDir outputs;
    Started jt(outputs.path(), calibrate_call(40, out.path()), {});
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random)));
    jt.send(SIGKILL);
    jt.wait();
    expect_whole_results(out.path());
  }
}

TEST(Faults, after_a_kill_the_next_calibration_works_and_cleans_up) {
  const TempDir out;
  const TempDir outputs;
  for (int i = 0; i < 5; ++i) {
    Started jt(outputs.path(), calibrate_call(40, out.path()), {});
    std::this_thread::sleep_for(std::chrono::milliseconds(40 * i));
    jt.send(SIGKILL);
    jt.wait();
  }
  ASSERT_EQ(run_jt(calibrate_call(40, out.path())).code, 0);
  expect_whole_results(out.path());
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(out.path()))
    files += entry.is_regular_file() && entry.path().parent_path().filename() != "previous" ? 1 : 0;
  EXPECT_EQ(files, 3) << "result, shots, report, and nothing half written";
}

// A run that never ends keeps the program busy: a followed file without EndRun.
TEST(Faults, an_interrupt_ends_within_a_second_with_a_sentence) {
  const TempDir folder;
  const auto xtc = folder.path() / "xcs/xcsjt1236/xtc";
  std::filesystem::create_directories(xtc);
  const std::filesystem::path whole =
      std::filesystem::path(data_root()) / "xcs/xcsjt1236/xtc/e1236-r0025-s00-c00.xtc";
  std::filesystem::copy_file(whole, xtc / "e1236-r0040-s00-c00.xtc.inprogress");
  for (const int signal : {SIGINT, SIGTERM}) {
    const TempDir outputs;
    Started jt(outputs.path(),
               {"calibrate", "--cfg", golden_config(40), "--data-root", folder.path().string(), "--out",
                (folder.path() / "out").string(), "--follow", "600"},
               {});
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const auto asked = Clock::now();
    jt.send(signal);
    const Finished done = jt.wait();
    EXPECT_LT(Clock::now() - asked, std::chrono::seconds(10));  // a second on a quiet machine
    EXPECT_EQ(done.code, 1) << done.signal;
    EXPECT_THAT(done.err, HasSubstr("stopped by the user"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "out/calib/jt_results/jt_cal_40_results"));
  }
}

TEST(Faults, an_earlier_result_survives_a_failed_calibration) {
  const TempDir out;
  ASSERT_EQ(run_jt(calibrate_call(40, out.path())).code, 0);
  const auto result = out.path() / "calib/jt_results/jt_cal_40_results";
  const std::string before = read_text(result);
  write_config(out.path() / "wrong.yml", "event_code: 137", "event_code: 199");
  EXPECT_EQ(run_jt({"calibrate", "--cfg", (out.path() / "wrong.yml").string(), "--data-root", data_root(),
                    "--out", out.path().string()})
                .code,
            1);
  EXPECT_EQ(read_text(result), before);
}

// A small file system of its own; needs root.
class SmallDisk {
 public:
  explicit SmallDisk(const char* size)
      : there_(mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, size) == 0) {}
  ~SmallDisk() {
    if (there_) umount(folder_.path().c_str());
  }
  [[nodiscard]] bool there() const { return there_; }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TempDir folder_;
  bool there_;
};

TEST(Faults, a_disk_that_fills_up_is_named_and_leaves_no_result) {
  const SmallDisk disk("size=256k");
  if (!disk.there()) GTEST_SKIP() << "a small disk cannot be mounted here (needs root): not tested";
  const Finished done = run_jt(calibrate_call(40, disk.path()));
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(done.err, AllOf(HasSubstr("jt: "), HasSubstr(disk.path().string())));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(disk.path()))
    EXPECT_FALSE(entry.is_regular_file() && entry.path().filename() == "jt_cal_40_results");
  expect_whole_results(disk.path());
}

TEST(Counters, are_posted_for_automatic_run_processing) {
  for (const char* variable : {"ARP_UPDATE_COUNTERS", "JID_UPDATE_COUNTERS"}) {
    CounterServer server(200);
    const TempDir out;
    const Finished done = run_jt(calibrate_call(40, out.path()), {{variable, server.url()}});
    ASSERT_EQ(done.code, 0) << done.err;
    const std::vector<std::string> posts = server.posts();
    ASSERT_FALSE(posts.empty()) << variable;
    const json last = json::parse(posts.back());
    ASSERT_TRUE(last.is_array());
    EXPECT_EQ(last[0]["key"], "<b>Current Event</b>");
    EXPECT_GT(last[0]["value"].get<int>(), 0);
  }
}

TEST(Counters, a_server_that_fails_is_one_warning) {
  CounterServer server(500);
  const TempDir out;
  const Finished done = run_jt(calibrate_call(40, out.path()), {{"ARP_UPDATE_COUNTERS", server.url()}});
  EXPECT_EQ(done.code, 0);
  const std::size_t first = done.err.find("counters");
  ASSERT_NE(first, std::string::npos) << done.err;
  EXPECT_EQ(done.err.find("cannot be posted", first + 60), std::string::npos);
}

TEST(Counters, a_server_that_is_not_there_never_fails_a_calibration) {
  const TempDir out;
  const Finished done =
      run_jt(calibrate_call(40, out.path()), {{"ARP_UPDATE_COUNTERS", "http://127.0.0.1:1/"}});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("cannot be posted"));
}

TEST(Counters, other_schemes_are_refused) {
  const TempDir out;
  const auto target = out.path() / "stolen";
  const Finished done =
      run_jt(calibrate_call(40, out.path()), {{"ARP_UPDATE_COUNTERS", "file://" + target.string()}});
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("no http or https"));
  EXPECT_FALSE(std::filesystem::exists(target));
}

}  // namespace
}  // namespace jt::test
