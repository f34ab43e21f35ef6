// One simulated search or one simulated hold: plant and strategy, step by step, and what came of it.
// Second stop of the benchmark. The strategy sees observations only; truth is looked at here and nowhere
// else.
#pragma once

#include <memory>
#include <optional>

#include "bounds.hpp"
#include "call.hpp"
#include "control/decision.hpp"
#include "simulator/plant.hpp"

namespace jt::bench {

// What trials of one call share.
struct World {
  std::shared_ptr<const simulator::Profiles> profiles;
  std::shared_ptr<const Information> information;
};
World make_world(const Call& call);

struct TrialResult {
  // both
  std::uint64_t moves = 0;             // puts
  std::uint64_t decisions = 0;         // puts, an overshoot and its approach counted once
  double travel_um = 0;                // sum of the ways between setpoints
  std::uint64_t limit_violations = 0;  // targets outside the limits, or no number
  std::optional<bool> cause_right;

  // acquire
  std::optional<control::Outcome> outcome;  // nothing: it never ended
  double time_s = 0;                        // from the command to the end
  std::uint64_t shots = 0;                  // pulses of the machine until then
  double error_um = 0;                      // carrier to jet at the end
  double overlap = 0;                       // at the end
  std::optional<double> estimate_error_um;
  double information = 0;             // in the good shots taken at rest, um^-2
  std::optional<bool> back_at_start;  // of those that did not find it
  std::optional<std::uint64_t>
      shots_above_ceiling;  // decoy: from the first shot far above the jet to the next put

  // track
  double overlap_mean = 0;            // over pulses while beam and jet were there
  std::optional<double> recovered_s;  // after the jump; nothing: never
  std::uint64_t decisions_in_loss = 0;
};

TrialResult run_trial(const Call& call, const World& world, std::uint64_t trial);

}  // namespace jt::bench
