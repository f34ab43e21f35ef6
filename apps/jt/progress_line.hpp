// How far a calibration is: a live line on a terminal, plain lines otherwise, both on standard error.
// Beside the walk: called after every shot, writes now and then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "calibration/run_calibration.hpp"

namespace jt::app {

// "reading i0: 12000 shots, 8500/s" and, once the number of shots is known, "averaging frames: 500 of 1200
// shots, 950/s, 0.7 s left".
std::string progress_words(const calibration::Progress& progress, double seconds_in_pass);

class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;
  explicit ProgressLine(bool terminal) : terminal_(terminal) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const calibration::Progress& progress, Clock::time_point now);
  void say(const std::string& what);  // at once: something long without shots to count begins
  void clear();                       // takes the live line away, before other words

 private:
  bool terminal_;
  bool line_there_ = false;
  int pass_ = 0;
  Clock::time_point pass_began_, last_shown_;
};

}  // namespace jt::app
