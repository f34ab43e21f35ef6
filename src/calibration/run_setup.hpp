// The names of the config found in the run: area detector, i0 quantity, jet camera; and the detector made
// ready. Before the first shot of each pass; says in one sentence what the run does not have.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibration/settings.hpp"
#include "detector/area_detector.hpp"
#include "formats/event.hpp"

namespace jt::calibration {

// Throws CallError for a number out of range.
void check_settings(const Settings& settings);

// Indexes into the RunDescription of one pass.
struct FoundNames {
  std::optional<std::size_t> detector;
  std::optional<formats::MonitorQuantity> i0;
  std::optional<std::size_t> jet_camera;
  std::optional<formats::MonitorQuantity> photon_energy;  // of EBeam, when the run has it
};
// Looks again for what was not found yet: sources may show up during the run.
void find_names(const Settings& settings, const formats::RunDescription& run, FoundNames& found);
// Throws SetupError, naming what there is, nearest first, when something is still missing.
void require_names(const Settings& settings, const formats::RunDescription& run, const FoundNames& found);

// With its constants, geometry and mask (run_detector.hpp). Throws SetupError. `shape` is that of the frames.
std::unique_ptr<detector::AreaDetector> make_run_detector(const Settings& settings,
                                                          const formats::DetectorInfo& info, Shape shape);
// Throws when constants are missing without which nothing can be calibrated: before any frame is read.
void require_readable_detector(const Settings& settings, const formats::DetectorInfo& info);

}  // namespace jt::calibration
