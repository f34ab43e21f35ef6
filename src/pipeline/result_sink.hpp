// Where the leader's results go: one call per shot, in shot order.
// Stop 6 of the walk: `publish` stands behind it with PVs, stream and counters; tests with a vector.
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/shot_result.hpp"

namespace jt::pipeline {

// The mean profile of the good shots of about a second.
struct ProfileReport {
  enum class State : std::uint8_t { unknown, as_calibrated, ring_moved, background_changed };
  State state = State::unknown;  // unknown: too few shots, or no ring to be seen
  std::uint64_t shots = 0;
  std::uint32_t window_id = 0;
  double moved_bins = 0;        // of the ring, against the calibration; 0 when not known
  double background_ratio = 0;  // background / i0 over the calibration's; 0 when not known
  std::vector<double> profile;
};
std::string_view name(ProfileReport::State state);  // "ring moved"

class ResultSink {
 public:
  virtual ~ResultSink() = default;
  // On the leader's thread; must not wait for anybody. `seq` counts from 1; it skips shots that were lost
  // without a trace of them.
  virtual void shot(std::uint64_t seq, const ShotResult& result) = 0;
  virtual void profile(const ProfileReport& report) = 0;
};

}  // namespace jt::pipeline
