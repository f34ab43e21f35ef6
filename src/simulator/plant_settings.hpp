// Every number of the simulated plant by name: one struct, one table that `--set`, docs and tests share.
// Before the walk of a shot: presets and scenarios fill it, `Plant` is made from it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jt::simulator {

// Values are numbers so that one table serves them all; unit, range, meaning and source of each are in
// knobs().
struct PlantSettings {
  // jet
  double jet_shape = 0, jet_radius_um = 2.5, jet_power = 8, jet_present = 1;
  double photons = 2000, background = 0.05, thickness_noise = 0.05;
  // where it is
  double jet_spread_um = 80, drift = 0;
  double walk_um_sqrt_s = 0.2, sine_um = 1, sine_period_s = 60, linear_um_s = 0, curl_um = 0, curl_s = 3;
  double jump_s = -1, jump_um = 0;
  // beam
  double beam_fwhm_um = 5, beam_halo = 0, jitter_um = 1, sase_rms = 0.2;
  double i0_noise = 0.015, i0_floor_noise = 0.003, i0_upstream = 1;
  double rate_hz = 120, drop_every = 0, dropped = 0, unflagged = 0;
  // flaws of single shots
  double jet_off = 0, jet_off_s = 0.25, bubbles = 0, bubble_left = 0.5, spikes = 0, spike_height = 10;
  double saturation = 0;
  // objects in the way
  double decoy = 0, decoy_width_um = 0, decoy_height = 0, ice_per_s = 0, ice_from_s = 0;
  // what happens to the beam, jet and sample in time
  double beam_event = 0, beam_from_s = 60, beam_to_s = 80, transmission = 0, mirror_um = 5, rampdown_s = 10;
  double stop_from_s = -1, stop_to_s = -1;
  double sample_s = -1, sample_gap_s = 0, sample_amplitude = 0, sample_background = 0;
  double class_share = 0, class_step = 0.03;
  // what reaches the loop, and when
  double shot_fraction = 1, latency_s = 0, latency_spread = 0.2, clock_offset_s = 0;
  double beam_state = 0, beam_state_delay_s = 0.1, beam_position = 0, beam_position_noise_um = 0.3;
  double camera_noise_um = 2, camera_rate_hz = 10, camera_bias_um = 10, camera_delay_s = 0.1;
  // motor
  double limit_um = 100, start_um = 0, start_spread_um = 0;
  double motor_speed_um_s = 500, accel_s = 0, command_s = 0.05, settle_s = 0.15, settle_um = 0.5;
  double resolution_um = 0.5, backlash_um = 1, readback_noise_um = 0.2, rbv_rate_hz = 0, rbv_latency_s = 0;
};

struct Knob {
  std::string_view name;
  double PlantSettings::*value;
  std::string_view unit;            // "" for a plain number
  double low, high;                 // allowed, both included
  bool whole;                       // whole numbers only: a choice or a switch
  std::optional<double> realistic;  // what `realistic=1` takes
  std::string_view meaning;
  std::string_view source;  // where the default comes from, or "assumed"
};

// All of PlantSettings, in its order.
std::span<const Knob> knobs();

// Throws CallError on an unknown name (says the nearest), a value that is no number, out of range, or not
// whole.
void set(PlantSettings& settings, std::string_view name, double value);
double get(const PlantSettings& settings, std::string_view name);

// The `realistic` values of the table.
void make_realistic(PlantSettings& settings);

struct Preset {
  std::string_view name;
  std::string_view meaning;
  PlantSettings settings;
};
std::span<const Preset> presets();  // GDVN5, J20, J100, SHEET50, LCP50

// Throws CallError on an unknown name.
PlantSettings preset(std::string_view name);

}  // namespace jt::simulator
