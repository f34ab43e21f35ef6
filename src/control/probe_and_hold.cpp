#include "control/probe_and_hold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace jt::control {
namespace {

constexpr std::size_t chunk_shots = 20, start_shots = 10;
// An interruption of a quarter of a second must not be taken for the signal.
constexpr Seconds start_time{0.6};
constexpr int look_shots = 6, most_remembered = 48;
// Above this many times the verified signal it need not be the jet (a new sample brings up to 5 times).
constexpr double ceiling_share = 8;
// A jump of the jet, against an interruption that ends by itself: once in so many seconds; assumed.
constexpr double jump_every_s = 120;
constexpr double low_share = 0.5, high_share = 1.7;
// Part of the width: play above it is taken up by approaching from below (docs/decisions/0082).
constexpr double play_that_matters = 0.2;
// The jet may have moved on in a pause that was longer: the next probe does not wait.
constexpr Seconds long_pause{3};

}  // namespace

ProbeAndHold::ProbeAndHold(const Task& task, const std::optional<Estimate>& known)
    : task_(task), intake_(task), known_(known), home_(task.start_um), safe_(task.start_um) {}

Decision ProbeAndHold::step(const Observation& seen, Seconds now) {
  if (phase_ == Phase::finished) return finish(outcome_, cause_, why_);
  now_ = now;
  intake_.take(seen, now);
  if (auto answer = forbidden(seen)) return *answer;
  collect();
  camera_.take(seen, intake_.axis());
  if (phase_ == Phase::stepping_back)
    return intake_.axis().moving() ? hold("stepping back") : finish(Outcome::too_bright, cause_, why_);
  if (const Cause cause = intake_.obstacle(now); cause != Cause::none) return paused(cause, now);
  return go_on(now);
}

std::optional<Decision> ProbeAndHold::forbidden(const Observation& seen) {
  if (seen.stop_requested) {
    Decision decision = finish(Outcome::stopped, Cause::none, "stop was requested");
    decision.kind = Decision::Kind::stop;
    return decision;
  }
  if (seen.motor.someone_else) return finish(Outcome::yielded, Cause::none, "somebody else moves this axis");
  return std::nullopt;
}

// No moves, no conclusions: shots without beam say nothing about the jet.
Decision ProbeAndHold::paused(Cause cause, Seconds now) {
  if (!was_paused_) lost_since_ = now;
  was_paused_ = true;
  low_ = false;
  recent_.clear();
  chunk_.clear();
  camera_.forget();
  Decision decision = hold(intake_.evidence(cause, now));
  decision.activity = Activity::paused;
  decision.causes = CauseProbabilities::certain(cause);
  return decision;
}

Decision ProbeAndHold::go_on(Seconds now) {
  if (!intake_.axis().known()) return hold("waiting for the motor to stand");
  if (was_paused_) {
    was_paused_ = false;
    if (now - lost_since_ > long_pause) next_probe_ = now;
  }
  if (phase_ != Phase::starting && too_bright()) return bright(now);
  if (intake_.change() != Cause::none && phase_ != Phase::starting) return changed(now);
  switch (phase_) {
    case Phase::starting:
      return start(now);
    case Phase::holding:
      return hold_jet(now);
    case Phase::learning:
      return learn(now);
    case Phase::recovering:
      return look_on(now);
    case Phase::returning:
    case Phase::waiting:
      return wait_for_jet(now);
    default:
      return hold("");
  }
}

Decision ProbeAndHold::bright(Seconds now) {
  why_ = fmt::format("brighter than the jet can be near {:.4g} um", intake_.axis().target());
  cause_ = intake_.saturated() ? Cause::saturated : Cause::too_bright;
  // What grew where the jet is held is not escaped by a move; what was driven into is.
  const bool driven_into = phase_ == Phase::recovering || phase_ == Phase::returning;
  Decision decision = hold(why_);
  if (driven_into && !intake_.axis().is_at(safe_)) {
    phase_ = Phase::stepping_back;
    decision = put({intake_.axis().reachable(safe_), MoveClass::step_back, false}, now);
    decision.reason = why_;
  }
  decision.causes = CauseProbabilities::certain(cause_);
  return decision;
}

// ---- what the shots say -----------------------------------------------------------------------------------

// Shots at rest, by their own time; the detectors look at the last of them.
void ProbeAndHold::collect() {
  visit_.collect(intake_);
  const double expected = phase_ == Phase::starting ? 0 : filter_.estimate().amplitude + filter_.background();
  const double ceiling = task_.settings.ceiling > 0 ? task_.settings.ceiling : ceiling_share * expected;
  for (const GoodShot& shot : intake_.fresh()) {
    bright_run_ = ceiling > 0 && shot.ratio > ceiling ? bright_run_ + 1 : 0;
    if (const auto at = intake_.axis().position_at(shot.time)) take_shot(shot, *at);
  }
}

void ProbeAndHold::take_shot(const GoodShot& shot, double at_um) {
  if (!chunk_.empty() && std::abs(at_um - chunk_x_) > 1e-6) end_chunk();
  chunk_x_ = at_um;
  chunk_.push_back(shot.ratio);
  if (phase_ == Phase::starting) return;
  if (phase_ == Phase::holding && shot.beam_position) beam_.take(shot.ratio, *shot.beam_position);
  const double background = filter_.background();
  const double signal = std::max(filter_.expected(at_um) - background, 1e-12);
  recent_.push_back({at_um, shot.ratio, (shot.ratio - background) / signal});
  if (recent_.size() > most_remembered) recent_.erase(recent_.begin());
  if (phase_ == Phase::holding && !low_ && chunk_.size() >= std::min(chunk_shots, window())) end_chunk();
}

// A dwell, or a part of one, goes into the belief.
void ProbeAndHold::end_chunk() {
  const std::vector<double> ratios = std::move(chunk_);
  chunk_.clear();
  if (phase_ != Phase::holding || low_ || ratios.size() < 4 || level() != Level::as_expected)
    return beam_.forget();
  const Dwell dwell = robust_dwell(ratios, filter_.background());
  filter_.predict(std::max(0.0, (now_ - predicted_).value));
  predicted_ = now_;
  if (!dwell.valid() || !(dwell.mean > 0)) return beam_.forget();
  filter_.update(chunk_x_, dwell.mean, dwell.error);
  const Estimate& known = filter_.estimate();
  const double slope = known.amplitude * filter_.profile().slope(chunk_x_ - known.centre_um);
  if (const auto told = beam_.end_dwell(slope)) filter_.update_slope(chunk_x_, told->per_um, told->error);
  relative_noise_ += 0.05 * (std::clamp(dwell.spread / dwell.mean, 0.01, 1.0) - relative_noise_);
}

std::size_t ProbeAndHold::window() const {
  return static_cast<std::size_t>(std::clamp(0.25 * intake_.rate_hz(), 6.0, 40.0));
}

double ProbeAndHold::recent_share() const { return share_of_last(window()); }

double ProbeAndHold::share_of_last(std::size_t count) const {
  std::vector<double> shares;
  for (std::size_t i = recent_.size() - std::min(count, recent_.size()); i < recent_.size(); ++i)
    shares.push_back(recent_[i].share);
  return median_of(shares);
}

// The last shots at one position.
Dwell ProbeAndHold::recent_dwell() const {
  std::vector<double> ratios;
  for (std::size_t i = recent_.size() - std::min(window(), recent_.size()); i < recent_.size(); ++i)
    if (std::abs(recent_[i].x_um - recent_.back().x_um) < 1e-6) ratios.push_back(recent_[i].ratio);
  return robust_dwell(ratios, 0);
}

Point ProbeAndHold::recent_point() const {
  const Dwell dwell = recent_dwell();
  return {recent_.empty() ? home_ : recent_.back().x_um,
          dwell.mean,
          dwell.error,
          dwell.spread,
          dwell.kept,
          0,
          now_.value};
}

ProbeAndHold::Level ProbeAndHold::level() const {
  if (recent_.size() < window()) return Level::as_expected;
  const double share = recent_share();
  // When the very last shots are good again it is over, whatever the others were.
  if (share < low_share) return share_of_last(6) < low_share ? Level::low : Level::as_expected;
  return share > high_share ? Level::high : Level::as_expected;
}

// ---- holding
// ------------------------------------------------------------------------------------------------

Decision ProbeAndHold::start(Seconds now) {
  if (chunk_.empty()) low_since_ = now;
  if (chunk_.size() < start_shots || now - low_since_ < start_time) return hold("learning the signal");
  const Dwell dwell = robust_dwell(chunk_, 0);
  if (!dwell.valid() || !(dwell.mean > 0)) {
    chunk_.clear();
    return hold("no steady signal yet");
  }
  relative_noise_ = std::clamp(dwell.spread / dwell.mean, 0.01, 1.0);
  Estimate first = known_.value_or(Estimate{});
  if (!known_) {
    first.centre_um = intake_.axis().position();
    first.sigma_um = 0.07 * task_.fwhm_um;
    first.fwhm_um = task_.fwhm_um;
    first.amplitude = dwell.mean;
    first.background = 0;  // not known before the jet has been left once
  }
  const double walk = std::pow(task_.settings.drift_fwhm_per_sqrt_s * first.fwhm_um, 2);
  filter_.start(first, std::nullopt, known_ ? 0.1 : 0.2, walk);
  reference_ = first.amplitude;
  begin_holding(now);
  return hold("the signal is known");
}

void ProbeAndHold::begin_holding(Seconds now) {
  phase_ = Phase::holding;
  low_ = false;
  predicted_ = height_followed_ = now;
  home_ = safe_ = filter_.estimate().centre_um;
  chunk_.clear();
  recent_.clear();
  camera_.forget();
  probes_left_ = task_.settings.quiet ? 0 : 1;
  set_dark_level();
  next_probe_ = now + Seconds{0.1};
  plan_next_dwell(now);
}

// Before the background is known only next to nothing is dark.
void ProbeAndHold::set_dark_level() {
  const double background = filter_.background();
  if (background > 0)
    intake_.set_background(background, 0.15 * background, 0.3);
  else
    intake_.set_background(0.02 * filter_.estimate().amplitude, 0, 0.1);
}

Decision ProbeAndHold::hold_jet(Seconds now) {
  const Level now_level = level();
  if (now_level != Level::as_expected) return react(now_level, now);
  if (low_) {  // it came back by itself
    low_ = false;
    const double lasted = (now - low_since_).value;
    burst_s_ = burst_s_ > 0 ? 0.8 * burst_s_ + 0.2 * lasted : lasted;
    bursts_per_s_ = 0.9 * bursts_per_s_ + 0.1;
    blame({{Cause::jet_intermittent, 0.9}, {Cause::unknown, 0.1}}, now + Seconds{1});
    chunk_.clear();
  }
  follow_instruments(now);
  follow_height(now);
  home_ = safe_ = filter_.estimate().centre_um;
  return probe(now);
}

void ProbeAndHold::follow_instruments(Seconds now) {
  if (const auto by = beam_.beam_moved(); by && std::abs(*by) > 0.1 * task_.fwhm_um) {
    filter_.shift(-*by, 0.3 * std::abs(*by));
    next_probe_ = now;
    blame({{Cause::jet_moved, 0.7}, {Cause::ring_moved, 0.2}, {Cause::unknown, 0.1}}, now + Seconds{2});
  }
  if (now - height_followed_ < Seconds{0.5}) return;
  if (const auto seen = camera_.place()) filter_.update_position(seen->position_um, seen->error_um);
  const Estimate& known = filter_.estimate();
  camera_.learn(known.centre_um, known.sigma_um);
}

// Slow growth is not the jet: ice, salt, a background that comes up. It is named, and the reference follows.
void ProbeAndHold::follow_height(Seconds now) {
  const double passed = (now - height_followed_).value;
  if (passed < 0.5) return;
  height_followed_ = now;
  const double height = filter_.estimate().amplitude;
  if (height > 1.35 * reference_)
    blame({{Cause::background_changed, 0.6}, {Cause::sample_changed, 0.3}, {Cause::attenuated, 0.1}},
          now + Seconds{1});
  if (height < 0.65 * reference_)
    blame({{Cause::sample_changed, 0.5}, {Cause::attenuated, 0.4}, {Cause::unknown, 0.1}}, now + Seconds{1});
  reference_ += std::min(1.0, passed / 120) * (height - reference_);
}

// Beam state or ring window: no moves until the level after it is known.
Decision ProbeAndHold::changed(Seconds now) {
  learning_ = intake_.change();
  learn_from_ = std::max(intake_.changed_at(), now - Seconds{1});
  intake_.acknowledge_change();
  recent_.clear();
  chunk_.clear();
  low_ = false;
  if (phase_ == Phase::holding) phase_ = Phase::learning;
  blame({{learning_, 0.9}, {Cause::unknown, 0.1}}, now + Seconds{3});
  return hold("the beamline changed: learning the reference again");
}

// Transmission scales jet and background; after a mirror the jet is elsewhere; after a new window or energy
// both heights are new.
Decision ProbeAndHold::learn(Seconds now) {
  if (now - learn_from_ < Seconds{0.1} || recent_.size() < window())
    return hold("shots after the change are collected");
  const double share = recent_share();
  const bool signal = share > 0.01;
  phase_ = Phase::holding;
  predicted_ = now;
  next_probe_ = now;
  if (learning_ == Cause::jet_moved)
    filter_.shift(0, 0.4 * filter_.estimate().fwhm_um);
  else if (signal)
    filter_.rescale(share, share, learning_ == Cause::attenuated ? 0.1 : 0.3);
  reference_ = filter_.estimate().amplitude;
  set_dark_level();
  recent_.clear();
  return hold(fmt::format("the signal is {:.3g} of what it was after the change", share));
}

// On the flank pointing jitter makes the signal scatter; at the top of a weaker peak it does not. And a jet
// that is gone leaves the background, no less.
bool ProbeAndHold::same_place(Level level, const Dwell& dwell, double part) const {
  if (level == Level::high) return true;
  if (!(dwell.mean > 0) || dwell.kept < 6) return false;
  const double background = filter_.background();
  const double noise = dwell.spread / dwell.mean, photons = relative_noise_ / std::sqrt(std::max(part, 1e-3));
  const bool clear_of_background = background > 0 ? std::abs(dwell.mean / background - 1) > 0.4 : part > 0.15;
  return clear_of_background && noise < 1.3 * photons && noise < 0.3;
}

// The signal is not what it was, at the same place.
Decision ProbeAndHold::react(Level level, Seconds now) {
  if (!low_) {
    low_ = true;
    low_since_ = now;
    chunk_.clear();
    camera_.forget();
  }
  const double lasted = (now - low_since_).value;
  const Estimate known = filter_.estimate();
  const Dwell dwell = recent_dwell();
  const double part = dwell.mean / (known.amplitude + known.background);
  if (lasted > 0.18 && part > 0 && same_place(level, dwell, part)) {
    filter_.rescale(part, known.background > 0 && part < 2 ? part : 1, 0.3);
    set_dark_level();
    recent_.clear();
    chunk_.clear();
    low_ = false;
    next_probe_ = now;
    blame({{Cause::attenuated, 0.55}, {Cause::sample_changed, 0.35}, {Cause::unknown, 0.1}},
          now + Seconds{2});
    return hold(
        fmt::format("the signal is {:.3g} of what it was and no noisier: reference learnt again", part));
  }
  if (lasted > patience_s()) return recover(now);
  Decision decision =
      hold(fmt::format("signal {:.2g} of what was expected: waiting whether it comes back", recent_share()));
  decision.causes = {};
  const double gone = camera_.sees_no_jet() ? 0.6 : 0.25;
  decision.causes[Cause::jet_gone] = gone;
  decision.causes[Cause::jet_intermittent] = 0.55 * (1 - gone);
  decision.causes[Cause::jet_moved] = 0.45 * (1 - gone);
  return decision;
}

// As long as an interruption is more likely than a jump: rate * exp(-t / length) against 1 / jump_every.
double ProbeAndHold::patience_s() const {
  const double rate = bursts_per_s_ > 0 ? 0.35 : 0;
  return 0.2 + (rate > 0 ? std::clamp(burst_s_ * std::log(rate * jump_every_s), 0.0, 2.0) : 0.0);
}

bool ProbeAndHold::may_probe(Seconds now, int spare) const {
  const auto in_last_minute =
      std::count_if(puts_.begin(), puts_.end(), [&](Seconds at) { return now - at < Seconds{60}; });
  return static_cast<double>(in_last_minute) + 2 + spare <= task_.settings.max_moves_per_min;
}

Decision ProbeAndHold::probe(Seconds now) {
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  if (intake_.axis().moving()) return hold("holding");
  // The jet has left the side where it was to be probed: the next dwell is not waited for.
  const double off = intake_.axis().position() - filter_.estimate().centre_um - planned_offset_;
  const double far =
      std::max({2.5 * drift_um_, 2 * filter_.estimate().sigma_um, 1.5 * task_.axis.resolution_um});
  if (now < next_probe_ && (std::abs(off) < far || !may_probe(now, 5))) return hold("holding");
  if (task_.settings.quiet) {
    // A change, not the scatter of the median: looked at 10^4 times in five minutes.
    const double scatter = 7 * relative_noise_ / std::sqrt(static_cast<double>(window()));
    if (probes_left_ == 0 && recent_.size() >= most_remembered && recent_share() < 1 - std::max(0.1, scatter))
      probes_left_ = 6;
    if (probes_left_ == 0) return hold("quiet: no change");
    --probes_left_;
  }
  if (!may_probe(now, 0)) return hold("the moves of this minute are spent");
  side_ = -side_;
  plan_next_dwell(now);
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  return hold("already on that side");
}

// Decides where the next dwell is, and until when. Where the centre is not well known, wide and short.
void ProbeAndHold::plan_next_dwell(Seconds now) {
  DitherTask dither;
  dither.profiles = filter_.profiles();
  dither.relative_noise = relative_noise_;
  dither.shots_per_s = intake_.rate_hz();
  dither.walk_um2_s = filter_.walk();
  dither.resolution_um = task_.axis.resolution_um;
  dither.dead_s = intake_.axis().travel_time_s(1);
  dither.moves_per_min = std::max(1.0, 0.97 * task_.settings.max_moves_per_min);
  dither.puts_per_pair = task_.axis.backlash_um > play_that_matters * filter_.estimate().fwhm_um ? 3 : 2;
  const Dither best = best_dither(dither);
  const Estimate& known = filter_.estimate();
  const bool unsure = known.sigma_um > std::max(0.12 * known.fwhm_um, 2.5 * best.drift_um);
  next_probe_ = now + Seconds{unsure ? std::min(best.dwell_s, 2 * dither.dead_s + 0.2) : best.dwell_s};
  drift_um_ = best.drift_um;
  const double side =
      std::max(best.side_um, std::min(0.3 * known.fwhm_um, unsure ? 0.7 * known.sigma_um : 0.0));
  const double away = task_.settings.quiet && probes_left_ <= 0 ? 0 : side_ * side;
  // The play is a known number, but not exactly: where a third of it would matter, every move ends from
  // below.
  const bool from_below = task_.axis.backlash_um > play_that_matters * known.fwhm_um;
  const double target = probe_target(known.centre_um, away, from_below);
  planned_offset_ = target + (from_below ? 0 : slack_at(target)) - known.centre_um;
  if (intake_.axis().is_at(target)) return;  // already on that side: the jet has come here
  visit_.begin({target, 1, from_below, MoveClass::probe}, now);
}

// The play that is open after a direct move to `target`.
double ProbeAndHold::slack_at(double target_um) const {
  const double distance = target_um - intake_.axis().target();
  return std::clamp(intake_.axis().slack() - distance, 0.0, task_.axis.backlash_um);
}

// The axis position that brings the jet `away` from the beam. The two sides of a jet are never the same step
// of the axis, or nothing would be learnt.
double ProbeAndHold::probe_target(double centre_um, double away, bool from_below) const {
  const double resolution = task_.axis.resolution_um;
  double wanted = centre_um + away;
  if (away != 0 && resolution > 0 && std::abs(away) < 0.5 * resolution) {
    const double step = centre_um / resolution;
    wanted = resolution * (away > 0 ? std::ceil(step) : std::floor(step));
  }
  const double way = wanted - intake_.axis().position();
  if (!from_below && std::abs(way) < 0.5 * std::max(resolution, 1e-6)) return intake_.axis().target();
  if (!from_below && way < 0) wanted -= task_.axis.backlash_um;
  return intake_.axis().reachable(wanted);
}

// ---- recovery
// -----------------------------------------------------------------------------------------------

Decision ProbeAndHold::recover(Seconds now) {
  const Estimate known = filter_.estimate();
  home_ = known.centre_um;
  RecoveryTask task;
  task.limits = task_.limits;
  task.home_um = home_;
  task.profile = filter_.profile();
  task.amplitude = known.amplitude;
  task.background = known.background;
  task.resolution_um = task_.axis.resolution_um;
  between_ = wait_s_ > 0 && !between_;
  task.between = between_;
  if (const auto seen = camera_.place()) {
    task.hint_um = seen->position_um;
    task.hint_error_um = seen->error_um;
  }
  recovery_.begin(task, recent_point());
  phase_ = Phase::recovering;
  blame({{Cause::jet_moved, 0.55}, {Cause::jet_gone, 0.35}, {Cause::unknown, 0.1}}, now + Seconds{0.5});
  return next_look(now);
}

Decision ProbeAndHold::next_look(Seconds now) {
  const auto x = recovery_.next();
  if (!x) return go_home(now);
  visit_.begin({*x, look_shots, recovery_.climbing(), MoveClass::recover}, now);
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  return hold("the jet is looked for");
}

Decision ProbeAndHold::look_on(Seconds now) {
  const double swept = recovery_.swept();
  blame(
      {{Cause::jet_moved, 0.65 * (1 - swept)}, {Cause::jet_gone, 0.25 + 0.55 * swept}, {Cause::unknown, 0.1}},
      now + Seconds{0.5});
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  const auto point = visit_.point(intake_.axis(), 0, now);
  if (!point) return hold(visit_.progress());
  if (point->mean < filter_.estimate().amplitude) safe_ = intake_.axis().target();
  recovery_.take(*point);
  if (recovery_.found()) return resume(*recovery_.found(), now);
  return next_look(now);
}

Decision ProbeAndHold::resume(const RecoveredJet& found, Seconds now) {
  const Estimate known = filter_.estimate();
  const double change = found.amplitude / known.amplitude;
  const bool other_height = change < 0.6 || change > 1.5;
  const bool moved = std::abs(found.centre_um - home_) > 0.35 * known.fwhm_um;
  filter_.set_background(found.background);
  filter_.move_to(found.centre_um, found.sigma_um, other_height ? found.amplitude : known.amplitude,
                  other_height ? 0.4 : 0.15);
  if (other_height) reference_ = found.amplitude;
  begin_holding(now);
  if (moved)
    blame({{Cause::jet_moved, 0.9}, {Cause::unknown, 0.1}}, now + Seconds{2});
  else if (other_height)
    blame({{Cause::sample_changed, 0.8}, {Cause::attenuated, 0.1}, {Cause::unknown, 0.1}}, now + Seconds{2});
  else
    blame({{Cause::jet_intermittent, 0.8}, {Cause::jet_gone, 0.1}, {Cause::unknown, 0.1}}, now + Seconds{2});
  return hold(fmt::format("the jet is at {:.2f} um", found.centre_um));
}

// A full sweep without signal: back, and wait there. Later sweeps come at longer and longer intervals.
Decision ProbeAndHold::go_home(Seconds now) {
  const bool first = !(wait_s_ > 0) || now - lost_since_ > Seconds{task_.settings.sweep_time_s};
  if (first) lost_since_ = now;
  wait_s_ = first ? 3 : 2 * wait_s_;
  next_sweep_ = now + Seconds{wait_s_};
  filter_.set_background(recovery_.background());
  set_dark_level();
  recent_.clear();
  phase_ = Phase::returning;
  visit_.begin({home_, 1, true, MoveClass::align}, now);
  return wait_for_jet(now);
}

Decision ProbeAndHold::wait_for_jet(Seconds now) {
  blame({{Cause::jet_gone, 0.9}, {Cause::unknown, 0.1}}, now + Seconds{0.5});
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  if (intake_.axis().moving()) return hold("going back to where the jet was");
  phase_ = Phase::waiting;
  const Estimate known = filter_.estimate();
  const Point here = recent_point();
  if (recent_.size() >= window() && here.shots >= 6 &&
      here.mean - known.background >
          std::max({0.15 * known.amplitude, 0.6 * known.background, 6 * here.error})) {
    wait_s_ = 0;
    return resume({here.x_um, 0.25 * known.fwhm_um, here.mean - known.background, known.background}, now);
  }
  const bool again = now > next_sweep_ && now - lost_since_ < Seconds{task_.settings.sweep_time_s};
  if (again && recent_.size() >= window()) return recover(now);
  return hold("one sweep found nothing: waiting where the jet was");
}

// ---- answers
// ------------------------------------------------------------------------------------------------

Decision ProbeAndHold::put(const VisitPut& due, Seconds now) {
  Decision decision = hold(fmt::format("{} to {:.4g} um", jt::control::name(due.move), due.target_um));
  decision.kind = Decision::Kind::move;
  decision.target_um = intake_.axis().reachable(due.target_um);
  decision.move = due.move;
  decision.continues = due.continues;
  intake_.axis().asked(decision.target_um, now);
  if (phase_ != Phase::holding) recent_.clear();
  if (phase_ != Phase::holding) return decision;  // the cap is for probing; a lost jet is looked for
  std::erase_if(puts_, [&](Seconds at) { return now - at > Seconds{60}; });
  puts_.push_back(now);
  return decision;
}

bool ProbeAndHold::too_bright() const { return bright_run_ >= 3 || intake_.saturated(); }

void ProbeAndHold::blame(std::initializer_list<std::pair<Cause, double>> causes, Seconds until) {
  causes_ = {};
  for (const auto& [cause, probability] : causes) causes_[cause] = probability;
  causes_.normalise();
  causes_until_ = until;
}

Decision ProbeAndHold::hold(std::string why) const {
  Decision decision;
  decision.reason = std::move(why);
  constexpr std::array activities{Activity::starting,   Activity::holding,   Activity::learning,
                                  Activity::recovering, Activity::returning, Activity::recovering,
                                  Activity::returning,  Activity::done};
  decision.activity = activities.at(static_cast<std::size_t>(phase_));
  decision.causes = now_ <= causes_until_ ? causes_ : CauseProbabilities::certain(Cause::none);
  if (phase_ != Phase::starting && phase_ != Phase::finished) decision.estimate = filter_.estimate();
  return decision;
}

Decision ProbeAndHold::finish(Outcome outcome, Cause cause, std::string why) {
  phase_ = Phase::finished;
  outcome_ = outcome;
  cause_ = cause;
  why_ = std::move(why);
  Decision decision = hold(why_);
  decision.kind = Decision::Kind::finished;
  decision.outcome = outcome;
  decision.causes = CauseProbabilities::certain(cause);
  return decision;
}

void ProbeAndHold::fields(auto& archive) {
  archive(intake_, known_, filter_, recovery_, between_, camera_, beam_, visit_, phase_, chunk_, chunk_x_,
          recent_, puts_, now_, predicted_, next_probe_, low_since_, height_followed_, learn_from_,
          next_sweep_, lost_since_, low_, was_paused_, relative_noise_, side_, planned_offset_, drift_um_,
          home_, safe_, probes_left_, reference_, wait_s_, burst_s_, bursts_per_s_, bright_run_, learning_,
          causes_, causes_until_, outcome_, cause_);
}

std::string ProbeAndHold::save() const {
  StateWriter writer;
  auto& self = const_cast<ProbeAndHold&>(*this);  // the one list of fields serves reading and writing
  self.fields(writer);
  return std::move(writer).text();
}

void ProbeAndHold::restore(std::string_view state) {
  StateReader reader(state);
  fields(reader);
  reader.finish();
}

}  // namespace jt::control
