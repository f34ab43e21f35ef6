// What is in a run, counted: event codes, i0 monitors, damage, transitions, files.
// Made by reading a whole run (stops 1 and 2 of the walk, by the small index files); shown by `jt info`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/jt/deployed_constants.hpp"
#include "apps/jt/run_reader.hpp"

namespace jt::app {

// Mean and spread of finite values, by Welford's recurrence (numerically stable in one pass).
class Spread {
 public:
  void add(double value);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double mean() const;
  [[nodiscard]] double std() const;  // of the population
  [[nodiscard]] double min() const;
  [[nodiscard]] double max() const;

 private:
  std::uint64_t count_ = 0;
  double mean_ = 0, squares_ = 0, min_ = 0, max_ = 0;
};

struct RunSummary {
  formats::RunDescription run;
  std::map<std::string, std::uint64_t> transitions;    // by name; L1Accept are the shots
  std::map<std::uint16_t, std::uint64_t> event_codes;  // shots that carry them
  std::vector<std::vector<Spread>> monitors;           // as run.monitors, quantities(kind)
  std::vector<std::uint64_t> frames;                   // shots with a contribution of run.detectors[i]
  std::vector<DeployedConstants> constants;  // as run.detectors; empty where the folder is not known
  std::uint64_t shots = 0, joined = 0, damaged_shots = 0;
  formats::RefusalCounts damage;
  ShotTime first, last;   // of the shots
  bool by_index = false;  // frames were not read
  std::vector<sources::ChunkSummary> files;
  sources::SourceCounts troubles;
  std::vector<std::string> notes;
};

// Whether to read the frames as well. The index tells everything but some damage inside of big contributions.
enum class Depth : std::uint8_t {
  automatic,  // whole when the run is small, by its index otherwise
  whole,
};
RunSummary summarize(const ChosenRun& chosen, Depth depth);

nlohmann::ordered_json summary_json(const ChosenRun& chosen, const RunSummary& summary);
std::string summary_words(const ChosenRun& chosen, const RunSummary& summary);

}  // namespace jt::app
