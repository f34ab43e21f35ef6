// The area detector of a recorded run, made ready: the kind that the recording names, with its constants.
// Between `formats` (which tells kind, shape and gain setting) and `detector`; calibrate and trace use it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "detector/area_detector.hpp"
#include "detector/panel_detector.hpp"
#include "formats/event.hpp"

namespace jt::calibration {

struct DetectorRequest {
  std::string name;  // alias or source, for sentences
  RunNumber run;
  std::filesystem::path calibration_folder;  // "<experiment folder>/calib"; empty: there is none
  std::vector<std::uint8_t> mask;            // the user's own, one entry per pixel; empty: none
  detector::CommonModeUse common_mode = detector::CommonModeUse::as_deployed;
};

// Reads the constants of this run, every time it is called. `shape` is that of the frames. A camera uses what
// is deployed for it and needs nothing. Throws SetupError, naming what to deploy and where.
std::unique_ptr<detector::AreaDetector> make_run_detector(const DetectorRequest& request,
                                                          const formats::DetectorInfo& info, Shape shape);

// The quick part of it, for before a long read: throws when there are no pedestals.
void require_constants(const DetectorRequest& request, const formats::DetectorInfo& info);

}  // namespace jt::calibration
