// What one call of bench_control asks for, checked: names that exist, settings that are possible.
// First stop of the benchmark; `run_trials` takes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control/settings.hpp"
#include "simulator/plant_scenario.hpp"
#include "simulator/plant_settings.hpp"

namespace jt::bench {

struct Call {
  simulator::Mode mode = simulator::Mode::acquire;
  std::string preset = "GDVN5";
  std::string scenario = "dropped";
  std::string strategy;  // empty: the product's default of the mode
  std::uint64_t trials = 500;
  std::uint64_t seed = 1;
  bool camera = false;
  bool quiet = false;
  unsigned threads = 0;  // 0: all cores

  // Filled in by `check` from the names above and the assignments.
  simulator::PlantSettings plant;
  control::Settings control;
};

// `assignments`: "key=value", applied in order after preset, scenario and `realistic`.
// Throws CallError: unknown name (says the nearest), impossible value.
Call check(Call call, const std::vector<std::string>& assignments);

// Keys of --set that are not the plant's, with what they mean.
struct BenchKey {
  std::string_view name, meaning;
};
const std::vector<BenchKey>& bench_keys();

}  // namespace jt::bench
