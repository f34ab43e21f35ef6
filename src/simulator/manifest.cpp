#include "simulator/manifest.hpp"

#include <nlohmann/json.hpp>

namespace jt::simulator {
namespace {

using nlohmann::ordered_json;

ordered_json facts(const Twin& twin, std::uint64_t seed, std::uint64_t shots) {
  const TwinSettings& settings = twin.settings();
  const TwinDetector& detector = twin.detector();
  const double radius = detector.profile().peak_um();
  ordered_json json;
  json["run"] = twin.run().value;
  json["seed"] = seed;
  json["hutch"] = settings.hutch;
  json["experiment"] = settings.experiment;
  json["shot_count"] = shots;
  json["rate_hz"] = settings.plant.rate_hz;
  json["detector"] = {{"kind", name(detector.kind())},
                      {"alias", detector.alias()},
                      {"source", detector.source()},
                      {"shape", {detector.shape().panels, detector.shape().rows, detector.shape().cols}},
                      {"pixel_um", detector.pixel_um()},
                      {"distance_mm", settings.detector.distance_mm},
                      {"peak_photons", detector.peak_photons()}};
  json["ring"] = {{"radius_um", radius},
                  {"radius_px", radius / detector.pixel_um()},
                  {"q", detector.profile().q(radius)}};
  json["i0"] = {{"gas_detector", "FEEGasDetEnergy f_12_ENRC"},
                {"beam_monitor", settings.beam_monitor + " TotalIntensity"},
                {"mean_pulse_mj", settings.pulse_mj},
                {"mean_total", settings.monitor_mean}};
  if (twin.picture() != nullptr)
    json["jet_camera"] = {{"alias", settings.jet_camera.alias},
                          {"um_per_px", settings.jet_camera.um_per_px},
                          {"beam_col", settings.jet_camera.beam_col},
                          {"beam_row", settings.jet_camera.beam_row}};
  ordered_json knobs_used;
  for (const Knob& knob : knobs()) knobs_used[std::string(knob.name)] = settings.plant.*knob.value;
  json["plant"] = knobs_used;
  return json;
}

ordered_json shot_json(const TwinShot& shot, const TwinPictures& made, std::uint32_t stream) {
  ordered_json json;
  json["shot"] = shot.number;
  json["sec"] = shot.stamp.time.sec;
  json["nsec"] = shot.stamp.time.nsec;
  json["fiducial"] = shot.stamp.fiducial.value;
  json["stream"] = stream;
  json["codes"] = shot.codes;
  json["pulse_mj"] = shot.pulse_mj;
  json["beam"] = shot.truth.energy * shot.truth.beam;  // on the sample, in mean pulses
  json["gas_mj"] = shot.gas_mj;
  json["total"] = shot.total;
  json["photon_energy_ev"] = shot.photon_energy;
  json["overlap"] = shot.truth.overlap;
  json["jet_on"] = shot.truth.jet_on;
  json["jet_um"] = shot.truth.jet_um;
  json["motor_um"] = shot.truth.carrier_um;
  if (shot.has_picture) json["jet_column"] = shot.jet_column;
  json["exposure"] = {shot.exposure.jet, shot.exposure.other};  // of the ring and of the rest
  if (made.frame)
    json["frame"] = {{"photons", made.frame->photons},
                     {"sum", made.frame->sum},
                     {"min", made.frame->least},
                     {"max", made.frame->most}};
  else
    json["frame"] = nullptr;
  json["frame_lost"] = shot.frame_lost;
  return json;
}

}  // namespace

Manifest::Manifest(std::filesystem::path file, const Twin& twin, std::uint64_t seed, std::uint64_t shots)
    : file_(std::move(file), "it holds the truth of the simulated run") {
  text_ = facts(twin, seed, shots).dump(1);
  text_.resize(text_.rfind('}'));  // goes on with the shots
  while (!text_.empty() && text_.back() == '\n') text_.pop_back();
  text_ += ",\n \"shots\": [";
}

void Manifest::add(const TwinShot& shot, const TwinPictures& made, std::uint32_t stream) {
  text_ += first_ ? "\n  " : ",\n  ";
  first_ = false;
  text_ += shot_json(shot, made, stream).dump();
  flush_when(1 << 18);
}

void Manifest::flush_when(std::size_t least) {
  if (text_.size() < least) return;
  file_.write(text_);
  text_.clear();
}

void Manifest::seal() {
  text_ += "\n ]\n}\n";
  flush_when(0);
  file_.seal();
}

void Manifest::commit() { file_.commit(); }

}  // namespace jt::simulator
