#include "calibration/run_detector.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/errors.hpp"
#include "core/gain_setup.hpp"
#include "detector/cache.hpp"
#include "detector/store.hpp"

namespace jt::calibration {
namespace {

detector::PanelFamily family_of(formats::DetectorKind kind) {
  using formats::DetectorKind;
  if (kind == DetectorKind::jungfrau) return detector::PanelFamily::jungfrau;
  return kind == DetectorKind::cspad ? detector::PanelFamily::cspad : detector::PanelFamily::epix10ka;
}

detector::RunPlace place_of(const DetectorRequest& request, const formats::DetectorInfo& info) {
  return {request.name, info.source, request.run, request.calibration_folder, detector::user_cache_folder()};
}

// Nothing when the recording does not say it for every panel.
std::optional<detector::Epix10kaConfig> epix10ka_config(const formats::DetectorInfo& info) {
  using Panel = GainSetup::Epix10kaPanel;
  if (info.gain == nullptr || info.gain->epix10ka.size() != info.shape.panels) return std::nullopt;
  detector::Epix10kaConfig config;
  config.pixel_words.reserve(info.shape.pixels());
  for (const Panel& panel : info.gain->epix10ka) {
    if (panel.pixel_config.size() != Panel::rows * Panel::cols) return std::nullopt;
    config.pixel_words.insert(config.pixel_words.end(), panel.pixel_config.begin(), panel.pixel_config.end());
    config.trbits.push_back(panel.trbit);
  }
  return config;
}

// Nothing when the recording does not say it for all quads: then all pixels count as high gain.
std::optional<detector::CspadGainMap> cspad_gain_map(const formats::DetectorInfo& info) {
  using Quad = GainSetup::CspadQuad;
  constexpr std::size_t quads = 4;
  if (info.gain == nullptr || info.gain->cspad.size() != quads) return std::nullopt;
  detector::CspadGainMap map;
  for (const Quad& quad : info.gain->cspad) {
    if (quad.gain_map.size() != Quad::rows * Quad::cols) return std::nullopt;
    map.words.insert(map.words.end(), quad.gain_map.begin(), quad.gain_map.end());
  }
  return map;
}

void require_folder(const DetectorRequest& request) {
  if (!request.calibration_folder.empty()) return;
  throw SetupError(
      fmt::format("no pedestals for {}: the folder of the experiment is not known", request.name),
      "its raw numbers mean nothing without pedestals, gains and geometry",
      "Say with --data-root where experiments and their calib folders are?");
}

}  // namespace

void require_constants(const DetectorRequest& request, const formats::DetectorInfo& info) {
  if (formats::is_camera(info.kind)) return;
  require_folder(request);
  detector::require_deployed_pedestals(place_of(request, info));
}

std::unique_ptr<detector::AreaDetector> make_run_detector(const DetectorRequest& request,
                                                          const formats::DetectorInfo& info, Shape shape) {
  if (formats::is_camera(info.kind)) {
    if (request.calibration_folder.empty()) return detector::make_camera(shape, request.mask);
    return detector::make_calibrated_camera(place_of(request, info), shape, request.mask);
  }
  require_folder(request);
  detector::PanelSetup setup;
  setup.place = place_of(request, info);
  setup.family = family_of(info.kind);
  setup.shape = shape;
  setup.mask = request.mask;
  setup.common_mode = request.common_mode;
  if (setup.family == detector::PanelFamily::epix10ka) setup.epix10ka = epix10ka_config(info);
  if (setup.family == detector::PanelFamily::cspad) setup.cspad = cspad_gain_map(info);
  return detector::make_panel_detector(std::move(setup));
}

}  // namespace jt::calibration
