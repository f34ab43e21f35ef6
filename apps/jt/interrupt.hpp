// Ctrl-C and SIGTERM: a wish to stop that the work looks at, and an end within a second when it does not.
// Around the walk: calibrate asks it after every shot.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include <signal.h>

namespace jt::app {

// While it lives, SIGINT, SIGTERM and SIGHUP set `wanted()`. If the process still runs after `patience` (a
// file system that hangs), it says so and ends with exit code 1: files appear only complete, so nothing is
// half written. A second signal ends it at once. Make it before any other thread, which then inherits the
// mask.
class Interrupt {
 public:
  explicit Interrupt(std::chrono::milliseconds patience = std::chrono::milliseconds(700));
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] bool wanted() const { return wanted_.load(std::memory_order_relaxed); }
  // From now on files appear: a forced end says so.
  void writing_begins() { writing_ = true; }

 private:
  void watch();
  [[noreturn]] void end_now() const;

  const std::chrono::milliseconds patience_;
  sigset_t signals_{};
  sigset_t before_{};
  std::atomic<bool> wanted_{false};
  std::atomic<bool> writing_{false};
  std::atomic<bool> ended_{false};
  std::thread watcher_;
};

}  // namespace jt::app
