// The figures of one call, from its trials: fractions, percentiles, the bound, and one JSON object.
// Last stop of the benchmark.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "trial.hpp"

namespace jt::bench {

// All trials of the call, on all cores; the same whatever the number of threads. Progress on standard error.
std::vector<TrialResult> run_trials(const Call& call, const World& world);

// Keys as `bench_control --help` names them; what was not measured is null.
nlohmann::ordered_json summary(const Call& call, const World& world, std::span<const TrialResult> results);

// One trial as a JSON object, for tables with intervals.
nlohmann::ordered_json trial_line(const Call& call, const TrialResult& result);

// The summary for people.
std::string in_words(const nlohmann::ordered_json& summary);

}  // namespace jt::bench
