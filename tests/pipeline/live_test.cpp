// Workers that throw or hang on a golden run: their shot is named, the others are as ever, in order.
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "pipeline/live.hpp"
#include "pipeline/recorded_feed.hpp"
#include "sources/run_files.hpp"
#include "support/support.hpp"

namespace jt::pipeline {
namespace {

class Kept : public ResultSink {
 public:
  void shot(std::uint64_t seq, const ShotResult& result) override {
    seqs.push_back(seq);
    shots.push_back(result);
  }
  void profile(const ProfileReport& report) override { profiles.push_back(report); }
  std::vector<std::uint64_t> seqs;
  std::vector<ShotResult> shots;
  std::vector<ProfileReport> profiles;
};

sources::RunFiles run_40() {
  sources::Places places;
  places.data_root = test::testdata() / "golden/xtc";
  return sources::find_run(sources::find_experiment(places, "xcs", "xcsjt1236"), {40});
}

// A calibration by hand: 50 bins about the middle of the camera.
void write_calibration(const std::filesystem::path& folder) {
  std::string edges = "0", average = "1";
  for (int bin = 1; bin <= 50; ++bin) edges += ", " + std::to_string(bin);
  for (int bin = 1; bin < 50; ++bin) average += ", 1";
  test::write_text(folder / "jt_cal_7_results",
                   R"({"i0_low": 0.5, "i0_high": 1e12, "peak_bin": 16, "delta_bin": 3, "average_azav": [)" +
                       average + R"(], "ring": {"model": "geometry", "center": [48, 48], "bin_edges": [)" +
                       edges + "]}}");
}

LiveSettings settings(const std::filesystem::path& calibrations) {
  LiveSettings live;
  live.worker.shots.event_code = {137};
  live.worker.shots.detector.name = "smallray";
  live.worker.shots.i0_source = "XCS-SB2-BMMON";
  live.worker.shots.i0_quantity = "TotalIntensity";
  live.worker.make_detector = [](const formats::DetectorInfo&, Shape shape, RunNumber) {
    return detector::make_camera(shape, {});
  };
  live.calibrations = calibrations;
  live.run = RunNumber{40};
  live.threads = 2;
  return live;
}

void expect_all_in_order(const Kept& kept) {
  ASSERT_EQ(kept.shots.size(), 1200u);  // of the manifest
  for (std::size_t i = 0; i < kept.shots.size(); ++i) {
    EXPECT_EQ(kept.seqs[i], i + 1);
    EXPECT_EQ(kept.shots[i].ticket, i + 1);
  }
}

TEST(Live, a_worker_that_throws_costs_its_shot_alone) {
  const test::TempDir folder;
  write_calibration(folder.path());
  LiveSettings live = settings(folder.path());
  live.before_shot = [](std::uint64_t ticket) {
    if (ticket == 5 || ticket == 600) throw std::runtime_error("by the test");
  };
  live.hang_after = std::chrono::minutes(5);
  RecordedFeed feed(run_40(), 0);
  Kept kept;
  Live process(live, feed, kept);
  process.run();
  expect_all_in_order(kept);
  for (const ShotResult& shot : kept.shots)
    EXPECT_EQ(shot.trouble == Trouble::worker_failed, shot.ticket == 5 || shot.ticket == 600);
  EXPECT_EQ(process.status().troubles[Trouble::worker_failed], 2u);
  // Of the manifest: shots with code 137, the frame and TotalIntensity >= 0.5.
  EXPECT_EQ(process.status().good, 1040u - 2);
  EXPECT_FALSE(kept.profiles.empty());
}

TEST(Live, a_worker_that_hangs_is_replaced_and_its_late_answer_not_heard) {
  const test::TempDir folder;
  write_calibration(folder.path());
  LiveSettings live = settings(folder.path());
  std::promise<void> free;
  auto freed = free.get_future().share();
  live.before_shot = [freed](std::uint64_t ticket) {
    if (ticket == 100) freed.wait();
  };
  live.hang_after = std::chrono::milliseconds(1000);
  RecordedFeed feed(run_40(), 0);
  Kept kept;
  {
    Live process(live, feed, kept);
    process.run();
    expect_all_in_order(kept);
    EXPECT_EQ(kept.shots[99].trouble, Trouble::worker_hung);
    EXPECT_GE(process.status().workers_given_up, 1u);
    free.set_value();
  }
  EXPECT_EQ(kept.shots.size(), 1200u);
}

TEST(Live, changes_are_checked_and_it_stops_in_the_middle_when_told) {
  const test::TempDir folder;
  write_calibration(folder.path());
  RecordedFeed feed(run_40(), 50);
  Kept kept;
  Live process(settings(folder.path()), feed, kept);
  std::thread runner([&] { process.run(); });
  while (process.status().shots_out < 3) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(process.set_peak(17).ok);
  EXPECT_FALSE(process.set_peak(50).ok);  // there are bins 0 to 49
  EXPECT_FALSE(process.set_delta(50).ok);
  EXPECT_FALSE(process.recalibrate().ok);  // it is the newest
  process.stop();
  runner.join();
  EXPECT_LT(kept.shots.size(), 1200u);
}

}  // namespace
}  // namespace jt::pipeline
