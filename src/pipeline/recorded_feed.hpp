// A recorded run as a feed of the live process: at a chosen rate, each shot copied for its worker.
// Stop 1 of the walk for `jt live --source run:N`.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "pipeline/shot_feed.hpp"
#include "sources/recorded_run.hpp"

namespace jt::pipeline {

class RecordedFeed : public ShotFeed {
 public:
  // `rate_hz` shots a second; 0: as fast as they are taken. Throws SetupError as RecordedRun does.
  RecordedFeed(const sources::RunFiles& run, double rate_hz);
  std::unique_ptr<Delivery> next(std::chrono::milliseconds wait) override;
  [[nodiscard]] bool ended() const override { return ended_; }
  void stop() override { ended_ = true; }
  [[nodiscard]] FeedStatus status() const override;
  [[nodiscard]] bool can_wait() const override { return true; }
  [[nodiscard]] bool is_recorded() const override { return true; }

 private:
  class Copy;
  struct Shelf;  // used buffers, to be filled again
  bool is_time(std::chrono::milliseconds wait);

  sources::RecordedRun source_;
  std::shared_ptr<Shelf> shelf_;
  std::chrono::nanoseconds interval_{0};
  std::chrono::steady_clock::time_point next_shot_{};
  const sources::RawEvent* waiting_ = nullptr;  // a shot whose time has not come
  std::atomic<std::uint64_t> shots_{0};
  std::atomic<bool> ended_{false};
};

}  // namespace jt::pipeline
