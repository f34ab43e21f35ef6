#include "apps/jt/twin_block.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "apps/jt/config.hpp"
#include "apps/jt/yaml_block.hpp"
#include "core/errors.hpp"
#include "simulator/plant_scenario.hpp"

namespace jt::app {
namespace {

using simulator::TwinSettings;

constexpr double any = std::numeric_limits<double>::max();

void take(YamlBlock& block, std::string_view key, double& value) {
  value = block.value(key).number(-any, any).value_or(value);
}

void take_count(YamlBlock& block, std::string_view key, std::uint32_t& value, int low) {
  const auto given = block.value(key).integer(low, 1'000'000);
  if (given) value = static_cast<std::uint32_t>(*given);
}

void read_detector(const YamlValue& value, std::string_view file, TwinBlock& twin) {
  std::optional<YamlBlock> block = value.block();
  if (!block) return;
  simulator::TwinDetectorSettings& detector = twin.settings.detector;
  const YamlValue kind = block->value("kind");
  if (const auto name = kind.one_of(simulator::twin_detector_names()))
    detector.kind = *simulator::twin_detector_kind(*name);
  take(*block, "distance_mm", detector.distance_mm);
  take(*block, "peak_photons", detector.peak_photons);
  take(*block, "beam_stop_mm", detector.beam_stop_mm);
  take_count(*block, "every", detector.every, 1);
  take(*block, "lost", detector.lost);
  take_count(*block, "bad_pixels", detector.bad_pixels, 0);
  take_count(*block, "saturating_pixels", detector.saturating_pixels, 0);
  take(*block, "noise", detector.noise);
  take(*block, "common_mode", detector.common_mode);
  if (const auto ring = block->value("ring_file").text()) {
    const std::filesystem::path path = *ring;
    twin.ring_file = path.is_absolute() ? path : std::filesystem::path(file).parent_path() / path;
  }
  block->done();
}

void read_camera(const YamlValue& value, simulator::JetCameraSettings& camera) {
  std::optional<YamlBlock> block = value.block();
  if (!block) return;
  take_count(*block, "rows", camera.rows, 16);
  take_count(*block, "cols", camera.cols, 16);
  take(*block, "um_per_px", camera.um_per_px);
  camera.beam_col = 0.5 * camera.cols;  // unless said
  camera.beam_row = 0.5625 * camera.rows;
  take(*block, "beam_col", camera.beam_col);
  take(*block, "beam_row", camera.beam_row);
  take(*block, "tilt_deg", camera.tilt_deg);
  take(*block, "dark", camera.dark);
  take(*block, "light", camera.light);
  take(*block, "jet_height", camera.jet_height);
  take(*block, "noise", camera.noise);
  take_count(*block, "every", camera.every, 1);
  block->done();
}

// Preset first, then the scenario, then single settings: each may change what the one before said.
void read_plant(YamlBlock& twin, simulator::PlantSettings& plant) {
  if (const auto preset = twin.value("preset").text()) plant = simulator::preset(*preset);
  if (const auto scenario = twin.value("scenario").text())
    simulator::apply_scenario(plant, *scenario, simulator::Mode::track);
  std::optional<YamlBlock> block = twin.value("plant").block();
  if (!block) return;
  for (const std::string& key : block->keys())
    if (const auto number = block->value(key).number(-any, any)) simulator::set(plant, key, *number);
  block->done();
}

}  // namespace

TwinBlock read_twin_block(const YamlValue& value, std::string_view file) {
  TwinBlock twin;
  std::optional<YamlBlock> block = value.block();
  if (!block) return twin;
  TwinSettings& settings = twin.settings;
  read_plant(*block, settings.plant);
  if (const auto in_beam = block->value("jet_in_beam").boolean()) settings.jet_in_beam = *in_beam;
  read_detector(block->value("detector"), file, twin);
  read_camera(block->value("camera"), settings.jet_camera);
  take(*block, "pulse_mj", settings.pulse_mj);
  take(*block, "monitor_mean", settings.monitor_mean);
  take(*block, "photon_energy_ev", settings.photon_energy_ev);
  take_count(*block, "streams", settings.streams, 1);
  block->done();
  return twin;
}

TwinSettings twin_settings(const Config& config) {
  TwinSettings settings = config.twin.settings;
  if (config.hutch) settings.hutch = *config.hutch;
  if (config.experiment) settings.experiment = *config.experiment;
  if (config.evr_name) settings.evr = *config.evr_name;
  if (config.event_code) settings.beam_code = static_cast<std::uint16_t>(*config.event_code);
  if (config.det_map.name) settings.detector.alias = *config.det_map.name;
  if (config.ipm.name && config.ipm.name->ends_with("-BMMON")) settings.beam_monitor = *config.ipm.name;
  settings.jet_camera.present = config.jet_cam.has_value();
  if (config.jet_cam) settings.jet_camera.alias = config.jet_cam->name;
  if (config.twin.ring_file) {
    std::ifstream in(*config.twin.ring_file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in && !in.eof())
      throw CallError(fmt::format("cannot read {}", config.twin.ring_file->string()),
                      "twin.detector.ring_file holds the ring's profile", "Is the path right?");
    if (text.empty() || text.size() > (16U << 20U))
      throw CallError(fmt::format("{} is {}", config.twin.ring_file->string(),
                                  text.empty() ? "missing or empty" : "larger than 16 MiB"),
                      "twin.detector.ring_file holds the ring's profile", "Is the path right?");
    settings.detector.ring = simulator::parse_ring_table(text, config.twin.ring_file->string());
  }
  return settings;
}

}  // namespace jt::app
