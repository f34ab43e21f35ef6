// Where the live process gets datagrams from: each one owned until a worker has taken its numbers.
// Stop 1 of the walk as the pipeline wants it: recorded_feed.hpp and shared_memory_feed.hpp stand behind it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "formats/event.hpp"
#include "formats/xtc/datagram.hpp"

namespace jt::pipeline {

// One shot or transition. Goes back to where it came from when it is destroyed.
class Delivery {
 public:
  virtual ~Delivery() = default;
  formats::Transition service = formats::Transition::unknown;
  std::uint64_t session = 0;  // a change means: everything known of the run is void
  formats::xtc::Bytes main;
  std::vector<formats::xtc::Bytes> joined;  // control-stream datagrams of the same shot
  // Nothing of the bytes is used any more. False: they were written to meanwhile, what was read is void.
  virtual bool give_back() { return true; }
};

struct FeedStatus {
  std::string words;       // a sentence for people: "running", "waiting for the DAQ's server of tag 'psana'"
  bool connected = false;  // shots can come
  std::uint64_t not_ours = 0;                                   // shots that the DAQ gave to others
  std::uint64_t sessions = 0;                                   // connections so far
  std::vector<std::pair<std::string, std::uint64_t>> troubles;  // what was refused, by cause
};

class ShotFeed {
 public:
  virtual ~ShotFeed() = default;
  // The next one; nothing when none came within `wait` or it has ended. One thread calls this.
  virtual std::unique_ptr<Delivery> next(std::chrono::milliseconds wait) = 0;
  [[nodiscard]] virtual bool ended() const = 0;         // any thread
  virtual void stop() = 0;                              // any thread; next() returns at once
  [[nodiscard]] virtual FeedStatus status() const = 0;  // any thread
  // Waits for slow workers, so that no shot is given up: a recorded run.
  [[nodiscard]] virtual bool can_wait() const = 0;
  // Its shots are no live ones, whatever their time says.
  [[nodiscard]] virtual bool is_recorded() const = 0;
};

}  // namespace jt::pipeline
