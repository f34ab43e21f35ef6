// The shots of a recorded run, read from its files and indexes and decoded.
// Stops 1 and 2 of the walk in one, for run_calibration().
#pragma once

#include <optional>

#include "calibration/shot_stream.hpp"
#include "sources/recorded_run.hpp"
#include "sources/run_files.hpp"

namespace jt::calibration {

// `follow`: the first pass waits for files that are still being written.
OpenShots open_recorded_run(const sources::RunFiles& files,
                            const std::optional<sources::Follow>& follow = {});

}  // namespace jt::calibration
