// From config and options to what a run calibration is asked to do, with every key that it needs checked.
// Before the walk, between the config and run_calibration().
#pragma once

#include <optional>
#include <string>

#include "apps/jt/config.hpp"
#include "apps/jt/run_reader.hpp"
#include "calibration/settings.hpp"

namespace jt::app {

struct CalibrateOptions {
  std::optional<std::string> ring_model;  // geometry, original
  std::optional<std::string> events;      // L1 events looked at
};

// Throws CallError for a key that is missing. The mask is read for the detector's shape, which the run tells.
calibration::Settings calibration_settings(const Config& config, const ChosenRun& chosen,
                                           const CalibrateOptions& options);

// Where the constants of the run's experiment lie; empty with plain files.
std::filesystem::path calibration_folder(const ChosenRun& chosen);

// The ring's settings alone: `jt trace` walks with what is there.
calibration::RingSettings ring_settings(const Config& config, const std::optional<std::string>& ring_model);

}  // namespace jt::app
