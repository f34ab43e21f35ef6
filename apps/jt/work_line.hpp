// How far a long piece of work is, and how long it still takes: a live line on a terminal, plain lines
// otherwise, on standard error. Beside the walk: for work whose size is known (recording a simulated run).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace jt::app {

// "recording: 500 of 1200 shots, 950/s, 0.7 s left".
std::string work_words(const std::string& doing, std::uint64_t done, std::uint64_t of,
                       const std::string& unit, double seconds);

class WorkLine {
 public:
  using Clock = std::chrono::steady_clock;
  WorkLine(std::string doing, std::string unit, bool terminal, Clock::time_point now)
      : doing_(std::move(doing)), unit_(std::move(unit)), terminal_(terminal), began_(now), shown_(now) {}
  ~WorkLine() { clear(); }
  WorkLine(const WorkLine&) = delete;
  WorkLine& operator=(const WorkLine&) = delete;

  void show(std::uint64_t done, std::uint64_t of, Clock::time_point now);
  void clear();  // takes the live line away, before other words

 private:
  std::string doing_, unit_;
  bool terminal_, line_there_ = false;
  Clock::time_point began_, shown_;
};

}  // namespace jt::app
