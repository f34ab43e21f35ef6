#include "control/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace jt::control {
namespace {

// In a row without beam: chance of that many random drops in a row (10 %) is 10^-5 per shot. At 120 Hz a beam
// loss stops all moves within 42 ms of its first shot's arrival.
constexpr int bad_run_for_loss = 5;

// Pulse energies scatter by 20 %, their mean over 40 shots by 3 %: this is 6 standard deviations.
constexpr double fading_share = 0.8;

bool differs(double one, double other, double share) {
  return std::abs(one - other) > share * std::max(std::abs(one), std::abs(other));
}

}  // namespace

Intake::Intake(const Task& task)
    : settings_(task.settings),
      gate_(task.settings),
      axis_(task.axis, task.limits, task.settings.clock_margin_s),
      rate_hz_(task.settings.shot_rate_hz) {}

void Intake::take(const Observation& seen, Seconds now) {
  fresh_.clear();
  axis_.observe(seen.motor, now);
  fault_ = seen.motor.fault;
  for (const ShotSeen& shot : seen.shots) take_shot(shot);
  if (seen.beam_state) take_beam_state(*seen.beam_state, now);
}

void Intake::take_shot(const ShotSeen& shot) {
  last_arrival_ = std::max(last_arrival_, shot.arrival);
  if (window_known_ && shot.window_id != window_id_) {
    change_ = Cause::ring_moved;
    changed_at_ = shot.time;
  }
  window_id_ = shot.window_id;
  window_known_ = true;
  const BeamVerdict verdict = gate_.judge(shot);
  if (verdict == BeamVerdict::beam || verdict == BeamVerdict::other_class) {
    const bool has_beam = !shot.dropped && shot.cause == ShotCause::good && std::isfinite(shot.ratio);
    if (has_beam && shot.i0 > 0.3 * gate_.usual_i0()) classes_.take(shot.shot_class, shot.ratio);
  }
  if (verdict == BeamVerdict::other_class) return;
  absent_run_ = verdict == BeamVerdict::i0_absent ? absent_run_ + 1 : 0;
  weak_run_ = verdict == BeamVerdict::i0_weak ? weak_run_ + 1 : 0;
  if (verdict != BeamVerdict::beam) {
    ++bad_run_;
    return;
  }
  bad_run_ = 0;
  follow_i0(shot.i0);
  if (!any_shot_) first_good_ = rate_from_ = shot.time;
  any_shot_ = true;
  last_good_ = std::max(last_good_, shot.time);
  ++good_count_;
  measure_rate();
  dark_run_ = shot.ratio < dark_level_ ? dark_run_ + 1 : 0;
  saturated_run_ = shot.saturated_fraction.value_or(0) > 0.01 ? saturated_run_ + 1 : 0;
  const double ratio =
      settings_.steering_class < 0 ? shot.ratio / classes_.relative(shot.shot_class) : shot.ratio;
  watch_lowest(ratio);
  fresh_.push_back({shot.time, ratio, shot.i0, shot.beam_position});
}

// The middle one of three: a single odd shot is not believed.
void Intake::watch_lowest(double ratio) {
  last_ratios_.push_back(ratio);
  if (last_ratios_.size() > 3) last_ratios_.erase(last_ratios_.begin());
  if (last_ratios_.size() < 3) return;
  auto sorted = last_ratios_;
  std::sort(sorted.begin(), sorted.end());
  if (sorted[1] > 0 && (lowest_ == 0 || sorted[1] < lowest_)) lowest_ = sorted[1];
}

// A beam that fades is known before it is gone: mean of the last 40 shots against that of the last half
// minute.
void Intake::follow_i0(double i0) {
  const double slow = std::max(200.0, 20 * rate_hz_);
  i0_seen_ = std::min(i0_seen_ + 1, slow);
  i0_slow_ += (i0 - i0_slow_) / i0_seen_;
  i0_fast_ += (i0 - i0_fast_) / std::min(i0_seen_, std::max(40.0, rate_hz_));
}

// Good shots per second over the last 20 of them; gaps of a beam loss do not count.
void Intake::measure_rate() {
  if (last_good_ - rate_from_ > Seconds{5} && rate_count_ < 5) {
    rate_from_ = last_good_;
    rate_count_ = 0;
    return;
  }
  if (++rate_count_ < 20) return;
  const double span = (last_good_ - rate_from_).value;
  if (span > 0) rate_hz_ = std::clamp(0.5 * rate_hz_ + 0.5 * rate_count_ / span, 0.2, 2000.0);
  rate_from_ = last_good_;
  rate_count_ = 0;
}

void Intake::take_beam_state(const BeamState& state, Seconds now) {
  beam_blocked_ = !state.stopper_open.value_or(true) || !state.picker_open.value_or(true) ||
                  state.transmission.value_or(1) <= 0;
  operator_hold_ = state.blocked_by_operator;
  const double transmission = state.transmission.value_or(1), energy = state.photon_energy_ev.value_or(0);
  const double mirror = state.mirror_position.value_or(0), distance = state.detector_distance.value_or(0);
  if (state_known_) {
    Cause change = Cause::none;
    if (differs(transmission, transmission_, 0.01)) change = Cause::attenuated;
    if (differs(mirror, mirror_, 1e-4)) change = Cause::jet_moved;  // relative to the beam
    if (differs(energy, energy_, 1e-3) || differs(distance, distance_, 1e-3)) change = Cause::ring_moved;
    if (change != Cause::none) {
      change_ = change;
      changed_at_ = now;
    }
  }
  state_known_ = true;
  transmission_ = transmission;
  energy_ = energy;
  mirror_ = mirror;
  distance_ = distance;
}

void Intake::set_background(double level, double spread, double share) {
  if (!(level > 0)) {
    dark_level_ = 0;
    return;
  }
  // So many shots in a row that their mean would be 4 standard errors below the background, were it still
  // there.
  dark_level_ = share * level;
  const double shots = std::pow(4 * (spread / level) / (1 - share), 2);
  dark_needed_ = static_cast<int>(std::clamp(std::ceil(shots), 3.0, 60.0));
}

// How long no good shot may have come before the beam, or the data, count as gone.
double Intake::patience_s() const { return 0.25 + 8 / rate_hz_; }

Cause Intake::obstacle(Seconds now) const {
  if (fault_ || axis_.overdue(now)) return Cause::motor_fault;
  if (beam_blocked_ || operator_hold_) return Cause::beam_blocked;
  if (!any_shot_) return now - last_arrival_ < Seconds{patience_s()} ? Cause::beam_off : Cause::data_stale;
  if (now - last_arrival_ > Seconds{patience_s()}) return Cause::data_stale;
  if (weak_run_ >= bad_run_for_loss) return Cause::i0_low;
  if (bad_run_ >= bad_run_for_loss) return Cause::beam_off;
  if (i0_seen_ >= 100 && i0_fast_ < fading_share * i0_slow_) return Cause::i0_low;
  if (now - last_good_ > Seconds{settings_.fresh_s + patience_s()}) return Cause::data_stale;
  if (dark()) return Cause::beam_blocked;
  return Cause::none;
}

std::string Intake::evidence(Cause cause, Seconds now) const {
  switch (cause) {
    case Cause::motor_fault:
      return fault_ ? "the motor reports a fault" : "the motor does not arrive";
    case Cause::beam_blocked:
      if (beam_blocked_) return "stopper, picker or transmission say that no beam comes";
      if (operator_hold_) return "the hutch asks to hold";
      return fmt::format("ring below {:.3g} in {} shots while i0 is good", dark_level_, dark_run_);
    case Cause::data_stale:
      return fmt::format("no shot for {:.1f} s", (now - last_arrival_).value);
    case Cause::i0_low:
      if (weak_run_ < bad_run_for_loss)
        return fmt::format("i0 falls: {:.3g} in the last shots, {:.3g} before", i0_fast_, i0_slow_);
      return fmt::format("i0 below 0.3 of {:.3g} in {} shots", gate_.usual_i0(), weak_run_);
    case Cause::beam_off:
      return fmt::format("{} shots in a row without beam", bad_run_);
    default:
      return std::string(name(cause));
  }
}

}  // namespace jt::control
