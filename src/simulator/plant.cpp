#include "simulator/plant.hpp"

#include <algorithm>
#include <cmath>

#include "simulator/exact_math.hpp"
#include "simulator/random.hpp"

namespace jt::simulator {
namespace {

// One stream of random numbers per purpose, so that one more draw here changes nothing there.
enum Purpose : unsigned {
  once,       // what is drawn once per trial
  pulse,      // energy and pointing
  monitor,    // i0 and beam position
  jet,        // walk, curl, thickness
  interrupt,  // when the jet is interrupted
  flaw,       // dropped, bubbles, spikes
  photons,    // the count
  chain,      // share and latency
  picture,    // camera
  axis,       // readback
};

constexpr double ramp_left = 0.02;         // of the pulse energy after a rampdown
constexpr double most_ice = 20;            // in units of the jet's signal
constexpr double base_transmission = 0.1;  // so that an attenuator can open by a factor of ten
constexpr double sigma_per_fwhm = 0.42466090014400953;

double even_in_logarithm(double u, double low, double high) {
  return exact::exp(exact::log(low) + u * (exact::log(high) - exact::log(low)));
}

// A ball between two walls: where a straight way of this length has brought it, and which way it goes.
struct Folded {
  double at, direction;
};
Folded fold(double way, double wall) {
  if (wall <= 0) return {way, 1};
  const double period = 4 * wall;
  const double phase = way + wall - std::floor((way + wall) / period) * period;
  return phase <= 2 * wall ? Folded{phase - wall, 1} : Folded{3 * wall - phase, -1};
}

}  // namespace

Plant::Plant(const PlantSettings& settings, std::uint64_t seed, std::uint64_t trial, Start start,
             std::shared_ptr<const Profiles> profiles)
    : settings_(settings),
      seed_(seed),
      trial_(trial),
      profiles_(profiles ? std::move(profiles) : std::make_shared<const Profiles>(make_profiles(settings))),
      motor_(settings, seed, stream(axis), settings.start_um) {
  draw_what_is_left_open();
  draw_once();
  move_jet(0);
  const double spread = settings_.start_spread_um;
  const double at = start == Start::on_the_jet
                        ? truth_.jet_um
                        : settings_.start_um + Draws(seed_, stream(once), 2).uniform(-spread, spread);
  motor_ = Motor(settings_, seed_, stream(axis), std::clamp(at, -settings_.limit_um, settings_.limit_um));
}

// Settings that say "0: drawn".
void Plant::draw_what_is_left_open() {
  Draws draws(seed_, stream(once), 1);
  const auto open = [&](double& value, double drawn) {
    if (value == 0) value = drawn;
  };
  open(settings_.jump_um, std::min(5 * settings_.jet_radius_um, 60.0));
  open(settings_.transmission, even_in_logarithm(draws.uniform(), 0.01, 10));
  open(settings_.decoy_width_um, draws.uniform(50, 500));
  open(settings_.decoy_height, even_in_logarithm(draws.uniform(), 5, 50));
  open(settings_.sample_gap_s, draws.uniform(5, 120));
  open(settings_.sample_amplitude, even_in_logarithm(draws.uniform(), 0.2, 5));
  open(settings_.sample_background, even_in_logarithm(draws.uniform(), 0.5, 3));
}

void Plant::draw_once() {
  Draws draws(seed_, stream(once), 0);
  jet_start_ = draws.uniform(-settings_.jet_spread_um, settings_.jet_spread_um);
  sine_phase_ = draws.uniform();
  linear_sign_ = draws.chance(0.5) ? 1 : -1;
  jump_sign_ = draws.chance(0.5) ? 1 : -1;
  camera_bias_ = settings_.camera_bias_um * draws.normal();
  monitor_scale_ = (draws.chance(0.5) ? 1 : -1) * draws.uniform(0.2, 5);
  monitor_offset_ = draws.uniform(-50, 50);
  curl_ = settings_.curl_um * draws.normal();
  const double side = draws.uniform();
  place_decoy(side, draws.uniform());
}

// Beside the jet, near edge at least two signal widths away and 5 um inside the limits.
void Plant::place_decoy(double side, double where) {
  const double gap = 2 * profiles_->overlap.fwhm_um();
  const double room_above = settings_.limit_um - 5 - (jet_start_ + gap);
  const double room_below = settings_.limit_um - 5 + (jet_start_ - gap);
  const bool above = room_below <= 0 || (room_above > 0 && side < 0.5);
  const double edge = above ? jet_start_ + gap + where * std::max(room_above, 0.0)
                            : jet_start_ - gap - where * std::max(room_below, 0.0);
  decoy_um_ = edge + (above ? 0.5 : -0.5) * settings_.decoy_width_um;
}

double Plant::next_time() const { return static_cast<double>(shot_) / settings_.rate_hz; }

PlantShot Plant::next_shot() {
  const double time = next_time();
  truth_.time = time;
  if (shot_ > 0) move_jet(time);
  interrupt_jet(time);
  truth_.carrier_um = motor_.carrier_um(time);
  truth_.moving = motor_.moving(time);
  truth_.overlap = profiles_->overlap(truth_.carrier_um - truth_.jet_um);
  take_picture(time);

  PlantShot shot;
  shot.number = shot_;
  shot.stamp = time + settings_.clock_offset_s;
  expose(shot);
  deliver(shot);
  ++shot_;
  return shot;
}

// Walk and line turn back at the walls; sway, curl and mirror come on top.
void Plant::move_jet(double time) {
  Draws draws(seed_, stream(jet), shot_);
  const double dt = 1 / settings_.rate_hz;
  if (settings_.drift >= 1 && shot_ > 0) walk_ += settings_.walk_um_sqrt_s * std::sqrt(dt) * draws.normal();
  if (settings_.curl_um > 0 && shot_ > 0) {
    const double kept = exact::exp(-dt / settings_.curl_s);
    curl_ = kept * curl_ + std::sqrt(1 - kept * kept) * settings_.curl_um * draws.normal();
  }
  if (settings_.jump_s >= 0 && time >= settings_.jump_s && !jumped_) jump();
  const bool full = settings_.drift >= 2;
  const double line = full ? linear_sign_ * settings_.linear_um_s * time : 0;
  const double sway =
      full ? settings_.sine_um * (exact::sin_turns(time / settings_.sine_period_s + sine_phase_) -
                                  exact::sin_turns(sine_phase_))
           : 0;
  mirror_ = settings_.beam_event == 6 && in_beam_event(time) ? settings_.mirror_um : 0;
  truth_.jet_um =
      fold(jet_start_ + walk_ + line + jump_done_, settings_.jet_spread_um).at + sway + curl_ + mirror_;
}

// To the drawn side, or to the other one where the jet would pass its wall.
void Plant::jump() {
  const double line = settings_.drift >= 2 ? linear_sign_ * settings_.linear_um_s * settings_.jump_s : 0;
  const Folded now = fold(jet_start_ + walk_ + line, settings_.jet_spread_um);
  const double there = now.at + jump_sign_ * settings_.jump_um;
  const bool passes = there > settings_.jet_spread_um || there < -settings_.jet_spread_um;
  jump_done_ = (passes ? -1 : 1) * jump_sign_ * now.direction * settings_.jump_um;
  jumped_ = true;
}

bool Plant::sample_runs(double time) const {
  if (settings_.jet_present == 0) return false;
  if (time >= settings_.stop_from_s && time < settings_.stop_to_s) return false;
  return settings_.sample_s < 0 || time < settings_.sample_s ||
         time >= settings_.sample_s + settings_.sample_gap_s;
}

// Interruptions of one length, the times between them exponential.
void Plant::interrupt_jet(double time) {
  const double share = settings_.jet_off;
  while (share > 0 && time >= burst_until_) {
    const double between = settings_.jet_off_s * (1 - share) / share;
    Draws draws(seed_, stream(interrupt), bursts_++);
    interrupted_ = bursts_ > 1 && !interrupted_;
    burst_until_ += interrupted_ ? settings_.jet_off_s : -between * exact::log(draws.uniform());
  }
  truth_.jet_stopped = !sample_runs(time);
  truth_.jet_on = !truth_.jet_stopped && !interrupted_;
}

bool Plant::in_beam_event(double time) const {
  return settings_.beam_event > 0 && time >= settings_.beam_from_s && time < settings_.beam_to_s;
}

// Share of the pulse that leaves the machine.
double Plant::energy_left(double time) const {
  if (!in_beam_event(time)) return 1;
  if (settings_.beam_event <= 2) return 0;
  if (settings_.beam_event == 3)
    return std::max(ramp_left, 1 - (1 - ramp_left) * (time - settings_.beam_from_s) / settings_.rampdown_s);
  return 1;
}

double Plant::beam_on_sample(double time) const {
  double beam = energy_left(time);
  if (in_beam_event(time) && settings_.beam_event == 4) beam = 0;
  if (in_beam_event(time) && settings_.beam_event == 5) beam *= settings_.transmission;
  return beam;
}

double Plant::beam_on_monitor(double time) const {
  return settings_.i0_upstream != 0 ? energy_left(time) : beam_on_sample(time);
}

double Plant::decoy_signal(double at_um) const {
  if (settings_.decoy == 0) return 0;
  // a box whose edges the beam smears, as a logistic step of the same slope
  const double sharpness = settings_.beam_fwhm_um * sigma_per_fwhm * 0.63;
  const double distance = std::fabs(at_um - decoy_um_) - 0.5 * settings_.decoy_width_um;
  const double x = std::clamp(distance / sharpness, -700.0, 700.0);
  return settings_.decoy_height / (1 + exact::exp(x));
}

// Photons of a mean pulse that reaches the sample whole.
double Plant::expected_photons(double jitter_um, double thickness, bool laser_on) {
  const double time = truth_.time;
  const bool new_sample = settings_.sample_s >= 0 && time >= settings_.sample_s + settings_.sample_gap_s;
  double signal = 0;
  if (truth_.jet_on)
    signal = thickness * profiles_->signal(truth_.carrier_um - truth_.jet_um + jitter_um) *
             (new_sample ? settings_.sample_amplitude : 1) * (laser_on ? 1 + settings_.class_step : 1);
  double background = settings_.background * (new_sample ? settings_.sample_background : 1);
  if (settings_.ice_per_s > 0 && time > settings_.ice_from_s)
    background += std::min(most_ice, settings_.ice_per_s * (time - settings_.ice_from_s));
  const double decoy = decoy_signal(truth_.carrier_um + jitter_um);
  truth_.jet_signal = signal;
  truth_.other_signal = background + decoy;
  return settings_.photons * (signal + background + decoy);
}

// Beam, monitor and detector of one pulse.
void Plant::expose(PlantShot& shot) {
  Draws pulses(seed_, stream(pulse), shot_);
  Draws monitors(seed_, stream(monitor), shot_);
  Draws flaws(seed_, stream(flaw), shot_);
  Draws counts(seed_, stream(photons), shot_);

  const double shape = 1 / (settings_.sase_rms * settings_.sase_rms);
  const double jitter = settings_.jitter_um * pulses.normal();
  double thickness = std::max(0.0, 1 + settings_.thickness_noise * pulses.normal());
  const double energy = settings_.sase_rms > 0 ? pulses.gamma(shape) / shape : 1;

  const bool elsewhere = settings_.drop_every > 0 &&
                         static_cast<double>(shot_ % static_cast<std::uint64_t>(settings_.drop_every)) ==
                             settings_.drop_every - 1;
  const bool missing = flaws.chance(settings_.dropped);
  const bool unflagged = flaws.chance(settings_.unflagged);
  const bool bubble = flaws.chance(settings_.bubbles);
  const bool spike = flaws.chance(settings_.spikes);
  const bool laser_on = flaws.chance(settings_.class_share);
  if (bubble) thickness *= flaws.uniform(0, settings_.bubble_left);

  const bool no_pulse = elsewhere || missing;
  const bool lost_and_flagged = in_beam_event(truth_.time) && settings_.beam_event == 1;
  shot.flagged = elsewhere || (missing && !unflagged) || lost_and_flagged;
  shot.shot_class = laser_on ? 1 : 0;
  truth_.beam = no_pulse ? 0 : beam_on_sample(truth_.time);
  truth_.decoy = decoy_signal(truth_.carrier_um);
  truth_.energy = no_pulse ? 0 : energy;
  truth_.machine = no_pulse ? 0 : energy_left(truth_.time);

  const double at_monitor = no_pulse ? 0 : energy * beam_on_monitor(truth_.time);
  shot.i0 = at_monitor * (1 + settings_.i0_noise * monitors.normal()) +
            settings_.i0_floor_noise * monitors.normal();
  const double mean = energy * truth_.beam * expected_photons(jitter, thickness, laser_on);
  shot.ring = static_cast<double>(counts.poisson(std::min(mean, 1e9)));
  truth_.spike = spike ? flaws.uniform(2, std::max(2.0, settings_.spike_height)) : 1;
  if (spike) shot.ring *= truth_.spike;
  if (settings_.saturation > 0) {
    const double top = settings_.saturation * settings_.photons;
    // from 10 % below to 10 % above the top, more and more of the ring's pixels reach it
    shot.saturated = std::clamp((shot.ring / top - 0.9) / 0.2, 0.0, 1.0);
    shot.ring = std::min(shot.ring, top);
  }
  if (settings_.beam_position != 0)
    shot.beam_position =
        monitor_offset_ +
        monitor_scale_ * (jitter - mirror_ + settings_.beam_position_noise_um * monitors.normal());
}

void Plant::deliver(PlantShot& shot) {
  Draws draws(seed_, stream(chain), shot_);
  shot.seen = settings_.shot_fraction >= 1 || draws.chance(settings_.shot_fraction);
  const double spread = settings_.latency_spread;
  const double late = settings_.latency_s * (1 + draws.uniform(-spread, spread));
  last_arrival_ = std::max(last_arrival_, truth_.time + late);
  shot.arrival = last_arrival_;
}

void Plant::take_picture(double time) {
  if (time * settings_.camera_rate_hz < static_cast<double>(pictures_taken_)) return;
  Draws draws(seed_, stream(picture), pictures_taken_++);
  const double at = truth_.carrier_um - (truth_.jet_um - mirror_) + camera_bias_;
  pictures_.push_back({time, at + settings_.camera_noise_um * draws.normal(), truth_.jet_on});
}

std::optional<PlantCameraView> Plant::next_picture(double now) {
  if (pictures_.empty() || pictures_.front().time + settings_.camera_delay_s > now) return std::nullopt;
  const PlantCameraView result = pictures_.front();
  pictures_.pop_front();
  return result;
}

std::optional<PlantBeamState> Plant::beam_state(double now) const {
  if (settings_.beam_state == 0) return std::nullopt;
  PlantBeamState state;
  const bool changed = in_beam_event(now - settings_.beam_state_delay_s);
  state.picker_open = !(changed && settings_.beam_event == 4);
  state.transmission =
      base_transmission * (changed && settings_.beam_event == 5 ? settings_.transmission : 1);
  state.mirror_position = changed && settings_.beam_event == 6 ? settings_.mirror_um : 0;
  return state;
}

}  // namespace jt::simulator
