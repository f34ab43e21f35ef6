// One shot as it leaves the workers: what was measured in it, or why nothing was.
// Between stop 3 of the walk (reduce_shot, in a worker) and stop 6 (the leader, which puts them in order).
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "core/ids.hpp"
#include "reduction/reduce_shot.hpp"

namespace jt::pipeline {

using Clock = std::chrono::steady_clock;

// Why a shot has no value though nothing is known against the shot itself: it is our own trouble.
enum class Trouble : std::uint8_t {
  no_calibration,      // none of this experiment that is not after this run
  setup_cannot_work,   // no such detector, no pedestals, ...: the sentence is in the status
  bad_datagram,        // its bytes cannot be a shot
  changed_while_read,  // the DAQ wrote to the buffer while it was read
  queue_full,          // the workers were too slow: the oldest waiting shot was given up
  worker_failed,       // reduce_shot threw
  worker_hung,         // no answer from the worker
  worker_gone,         // its process ended
  count_,
};
std::string_view name(Trouble trouble);
using TroubleCounts = CauseCounts<Trouble>;

enum class ShotOrigin : std::uint8_t { live, replay, sim };

struct ShotResult {
  std::uint64_t ticket = 0;  // counts the shots of a feed from 1; the leader's order
  RunNumber run;
  ShotTime time;
  Fiducial fiducial;
  ShotOrigin origin = ShotOrigin::replay;
  std::optional<reduction::Lost> lost;
  std::optional<Trouble> trouble;
  double i0 = std::numeric_limits<double>::quiet_NaN();
  double ring = std::numeric_limits<double>::quiet_NaN();
  double ratio = std::numeric_limits<double>::quiet_NaN();
  double beam_position = std::numeric_limits<double>::quiet_NaN();
  std::uint32_t window_id = 0;
  Clock::time_point visible;    // when its datagram could be read
  std::vector<double> profile;  // of one good shot in four: of the others only the ring's pixels are read

  [[nodiscard]] bool good() const { return !lost && !trouble; }
  [[nodiscard]] std::string_view cause() const;  // empty for a good shot
  // It was ours and does not count. A shot of another event code or without a frame was not ours to judge: a
  // monitoring node is given a share of the shots.
  [[nodiscard]] bool dropped() const;
};

}  // namespace jt::pipeline
