// Runs one strategy against one simulated plant, shot by shot, as the loop would; records every decision.
// Test support: stands where `operation` and `motor` do at the beamline.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/strategy.hpp"
#include "simulator/plant.hpp"
#include "simulator/plant_scenario.hpp"

namespace jt::test {

struct RigSetup {
  simulator::PlantSettings plant;
  std::string strategy = "adaptive";
  std::uint64_t seed = 1, trial = 0;
  double told_width = 1;  // told FWHM / true FWHM
  double seconds = 600;   // how long at most
  bool camera = false;
  bool hold = false;       // starts on the jet and never "ends well"
  bool hand_over = false;  // a fresh strategy takes over in every 40th step
  bool swap_limits = false;
  double stop_at_s = -1;         // stop is requested in that step; -1: never
  bool go_on_after_end = false;  // steps go on when the strategy has ended
  double window_changes_s = -1;  // the ring window's id changes then; -1: never
  control::Settings settings;
};

struct Put {
  double time;
  control::Decision decision;
  double newest_good_shot;  // own time of the newest shot with beam the strategy has been given
  double beam_at_put;       // share of the pulse that reached the sample at that moment
};

struct RigResult {
  std::optional<control::Decision> last;  // the finishing one
  double seconds = 0;
  std::vector<Put> puts;
  std::vector<simulator::PlantTruth> truth;  // of every pulse, when `hold`
  double centre_error_um = 0;                // carrier - jet at the end
  double overlap = 0;                        // at the end
  int shots = 0;
  int violations = 0;                                     // targets outside the limits or not finite
  std::vector<std::pair<double, control::Cause>> causes;  // changes of the most likely cause
};

// FWHM of the plant's signal profile, pointing jitter included.
double signal_fwhm(const simulator::Plant& plant);

control::Task task_for(const RigSetup& setup, const simulator::Plant& plant);

// `each` is called after every step, if given.
RigResult run(const RigSetup& setup,
              const std::function<void(const simulator::Plant&, const control::Decision&)>& each = {});

// The same on a plant that is already running: the next command of a session.
RigResult run_on(simulator::Plant& plant, const RigSetup& setup,
                 const std::function<void(const simulator::Plant&, const control::Decision&)>& each = {});

}  // namespace jt::test
