#include "simulator/plant_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::simulator {
namespace {

using P = PlantSettings;
constexpr std::nullopt_t same = std::nullopt;
constexpr double many = 1e6;

// name, member, unit, low, high, whole, realistic, meaning, source
constexpr std::array table{
    // jet
    Knob{"jet_shape", &P::jet_shape, "", 0, 3, true, same,
         "profile across the beam: 0 round jet (chord of a circle), 1 sheet (super-ellipse), 2 Gaussian, 3 "
         "box",
         "geometry"},
    Knob{"jet_radius_um", &P::jet_radius_um, "um", 0.1, 200, false, same,
         "radius of a round jet; half width of a sheet or box; half width at half height of a Gaussian",
         "preset"},
    Knob{"jet_power", &P::jet_power, "", 1, 50, false, same, "exponent of the super-ellipse of a sheet",
         "assumed"},
    Knob{"jet_present", &P::jet_present, "", 0, 1, true, same, "0: there is no jet at all", "scenario"},
    Knob{"photons", &P::photons, "", 0, 1e8, false, same,
         "ring photons of a mean shot at the best position, background not counted", "preset"},
    Knob{"background", &P::background, "", 0, 10, false, same,
         "ring photons without a jet, as a share of `photons`: air, helium, windows", "assumed"},
    Knob{"thickness_noise", &P::thickness_noise, "", 0, 1, false, same,
         "rms of the jet's thickness from shot to shot", "preset"},
    // where it is
    Knob{"jet_spread_um", &P::jet_spread_um, "um", 0, 1e4, false, same,
         "the jet starts anywhere within plus or minus this, and walk and line turn back there", "assumed"},
    Knob{"drift", &P::drift, "", 0, 2, true, same, "0 none, 1 random walk only, 2 walk, sine and line",
         "scenario"},
    Knob{"walk_um_sqrt_s", &P::walk_um_sqrt_s, "um/sqrt(s)", 0, 100, false, same,
         "rms of the jet's random walk after one second", "assumed"},
    Knob{"sine_um", &P::sine_um, "um", 0, 1000, false, same, "amplitude of a slow sway, phase drawn",
         "assumed"},
    Knob{"sine_period_s", &P::sine_period_s, "s", 0.1, many, false, same, "period of the sway", "assumed"},
    Knob{"linear_um_s", &P::linear_um_s, "um/s", 0, 100, false, same, "speed of a steady drift, sign drawn",
         "assumed"},
    Knob{"curl_um", &P::curl_um, "um", 0, 1000, false, same,
         "rms of the curling of a viscous jet (Ornstein-Uhlenbeck), present whatever `drift` says",
         "assumed"},
    Knob{"curl_s", &P::curl_s, "s", 0.01, many, false, same, "correlation time of the curling", "assumed"},
    Knob{"jump_s", &P::jump_s, "s", -1, many, false, same, "when the jet jumps; -1 never", "scenario"},
    Knob{"jump_um", &P::jump_um, "um", 0, 1e4, false, same,
         "how far, sign drawn (inward where it would leave the limits); 0: five radii, at most 60 um",
         "benchmark"},
    // beam
    Knob{"beam_fwhm_um", &P::beam_fwhm_um, "um", 0.05, 1000, false, same, "width of the Gaussian focus",
         "preset"},
    Knob{"beam_halo", &P::beam_halo, "", 0, 1, false, same,
         "share of the pulse in a halo three times as wide as the focus", "assumed"},
    Knob{"jitter_um", &P::jitter_um, "um", 0, 100, false, same, "pointing jitter, rms from shot to shot",
         "assumed"},
    Knob{"sase_rms", &P::sase_rms, "", 0, 0.9, false, same,
         "relative rms of the pulse energy (gamma distributed)", "assumed; SASE statistics are gamma"},
    Knob{"i0_noise", &P::i0_noise, "", 0, 1, false, same, "relative noise of the i0 monitor", "assumed"},
    Knob{"i0_floor_noise", &P::i0_floor_noise, "", 0, 1, false, same,
         "noise of the i0 monitor without beam, as a share of a mean pulse", "assumed"},
    Knob{"i0_upstream", &P::i0_upstream, "", 0, 1, true, same,
         "1: i0 is measured before picker, attenuators and mirrors, as the gas detector is; 0: just before "
         "the sample",
         "where LCLS gas detectors stand"},
    Knob{"rate_hz", &P::rate_hz, "Hz", 0.1, 1000, false, same, "pulses per second", "LCLS: 120, 60, 30, 10"},
    Knob{"drop_every", &P::drop_every, "", 0, 1e6, true, same,
         "every so many-th pulse goes elsewhere, flagged; 0 none", "scenario"},
    Knob{"dropped", &P::dropped, "", 0, 1, false, same, "share of pulses without beam", "scenario"},
    Knob{"unflagged", &P::unflagged, "", 0, 1, false, same,
         "share of those without the event code that says so", "scenario"},
    // flaws
    Knob{"jet_off", &P::jet_off, "", 0, 0.95, false, same,
         "share of the time in which the jet is interrupted", "scenario"},
    Knob{"jet_off_s", &P::jet_off_s, "s", 0.001, many, false, same, "length of each interruption", "assumed"},
    Knob{"bubbles", &P::bubbles, "", 0, 1, false, same, "share of shots that hit a bubble", "scenario"},
    Knob{"bubble_left", &P::bubble_left, "", 0, 1, false, same,
         "a bubble leaves between nothing and this share of the thickness, uniform", "assumed"},
    Knob{"spikes", &P::spikes, "", 0, 1, false, same, "share of shots with a false high ring sum",
         "scenario"},
    Knob{"spike_height", &P::spike_height, "", 1, 1e4, false, same,
         "a spike multiplies the ring sum by 2 up to this, uniform", "assumed"},
    Knob{"saturation", &P::saturation, "", 0, 1e4, false, same,
         "ring sum at which the detector's top is reached, as a share of `photons`; 0 never", "scenario"},
    // objects
    Knob{"decoy", &P::decoy, "", 0, 1, true, same, "1: a nozzle tip or catcher edge stands beside the jet",
         "scenario"},
    Knob{"decoy_width_um", &P::decoy_width_um, "um", 0, 1e4, false, same,
         "its width; 0: drawn from 50 to 500", "assumed"},
    Knob{"decoy_height", &P::decoy_height, "", 0, 1e4, false, same,
         "its signal in units of the jet's; 0: drawn from 5 to 50, even in the logarithm", "assumed"},
    Knob{"ice_per_s", &P::ice_per_s, "1/s", 0, 100, false, same,
         "growth of scatter from ice or salt, in units of the jet's signal, anywhere in range; up to 20",
         "assumed"},
    Knob{"ice_from_s", &P::ice_from_s, "s", 0, many, false, same, "when the ice begins to grow", "scenario"},
    // events
    Knob{"beam_event", &P::beam_event, "", 0, 6, true, same,
         "between beam_from_s and beam_to_s: 0 nothing, 1 loss, flagged, 2 loss, unflagged, 3 rampdown, "
         "4 picker shut, 5 attenuator, 6 mirror",
         "scenario"},
    Knob{"beam_from_s", &P::beam_from_s, "s", 0, many, false, same, "begin of beam_event", "benchmark"},
    Knob{"beam_to_s", &P::beam_to_s, "s", 0, many, false, same, "end of beam_event", "benchmark"},
    Knob{"transmission", &P::transmission, "", 0, 100, false, same,
         "what the attenuator changes the beam by; 0: drawn from 0.01 to 10, even in the logarithm",
         "assumed"},
    Knob{"mirror_um", &P::mirror_um, "um", -1e3, 1e3, false, same, "how far the mirror moves the beam",
         "assumed"},
    Knob{"rampdown_s", &P::rampdown_s, "s", 0, many, false, same,
         "time in which the pulse energy falls to 2 %, where it stays until beam_to_s", "assumed"},
    Knob{"stop_from_s", &P::stop_from_s, "s", -1, many, false, same, "the jet stops; -1 never", "scenario"},
    Knob{"stop_to_s", &P::stop_to_s, "s", -1, many, false, same, "the jet runs again", "scenario"},
    Knob{"sample_s", &P::sample_s, "s", -1, many, false, same, "the sample is switched; -1 never",
         "scenario"},
    Knob{"sample_gap_s", &P::sample_gap_s, "s", 0, many, false, same,
         "no sample flows for so long; 0: drawn from 5 to 120", "assumed"},
    Knob{"sample_amplitude", &P::sample_amplitude, "", 0, 100, false, same,
         "signal of the new sample relative to the old; 0: drawn from 0.2 to 5, even in the logarithm",
         "assumed"},
    Knob{"sample_background", &P::sample_background, "", 0, 100, false, same,
         "background with the new sample relative to the old; 0: drawn from 0.5 to 3, even in the logarithm",
         "assumed"},
    Knob{"class_share", &P::class_share, "", 0, 1, false, same,
         "share of shots of event-code class 1 (laser on); 0: there is one class only", "assumed"},
    Knob{"class_step", &P::class_step, "", -1, 10, false, same, "relative change of the signal in class 1",
         "assumed"},
    // chain
    Knob{"shot_fraction", &P::shot_fraction, "", 0.001, 1, false, 1.0 / 3,
         "share of the shots that this monitoring node sees, drawn shot by shot",
         "one of three monitoring nodes"},
    Knob{"latency_s", &P::latency_s, "s", 0, 100, false, 0.5, "from the shot to the loop", "assumed"},
    Knob{"latency_spread", &P::latency_spread, "", 0, 1, false, same,
         "the latency varies by plus or minus this share of it; order is kept", "assumed"},
    Knob{"clock_offset_s", &P::clock_offset_s, "s", -10, 10, false, 0.05, "the DAQ's clock minus the motor's",
         "assumed"},
    Knob{"beam_state", &P::beam_state, "", 0, 1, true, same,
         "1: PVs of stopper, picker, transmission, energy, mirror and detector distance are there",
         "benchmark"},
    Knob{"beam_state_delay_s", &P::beam_state_delay_s, "s", 0, 100, false, same,
         "from the change to the PV's monitor", "assumed"},
    Knob{"beam_position", &P::beam_position, "", 0, 1, true, same,
         "1: a beam-position monitor is read in every shot; its sign, scale and offset are drawn",
         "benchmark"},
    Knob{"beam_position_noise_um", &P::beam_position_noise_um, "um", 0, 100, false, same,
         "noise of the beam-position monitor", "assumed"},
    Knob{"camera_noise_um", &P::camera_noise_um, "um", 0, 1000, false, same, "noise of the camera's position",
         "benchmark"},
    Knob{"camera_rate_hz", &P::camera_rate_hz, "Hz", 0.1, 120, false, same, "pictures per second",
         "benchmark"},
    Knob{"camera_bias_um", &P::camera_bias_um, "um", 0, 1000, false, same,
         "rms of the unknown, constant difference between camera and X-ray position", "assumed"},
    Knob{"camera_delay_s", &P::camera_delay_s, "s", 0, 100, false, same, "from the picture to the loop",
         "assumed"},
    // motor
    Knob{"limit_um", &P::limit_um, "um", 1, 1e6, false, same, "the limits are plus and minus this",
         "benchmark"},
    Knob{"start_um", &P::start_um, "um", -1e6, 1e6, false, same, "where a search starts", "assumed"},
    Knob{"start_spread_um", &P::start_spread_um, "um", 0, 1e6, false, same,
         "the start is drawn within plus or minus this around start_um", "assumed"},
    Knob{"motor_speed_um_s", &P::motor_speed_um_s, "um/s", 0.1, 1e6, false, same, "VELO", "benchmark"},
    Knob{"accel_s", &P::accel_s, "s", 0, 100, false, 0.2,
         "ACCL, time to full speed; axes of real injectors have up to 1.0", "injector axes"},
    Knob{"command_s", &P::command_s, "s", 0, 100, false, same, "from the put to the start of motion",
         "benchmark"},
    Knob{"settle_s", &P::settle_s, "s", 0, 100, false, same,
         "after the end of motion, until the position counts", "benchmark"},
    Knob{"settle_um", &P::settle_um, "um", 0, 100, false, same,
         "amplitude of the 20 Hz ringing at the end of motion; 2.5 % of it are left after settle_s",
         "assumed"},
    Knob{"resolution_um", &P::resolution_um, "um", 0.001, 100, false, same, "MRES: positions are multiples",
         "benchmark"},
    Knob{"backlash_um", &P::backlash_um, "um", 0, 1000, false, same,
         "play: coming from above, the jet stays this much above the motor", "benchmark"},
    Knob{"readback_noise_um", &P::readback_noise_um, "um", 0, 100, false, same,
         "rms of the readback (it sees the motor, not the play)", "benchmark"},
    Knob{"rbv_rate_hz", &P::rbv_rate_hz, "Hz", 0, 1e4, false, 10.0,
         "readbacks per second while moving, and one at the end; 0: at every request", "motor records"},
    Knob{"rbv_latency_s", &P::rbv_latency_s, "s", 0, 100, false, same, "from the axis to the loop",
         "assumed"},
};

const Knob& find(std::string_view name) {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const Knob& k) { return k.name == name; });
  if (found != table.end()) return *found;
  std::vector<std::string> names;
  for (const Knob& knob : table) names.emplace_back(knob.name);
  throw CallError(fmt::format("the plant has no setting {}", name), "it would be ignored",
                  fmt::format("Did you mean {}?", nearest_first(name, names).front()));
}

// What the presets differ in.
PlantSettings jet(double shape, double radius, double beam_fwhm, double jitter, double photons,
                  double thickness_noise, double walk, double sine, double linear) {
  PlantSettings s;
  s.jet_shape = shape;
  s.jet_radius_um = radius;
  s.beam_fwhm_um = beam_fwhm;
  s.jitter_um = jitter;
  s.photons = photons;
  s.thickness_noise = thickness_noise;
  s.walk_um_sqrt_s = walk;
  s.sine_um = sine;
  s.linear_um_s = linear;
  return s;
}

PlantSettings viscous_jet() {
  PlantSettings s = jet(0, 25, 10, 2, 50000, 0.05, 0.5, 2, 0);
  s.curl_um = 6;
  s.curl_s = 4;
  s.background = 0.1;
  return s;
}

}  // namespace

std::span<const Knob> knobs() { return table; }

void set(PlantSettings& settings, std::string_view name, double value) {
  const Knob& knob = find(name);
  const bool allowed = value >= knob.low && value <= knob.high && (!knob.whole || value == std::floor(value));
  if (!allowed)
    throw CallError(
        fmt::format("{} = {} is not possible", name, value), std::string(knob.meaning),
        fmt::format("Give a {} from {} to {}.", knob.whole ? "whole number" : "number", knob.low, knob.high));
  settings.*knob.value = value;
}

double get(const PlantSettings& settings, std::string_view name) { return settings.*find(name).value; }

void make_realistic(PlantSettings& settings) {
  for (const Knob& knob : table)
    if (knob.realistic) settings.*knob.value = *knob.realistic;
}

std::span<const Preset> presets() {
  static const std::array all{
      Preset{"GDVN5", "5 um round jet of a gas nozzle, 5 um beam",
             jet(0, 2.5, 5, 1.0, 2000, 0.05, 0.2, 1, 0)},
      Preset{"J20", "20 um round jet, 10 um beam", jet(0, 10, 10, 1.5, 20000, 0.03, 0.5, 3, 0)},
      Preset{"J100", "100 um round jet, 10 um beam", jet(0, 50, 10, 2.0, 100000, 0.02, 1.0, 5, 0)},
      Preset{"SHEET50", "50 um wide flat sheet, 10 um beam", jet(1, 25, 10, 2.0, 10000, 0.03, 2.0, 5, 0.3)},
      Preset{"LCP50", "50 um slow viscous jet that curls, 10 um beam (all numbers assumed)", viscous_jet()},
  };
  return all;
}

PlantSettings preset(std::string_view name) {
  std::vector<std::string> names;
  for (const Preset& each : presets()) {
    if (each.name == name) return each.settings;
    names.emplace_back(each.name);
  }
  throw CallError(fmt::format("there is no preset {}", name), "it says what jet is simulated",
                  fmt::format("Did you mean {}? There are {}.", nearest_first(name, names).front(),
                              list_in_words(names)));
}

}  // namespace jt::simulator
