#include "apps/jt/traced_reduction.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <limits>

#include "apps/jt/calibrate_settings.hpp"
#include "calibration/result_file.hpp"
#include "calibration/run_detector.hpp"
#include "core/errors.hpp"
#include "detector/area_detector.hpp"
#include "detector/mask_file.hpp"
#include "reduction/original_bins.hpp"
#include "reduction/radial_bins.hpp"
#include "reduction/reduce_shot.hpp"
#include "reduction/worker_pool.hpp"

namespace jt::app {
namespace {

// The calibration of this run, when there is one that can be read.
std::optional<calibration::Result> calibration_of(const ChosenRun& chosen, std::string& where) {
  if (chosen.folder.empty()) return std::nullopt;
  const auto file = calibration::output_places(chosen.folder, chosen.run).result;
  std::error_code unreadable;
  if (!std::filesystem::exists(file, unreadable)) return std::nullopt;
  where = file.string();
  return calibration::read_result(file);
}

std::string why_not(const Config& config, const formats::RunDescription& run) {
  if (!config.event_code) return "the config names no event_code";
  if (!config.det_map.name) return "the config names no area detector (det_map.name)";
  const auto detector = run.find_detector(*config.det_map.name);
  if (!detector) return fmt::format("the run has no detector '{}'", *config.det_map.name);
  if (!run.detectors[*detector].shape.known())
    return "the detector's shape is not known before its first frame";
  return "";
}

// Bins, their edges and the window, after the calibration or as a calibration would begin.
struct Bins {
  reduction::PixelBins pixel_bins;
  std::vector<double> edges;
};

Bins make_bins(const Config& config, const std::optional<calibration::Result>& result,
               const detector::AreaDetector& detector) {
  const calibration::RingSettings ring = ring_settings(config, std::nullopt);
  const int wanted = config.cal_params ? config.cal_params->azav_bins : CalParams{}.azav_bins;
  auto bins = static_cast<std::size_t>(wanted);
  const bool original =
      result ? result->ring.model == "original" : ring.model == calibration::RingModel::original;
  if (original) {
    reduction::OriginalBins made = reduction::make_original_bins(detector, bins);
    return {std::move(made.pixel_bins), {}};
  }
  reduction::Centre centre = reduction::natural_centre(detector.pixels());
  if (ring.centre == calibration::CentreChoice::fixed) centre = {ring.centre_x, ring.centre_y};
  if (result && result->ring.bin_edges.size() > 1) {
    centre = {result->ring.center[0], result->ring.center[1]};
    bins = result->ring.bin_edges.size() - 1;
  }
  reduction::RadialBins made = reduction::make_radial_bins(detector.pixels(), centre, bins);
  return {std::move(made.pixel_bins), std::move(made.edges)};
}

// Around the calibrated peak; without a calibration around the brightest bin of this shot: nothing to rely
// on.
reduction::RingMeasure measure_of(const std::optional<calibration::Result>& result, std::size_t bins) {
  reduction::RingMeasure measure;
  if (!result) return measure;
  const bool original = result->ring.model == "original";
  measure.metric = original ? reduction::Metric::original : reduction::Metric::sum;
  measure.window = original ? reduction::original_window(result->peak_bin, result->delta_bin, bins)
                            : reduction::geometry_window(result->peak_bin, result->delta_bin, bins);
  if (result->ring.metric == "contrast") {
    const auto& beside = result->ring.baseline_window;
    measure.metric = reduction::Metric::contrast;
    measure.left = {beside[0], beside[1]};
    measure.right = {beside[2], beside[3]};
  }
  return measure;
}

reduction::ShotPlan plan_of(const Config& config, const formats::RunDescription& run,
                            const std::optional<calibration::Result>& result, std::size_t bins) {
  reduction::ShotPlan plan;
  plan.event_code = {static_cast<std::uint16_t>(*config.event_code)};
  for (const int code : config.exclude_event_codes)
    plan.excluded.push_back({static_cast<std::uint16_t>(code)});
  if (config.ipm.name && config.ipm.det)
    plan.i0 = formats::find_quantity(run, *config.ipm.name, *config.ipm.det);
  plan.detector = run.find_detector(*config.det_map.name);
  if (!result) return plan;
  // The original wrote twice the upper end that it used.
  const bool original = result->ring.model == "original";
  plan.cut = reduction::I0Window{result->i0_low, original ? result->i0_high / 2 : result->i0_high, !original};
  plan.ring = measure_of(result, bins);
  if (original) plan.saturated = detector::SaturatedPixels::stay;
  return plan;
}

std::unique_ptr<detector::AreaDetector> make_detector(const ChosenRun& chosen, const Config& config,
                                                      const formats::DetectorInfo& info) {
  calibration::DetectorRequest request;
  request.name = *config.det_map.name;
  request.run = chosen.run;
  request.calibration_folder = calibration_folder(chosen);
  if (!config.det_map.common_mode) request.common_mode = detector::CommonModeUse::off;
  if (config.mask) request.mask = detector::read_mask(*config.mask, info.shape);
  return calibration::make_run_detector(request, info, info.shape);
}

}  // namespace

TracedReduction trace_reduction(const ChosenRun& chosen, const Config& config,
                                const formats::RunDescription& run, const formats::Event& event) {
  TracedReduction traced;
  traced.skipped = why_not(config, run);
  if (!traced.skipped.empty()) return traced;
  const std::optional<calibration::Result> result = calibration_of(chosen, traced.calibration);

  const formats::DetectorInfo& info = run.detectors[*run.find_detector(*config.det_map.name)];
  std::unique_ptr<detector::AreaDetector> detector;
  try {
    detector = make_detector(chosen, config, info);
  } catch (const SetupError& missing) {  // the raw frame is shown all the same
    traced.skipped = missing.what();
    return traced;
  }
  const Bins bins = make_bins(config, result, *detector);
  reduction::WorkerPool pool(1);
  reduction::FrameReader frames(*detector, bins.pixel_bins, pool);
  const reduction::ShotPlan plan = plan_of(config, run, result, bins.pixel_bins.bins);
  const reduction::ReducedShot shot = reduction::reduce_shot(event, plan, frames, nullptr);

  if (shot.dropped) traced.dropped = name(*shot.dropped);
  if (plan.i0) traced.i0_name = fmt::format("{} {}", *config.ipm.name, *config.ipm.det);
  traced.i0 = shot.i0;
  traced.ring = shot.ring;
  traced.ratio = shot.ratio;
  if (plan.ring) {
    traced.window_first = plan.ring->window.first;
    traced.window_last = plan.ring->window.last;
  }
  traced.saturated = shot.saturated;
  traced.edges = bins.edges;
  traced.radius_unit = detector->pixels().unit == detector::PixelMap::Unit::pixel ? "px" : "um";
  traced.profile.assign(shot.profile.begin(), shot.profile.end());
  return traced;
}

}  // namespace jt::app
