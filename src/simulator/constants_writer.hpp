// Deploys a twin detector's constants as the facility's calibration store has them.
// Beside a recorded run: `detector` reads them back when the run is calibrated.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "simulator/twin_detector.hpp"

namespace jt::simulator {

// Writes pedestals, gains, status and geometry below `calibration_folder` for runs from `run` on. A constant
// whose right text is already valid for this run stays as it is. Each file appears complete or not at all.
// Returns the files written. Throws SetupError.
std::vector<std::filesystem::path> deploy_constants(const TwinDetector& detector,
                                                    const std::filesystem::path& calibration_folder,
                                                    RunNumber run);

}  // namespace jt::simulator
