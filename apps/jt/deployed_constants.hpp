// Which constants the calibration store has for a detector and a run, without reading them.
// Shown by `jt info`, so that what is missing is known before the calibration asks for it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace jt::app {

struct DeployedConstants {
  struct File {
    std::string kind;  // "pedestals"
    std::filesystem::path path;
  };
  std::vector<File> files;  // of the run
  std::string trouble;      // a folder that may not be looked into; else empty
};

// `source` is the DAQ's own name of the detector.
DeployedConstants deployed_constants(const std::filesystem::path& calibration_folder,
                                     const std::string& source, RunNumber run);

}  // namespace jt::app
