// The live process as one object: a reader, workers around reduce_shot, and the leader that puts shots in
// order. Stops 1 to 6 of the walk. Changes of the window ride with the shots, so all workers change at the
// same one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/calibration_in_use.hpp"
#include "pipeline/profile_monitor.hpp"
#include "pipeline/result_sink.hpp"
#include "pipeline/run_epoch.hpp"
#include "pipeline/shot_feed.hpp"
#include "pipeline/shot_worker.hpp"

namespace jt::pipeline {

struct LiveSettings {
  WorkerSettings worker;
  std::filesystem::path calibrations;  // the experiment's calib/jt_results
  std::optional<RunNumber> run;        // by --run or the config; else BeginRun tells
  unsigned threads = 1;
  std::size_t queue_depth = 64;                // shots that wait for a worker
  std::chrono::milliseconds hang_after{5000};  // a worker that does not answer for so long is given up
  std::chrono::milliseconds look_for_calibration{2000};
  std::function<void(std::string_view)> say;  // words for people; may be empty
  std::function<void(std::uint64_t ticket)>
      before_shot;  // on the worker's thread; tests make it fail or hang
};

struct LiveStatus {
  FeedStatus feed;
  std::string last_transition;
  RunNumber run;
  ShotOrigin origin = ShotOrigin::replay;
  std::uint64_t shots_in = 0, shots_out = 0, good = 0, lost_without_trace = 0;
  double in_per_s = 0, out_per_s = 0;
  reduction::LostCounts lost;
  TroubleCounts troubles;
  std::optional<double> newest_age_s;  // since the newest shot could be read
  std::optional<double> lag_s;         // wall clock minus the newest shot's own time
  std::size_t waiting = 0;             // for a worker
  unsigned workers = 0, workers_given_up = 0;
  Window window;
  std::string announced;  // a newer calibration that is not in use yet
  std::string problem;    // why the set-up cannot work
  ProfileReport profile;
  bool ended = false;
};

struct Change {
  bool ok = false;
  std::string words;
};

class Live {
 public:
  // All must outlive it. Takes the calibration in use at once when the run is known.
  Live(LiveSettings settings, ShotFeed& feed, ResultSink& sink);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  // Until the feed has ended and every shot has left, or stop().
  void run();
  // From any thread.
  void stop();
  Change set_peak(int bin);
  Change set_delta(int bins);
  Change recalibrate();
  [[nodiscard]] LiveStatus status();

 private:
  struct Job {
    std::uint64_t ticket = 0;
    std::shared_ptr<Delivery> shot;
    std::shared_ptr<const RunEpoch> epoch;
    std::shared_ptr<const Window> window;
    ShotResult result;
  };
  struct Outgoing {  // one shot between ticket and emission
    ShotResult result;
    std::shared_ptr<const Window> window;
    bool done = false;
    std::optional<Clock::time_point> began;
    unsigned worker = 0;
  };
  struct Thread;

  void read();
  void take_transition(const Delivery& delivery);
  void take_shot(std::shared_ptr<Delivery> delivery);
  void work(unsigned worker);
  void finish(ShotResult result, unsigned worker);
  bool still_mine(std::uint64_t ticket, unsigned worker) const;
  void lead();
  std::vector<Outgoing> take_ready();
  void give_up_hung(Clock::time_point now);
  void emit(Outgoing& out);
  void begin_run(RunNumber run);
  void watch_calibrations();
  bool take_newest(std::string& words);
  Change change_window(int peak, int delta);
  void start_worker();
  void say(const std::string& words) const;

  const LiveSettings settings_;
  ShotFeed& feed_;
  ResultSink& sink_;
  DetectorShop shop_;

  // Everything below is held by this lock; nobody calls out (sink, feed, files) with it, but for say().
  mutable std::mutex mutex_;
  std::condition_variable job_there_, room_there_, result_there_;
  std::deque<Job> jobs_;
  std::deque<Outgoing> outgoing_;  // by ticket, beginning with first_
  std::uint64_t first_ = 1, next_ticket_ = 1;
  std::uint64_t unseen_ = 0;  // lost without a trace since the last emission
  std::vector<std::unique_ptr<Thread>> threads_;
  bool reader_done_ = false, stopping_ = false;
  std::shared_ptr<const RunEpoch> epoch_;
  std::shared_ptr<const Window> window_;
  RunNumber run_;
  LiveStatus status_;
  std::optional<ShotTime> newest_time_;
  std::optional<Clock::time_point> newest_seen_;

  // The reader's own.
  std::uint64_t session_ = 0;
  bool old_shots_ = false;  // shots of long ago came: a replay, until the next Configure
  // The leader's own.
  std::uint64_t seq_ = 0;
  ProfileMonitor profiles_;
};

}  // namespace jt::pipeline
