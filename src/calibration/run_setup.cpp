#include "calibration/run_setup.hpp"

#include <fmt/format.h>

#include "calibration/run_detector.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::calibration {
namespace {

void require(bool holds, const char* key, double value, const char* allowed) {
  if (!holds)
    throw CallError(fmt::format("{} is {}", key, value), fmt::format("it must be {}", allowed),
                    "Correct it in the config?");
}

std::vector<std::string> detector_names(const formats::RunDescription& run) {
  std::vector<std::string> names;
  for (const auto& info : run.detectors) names.push_back(info.alias.empty() ? info.source : info.alias);
  return names;
}

std::vector<std::string> monitor_names(const formats::RunDescription& run) {
  std::vector<std::string> names;
  for (const auto& info : run.monitors) names.push_back(info.name);
  return names;
}

[[noreturn]] void unknown_detector(const std::string& name, const char* key, const char* purpose,
                                   const formats::RunDescription& run) {
  const auto names = nearest_first(name, detector_names(run));
  throw SetupError(fmt::format("the run has no detector '{}'", name), purpose,
                   names.empty()
                       ? "The recording has no area detector at all"
                       : fmt::format("There are {}: correct {} in the config?", list_in_words(names), key));
}

[[noreturn]] void unknown_i0(const Settings& settings, const formats::RunDescription& run) {
  const auto monitor = run.find_monitor(settings.i0_source);
  if (monitor) {
    const auto known = formats::quantities(run.monitors[*monitor].kind);
    const auto names =
        nearest_first(settings.i0_quantity, std::vector<std::string>(known.begin(), known.end()));
    throw SetupError(fmt::format("{} has no quantity '{}'", settings.i0_source, settings.i0_quantity),
                     "i0 is read from it", fmt::format("It has {}: correct ipm.det?", list_in_words(names)));
  }
  const auto names = nearest_first(settings.i0_source, monitor_names(run));
  throw SetupError(fmt::format("the run has no i0 monitor '{}'", settings.i0_source), "i0 is read from it",
                   names.empty() ? "The recording has no i0 monitor at all"
                                 : fmt::format("There are {}: correct ipm.name?", list_in_words(names)));
}

}  // namespace

void check_settings(const Settings& s) {
  require(s.azav_bins >= 1 && s.azav_bins <= 20000, "cal_params.azav_bins", s.azav_bins,
          "between 1 and 20000");
  require(s.i0_bins >= 1 && s.i0_bins <= 100000, "cal_params.i0_bins", s.i0_bins, "between 1 and 100000");
  require(s.i0_reject > 0 && s.i0_reject < 1, "cal_params.i0_reject", s.i0_reject,
          "a fraction between 0 and 1 of the most frequent i0");
  require(s.fit_points >= 1 && s.fit_points <= 10000, "cal_params.fit_points", s.fit_points,
          "between 1 and 10000");
  require(s.delta_bin >= 0 && s.delta_bin <= 10000, "cal_params.delta_bin", s.delta_bin,
          "between 0 and 10000");
  if (s.jet_camera)
    require(s.jet_camera->axis == 0 || s.jet_camera->axis == 1, "jet_cam.axis", s.jet_camera->axis, "0 or 1");
  if (s.ring.range)
    require(s.ring.range->low <= s.ring.range->high, "ring.range", s.ring.range->low,
            "written [lower end, upper end]");
}

void find_names(const Settings& settings, const formats::RunDescription& run, FoundNames& found) {
  if (!found.detector) found.detector = run.find_detector(settings.detector.name);
  if (!found.i0) found.i0 = formats::find_quantity(run, settings.i0_source, settings.i0_quantity);
  if (settings.jet_camera && !found.jet_camera)
    found.jet_camera = run.find_detector(settings.jet_camera->name);
  if (!found.photon_energy) found.photon_energy = formats::find_quantity(run, "EBeam", "PhotonEnergy");
}

void require_names(const Settings& settings, const formats::RunDescription& run, const FoundNames& found) {
  if (!found.detector)
    unknown_detector(settings.detector.name, "det_map.name", "its frames hold the ring", run);
  if (!found.i0) unknown_i0(settings, run);
  if (settings.jet_camera && !found.jet_camera)
    unknown_detector(settings.jet_camera->name, "jet_cam.name (or leave it out)", "it was to show the jet",
                     run);
}

namespace {

DetectorRequest request_of(const Settings& settings) {
  return {
      settings.detector.name, settings.run, settings.calibration_folder, settings.mask.good,
      settings.detector.common_mode ? detector::CommonModeUse::as_deployed : detector::CommonModeUse::off};
}

}  // namespace

void require_readable_detector(const Settings& settings, const formats::DetectorInfo& info) {
  require_constants(request_of(settings), info);
}

std::unique_ptr<detector::AreaDetector> make_run_detector(const Settings& settings,
                                                          const formats::DetectorInfo& info, Shape shape) {
  const MaskSettings& mask = settings.mask;
  if (!mask.good.empty() && (mask.rows != shape.panels * shape.rows || mask.cols != shape.cols))
    throw SetupError(fmt::format("the mask is {} x {}", mask.rows, mask.cols),
                     fmt::format("the frames of {} are {} x {}", settings.detector.name,
                                 shape.panels * shape.rows, shape.cols),
                     "Give a mask of the detector's own shape?");
  return make_run_detector(request_of(settings), info, shape);
}

}  // namespace jt::calibration
