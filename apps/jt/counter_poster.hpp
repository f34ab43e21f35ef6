// Tells Automatic Run Processing how far a calibration is: counters on the experiment's web page.
// Beside the walk, in a thread of its own: a slow or dead server never slows a calibration or fails it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace jt::app {

// POSTs [{"key":"<b>Current Event</b>","value":n}, ...] as JSON, at most every `period`, always the newest
// numbers. The first post that fails is one warning, and posts go on. Only http and https, no redirects.
class CounterPoster {
 public:
  struct Counters {
    std::uint64_t current_event = 0;
    std::uint64_t with_code = 0;
  };

  explicit CounterPoster(std::string url, std::chrono::milliseconds period = std::chrono::seconds(2));
  // Posts the last numbers if they are new, waiting at most a second for the server.
  ~CounterPoster();
  CounterPoster(const CounterPoster&) = delete;
  CounterPoster& operator=(const CounterPoster&) = delete;

  // Never waits.
  void show(Counters counters);
  // Nothing more is posted: the user wants to stop.
  void drop() { dropped_ = true; }

 private:
  void work();
  void post(Counters counters);
  [[nodiscard]] bool out_of_time() const;

  std::string url_;
  std::chrono::milliseconds period_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Counters> newest_;
  bool ending_ = false;
  std::atomic<bool> dropped_{false};
  std::atomic<std::int64_t> give_up_at_ns_{INT64_MAX};  // steady clock
  bool warned_ = false;
  std::thread worker_;
};

// By ARP_UPDATE_COUNTERS, or the older JID_UPDATE_COUNTERS; nothing when neither holds a URL. Another scheme
// than http or https is a warning.
std::unique_ptr<CounterPoster> counter_poster_from_environment();

}  // namespace jt::app
