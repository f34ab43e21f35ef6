#include "apps/jt/calibrate_settings.hpp"

#include <fmt/format.h>

#include "apps/jt/version.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "detector/mask_file.hpp"
#include "detector/store.hpp"

namespace jt::app {
namespace {

using calibration::Settings;

// A camera without configuration tells its shape only in a frame; one is there within the first shots.
constexpr std::uint64_t shots_to_look_at = 100;

Shape shape_in_run(const ChosenRun& chosen, const std::string& detector) {
  sources::ReadOptions options;
  options.shots = sources::ShotRange{0, shots_to_look_at};
  RunReader reader(chosen.files, options);
  while (reader.next() != nullptr) {
    const auto found = reader.run().find_detector(detector);
    if (found && reader.run().detectors[*found].shape.known()) return reader.run().detectors[*found].shape;
  }
  return {};
}

calibration::MaskSettings read_mask_file(const std::filesystem::path& file, const ChosenRun& chosen,
                                         const std::string& detector) {
  const Shape shape = shape_in_run(chosen, detector);
  if (!shape.known()) return {};  // no such detector, or no frame: run_calibration() says so with more words
  return {shape.panels * shape.rows, shape.cols, detector::read_mask(file, shape)};
}

calibration::RangeUnit range_unit(const std::string& unit) {
  using calibration::RangeUnit;
  if (unit == "bins") return RangeUnit::bins;
  if (unit == "px") return RangeUnit::px;
  if (unit == "um") return RangeUnit::um;
  return RangeUnit::q;
}

void take_cal_params(const Config& config, const CalibrateOptions& options, Settings& settings) {
  const CalParams& params = *config.cal_params;
  settings.azav_bins = params.azav_bins;
  settings.i0_bins = params.i0_bins;
  settings.i0_reject = params.i0_reject;
  settings.fit_points = params.fit_points;
  settings.delta_bin = params.delta_bin;
  settings.max_events =
      options.events ? whole_number(*options.events, "--events", 1, 1'000'000'000'000) : params.events;
}

void take_shots(const Config& config, Settings& settings) {
  settings.event_code = {static_cast<std::uint16_t>(*config.event_code)};
  for (const int code : config.exclude_event_codes)
    settings.exclude_event_codes.push_back({static_cast<std::uint16_t>(code)});
  settings.detector.name = *config.det_map.name;
  if (config.det_map.shape) std::tie(settings.detector.rows, settings.detector.cols) = *config.det_map.shape;
  settings.detector.common_mode = config.det_map.common_mode;
  settings.i0_source = *config.ipm.name;
  settings.i0_quantity = *config.ipm.det;
  if (config.jet_cam)
    settings.jet_camera = calibration::JetCameraSettings{config.jet_cam->name, config.jet_cam->axis};
}

void require_keys(const Config& config) {
  if (!config.hutch) missing_key(config, "hutch", "to calibrate", "Add it, like hutch: 'xcs'.");
  if (!config.event_code)
    missing_key(config, "event_code", "to know the shots with beam",
                "Add it: 'jt info' lists the codes of a run.");
  if (!config.evr_name)
    missing_key(config, "evr_name", "to read event codes", "Add it, like evr_name: 'evr0'.");
  if (!config.det_map.name)
    missing_key(config, "det_map.name", "to know the area detector",
                "Add it: 'jt info' lists the detectors of a run.");
  if (!config.ipm.name)
    missing_key(config, "ipm.name", "to know the i0 monitor",
                "Add it: 'jt info' lists the monitors of a run.");
  if (!config.ipm.det)
    missing_key(config, "ipm.det", "to know the monitor's quantity",
                "Add it: 'jt info' lists the quantities.");
  if (!config.cal_params)
    missing_key(config, "cal_params", "to calibrate",
                "Add it, like cal_params: {azav_bins: 100, delta_bin: 3}.");
}

}  // namespace

calibration::RingSettings ring_settings(const Config& config, const std::optional<std::string>& ring_model) {
  using namespace calibration;
  RingSettings ring;
  const std::string model = ring_model.value_or(config.ring.model.value_or("geometry"));
  if (model != "geometry" && model != "original") {
    const std::vector<std::string> models =
        nearest_first(model, std::vector<std::string>{"geometry", "original"});
    throw CallError(fmt::format("--ring-model is '{}'", model), "there are geometry and original",
                    fmt::format("Did you mean '{}'?", models.front()));
  }
  ring.model = model == "original" ? RingModel::original : RingModel::geometry;
  ring.metric = config.ring.metric == "contrast" ? RingMetric::contrast : RingMetric::sum;
  if (const auto* xy = std::get_if<std::pair<double, double>>(&config.ring.center)) {
    ring.centre = CentreChoice::fixed;
    std::tie(ring.centre_x, ring.centre_y) = *xy;
  } else if (std::get<std::string>(config.ring.center) == "fit") {
    ring.centre = CentreChoice::fit;
  }
  if (const auto& range = config.ring.range)
    ring.range = RingRange{range->low, range->high, range_unit(range->unit)};
  return ring;
}

std::filesystem::path calibration_folder(const ChosenRun& chosen) {
  if (chosen.folder.empty()) return {};
  // Data and constants may lie below different spellings of the instrument.
  return detector::calibration_folder(chosen.folder.parent_path().parent_path(), chosen.hutch,
                                      chosen.experiment);
}

Settings calibration_settings(const Config& config, const ChosenRun& chosen,
                              const CalibrateOptions& options) {
  require_keys(config);
  Settings settings;
  settings.hutch = chosen.hutch;
  settings.experiment = chosen.experiment;
  settings.run = chosen.run;
  take_shots(config, settings);
  take_cal_params(config, options, settings);
  settings.ring = ring_settings(config, options.ring_model);
  if (config.mask) settings.mask = read_mask_file(*config.mask, chosen, settings.detector.name);
  settings.calibration_folder = calibration_folder(chosen);
  settings.program_version = version;
  settings.config_sha256 = config.sha256;
  return settings;
}

}  // namespace jt::app
