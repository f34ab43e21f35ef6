// Records a simulated run as the DAQ would: XTC streams with their indexes, constants, and a manifest of the
// truth. Before stop 1 of the walk: what it writes, `sources` reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "core/ids.hpp"
#include "simulator/twin_settings.hpp"

namespace jt::simulator {

struct RecordOptions {
  std::filesystem::path root;  // files go below <root>/<hutch>/<experiment>
  RunNumber run;
  std::uint64_t shots = 0;
  std::uint64_t seed = 1;
  unsigned workers = 0;  // that make frames; 0: as many as the machine has. The bytes do not depend on it
  std::function<void(std::uint64_t done, std::uint64_t of)> progress;
  std::function<bool()> stop_wanted;
};

struct RecordedTwinRun {
  std::vector<std::filesystem::path> files;  // data, by stream
  std::filesystem::path manifest;
  std::uint64_t bytes = 0;  // of the data files
  std::uint64_t shots = 0, frames = 0;
};

// While it works, data and index files are called *.inprogress as the DAQ does; at the end they get their
// names, or, on an error, go away. The manifest (<experiment>/manifest/<experiment>-rNNNN.json) comes last.
// Throws CallError (settings, run or shots that cannot be), SetupError (the run is there already or being
// written, a folder or disk that cannot be written), Interrupted.
RecordedTwinRun record_run(const TwinSettings& settings, const RecordOptions& options);

}  // namespace jt::simulator
