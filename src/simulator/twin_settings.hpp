// What the digital twin is: the plant, and the instruments that look at it. Plain values with defaults.
// Before the walk: `apps` fills it from the config's block `twin`; the Twin is made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "simulator/plant_settings.hpp"

namespace jt::simulator {

enum class TwinDetectorKind : std::uint8_t { small_camera, rayonix, epix10ka2m, jungfrau4m };

// A measured ring: intensity (any unit) against q in 1/angstrom, ascending, at least two points.
struct RingPoint {
  double q = 0, intensity = 0;
};

struct TwinDetectorSettings {
  TwinDetectorKind kind = TwinDetectorKind::small_camera;
  std::string alias;         // in the DAQ; empty: the detector's usual one
  double distance_mm = 120;  // sample to detector
  double peak_photons = 0;   // per pixel at the top of the ring, mean pulse, jet in the beam; 0: the usual
  double beam_stop_mm = 4;   // radius of its shadow
  std::uint32_t every = 1;   // a frame with every so many-th shot, as a slow detector gives
  double lost = 0;           // share of frames that do not arrive
  std::uint32_t bad_pixels = 40;        // dead, hot and noisy ones, in the pixel_status constants
  std::uint32_t saturating_pixels = 4;  // in direct light: full scale whenever there is beam
  double noise = -1;                    // rms per pixel, ADU; -1: the usual
  double common_mode = -1;              // rms per group of pixels, ADU; -1: the usual
  std::vector<RingPoint> ring;          // empty: the twin's own water-like ring
};

// The camera that looks at the jet from the side: 8 bit, the jet stands upright, the nozzle is at the top.
struct JetCameraSettings {
  bool present = true;
  std::string alias = "jetcam";
  std::uint32_t rows = 160, cols = 240;
  double um_per_px = 2;
  double beam_col = 120;  // where the beam crosses the picture
  double beam_row = 90;
  double tilt_deg = 1;           // of the jet, top to the right
  double dark = 12, light = 30;  // background, left and right edge: the illumination's gradient
  double jet_height = 110;       // brightness of the jet
  double noise = 3;              // rms, grey levels
  std::uint32_t every = 1;       // a picture with every so many-th shot
};

struct TwinSettings {
  std::string hutch = "sim", experiment = "simjet001";
  PlantSettings plant;
  bool jet_in_beam = true;  // the motor starts where the jet meets the beam, else at plant.start_um
  TwinDetectorSettings detector;
  JetCameraSettings jet_camera;
  std::string beam_monitor = "MFX-DG2-BMMON";
  std::string evr = "evr0";
  std::uint16_t beam_code = 140;     // of shots whose pulse was to reach the sample
  std::uint16_t dropped_code = 162;  // of flagged shots without beam
  double pulse_mj = 1.7;             // mean, what the gas detector reads
  double monitor_mean = 0.75;        // TotalIntensity of a mean pulse
  double photon_energy_ev = 9500;
  std::uint32_t streams = 2;  // recorders that take the shots in turn
};

// Throws CallError for what cannot be: a rate that does not divide 120, no such monitor, names that are no
// folder names or too long for the DAQ, sizes out of range.
void check(const TwinSettings& settings);

// "small", "rayonix", "epix10ka2M", "jungfrau4M": what configs and options call them.
std::string_view name(TwinDetectorKind kind);
std::optional<TwinDetectorKind> twin_detector_kind(std::string_view name);
std::vector<std::string> twin_detector_names();

// "q intensity" per line, '#' begins a comment. Throws CallError, naming `file` and the line.
std::vector<RingPoint> parse_ring_table(std::string_view text, std::string_view file);

}  // namespace jt::simulator
