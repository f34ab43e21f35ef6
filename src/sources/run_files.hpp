// Where a run lies: the data root, the experiment's folder, and the files of the run in it.
// Before stop 1 of the walk: what it finds is what a RecordedRun reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace jt::sources {

// What the call, the environment and the config say about places. Empty: not said.
struct Places {
  std::filesystem::path data_root;  // --data-root
  std::filesystem::path ffb_root;   // --ffb-root
  std::string sit_psdm_data;        // the environment's SIT_PSDM_DATA
  bool ffb = false;                 // the config's `ffb`: read the xtc files from the fast buffer
  // Where LCLS keeps its data, newest computing centre first.
  std::vector<std::filesystem::path> known_data_roots = {"/sdf/data/lcls/ds", "/cds/data/psdm",
                                                         "/reg/d/psdm"};
  std::vector<std::filesystem::path> known_ffb_roots = {"/sdf/data/lcls/drpsrcf/ffb", "/cds/data/drpsrcf"};
};

// --data-root, else SIT_PSDM_DATA, else the first known root that exists. Throws SetupError when there is
// none.
std::filesystem::path data_root(const Places& places);

// The folders of one experiment.
struct ExperimentFolders {
  std::string hutch, experiment;  // as the folders spell them
  // <data root>/<hutch>/<experiment>: constants and outputs. With `ffb` it need not exist, and is empty where
  // there is no data root.
  std::filesystem::path folder;
  std::filesystem::path xtc;  // <data root or ffb root>/<hutch>/<experiment>/xtc: exists
};

// Throws SetupError: no data root, no such hutch or experiment (names the nearest there are), not readable.
// `hutch` may be in either letter case, or empty: then it is the first three letters of the experiment.
ExperimentFolders find_experiment(const Places& places, const std::string& hutch,
                                  const std::string& experiment);

struct RunFile {
  std::filesystem::path path;
  std::filesystem::path index;  // where its smalldata index would be; it may not exist
  std::uint32_t stream = 0, chunk = 0;
  bool in_progress = false;
};

struct RunFiles {
  RunNumber run;               // 0 when plain paths do not tell
  std::string prefix;          // "e1236" or the experiment's name; may be empty with plain paths
  std::vector<RunFile> files;  // by stream, then chunk; at least one
};

// Throws SetupError: no such run (names the runs near it), two prefixes for the same run, not readable.
RunFiles find_run(const ExperimentFolders& place, RunNumber run);

// Plain paths ("jt info FILE.xtc ..."): files of one run in any order; an index's path stands for its file.
// Files whose names tell nothing become streams of their own. Throws CallError when they cannot be one run,
// SetupError when one is not there.
RunFiles run_of_paths(std::span<const std::filesystem::path> paths);

// Files of streams that have appeared beside the run's files since; empty for plain paths of other names.
std::vector<RunFile> new_streams_of(const RunFiles& run);

// The runs that have files in the folder, ascending.
std::vector<RunNumber> runs_in(const ExperimentFolders& place);

}  // namespace jt::sources
