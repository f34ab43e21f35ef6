// The DAQ's shared memory as a feed of the live process: buffers are borrowed, and given back by the workers.
// Stop 1 of the walk for `jt live --source shmem:TAG`.
#pragma once

#include "pipeline/shot_feed.hpp"
#include "sources/shared_memory_source.hpp"

namespace jt::pipeline {

class SharedMemoryFeed : public ShotFeed {
 public:
  explicit SharedMemoryFeed(sources::SharedMemoryOptions options) : source_(std::move(options)) {}
  std::unique_ptr<Delivery> next(std::chrono::milliseconds wait) override;
  [[nodiscard]] bool ended() const override { return source_.ended(); }
  void stop() override { source_.stop(); }
  [[nodiscard]] FeedStatus status() const override;
  [[nodiscard]] bool can_wait() const override { return false; }
  [[nodiscard]] bool is_recorded() const override { return false; }

 private:
  sources::SharedMemorySource source_;
};

}  // namespace jt::pipeline
