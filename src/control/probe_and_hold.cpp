#include "control/probe_and_hold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace jt::control {
namespace {

constexpr int chunk_shots = 16, start_shots = 40, verify_shots = 12;
// Above this many times the verified signal it need not be the jet (a new sample brings up to 5 times).
constexpr double ceiling_share = 8;
// A jump of the jet, against an interruption that ends by itself: once in so many seconds; assumed.
constexpr double jump_every_s = 120;

}  // namespace

ProbeAndHold::ProbeAndHold(const Task& task, const std::optional<Estimate>& known)
    : task_(task), intake_(task), known_(known), home_(task.start_um), safe_(task.start_um) {}

Decision ProbeAndHold::step(const Observation& seen, Seconds now) {
  if (phase_ == Phase::finished) return finish(outcome_, cause_, why_);
  intake_.take(seen, now);
  if (auto answer = forbidden(seen)) return *answer;
  collect(now);
  take_camera(seen);
  if (phase_ == Phase::stepping_back)
    return intake_.axis().moving() ? hold("stepping back") : finish(Outcome::too_bright, cause_, why_);
  if (const Cause cause = intake_.obstacle(now); cause != Cause::none) {
    Decision decision = hold(intake_.evidence(cause, now));
    decision.activity = Activity::paused;
    decision.causes = CauseProbabilities::certain(cause);
    low_ = false;
    recent_.clear();
    chunk_.clear();
    return decision;
  }
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

Decision ProbeAndHold::go_on(Seconds now) {
  if (!intake_.axis().known()) return hold("waiting for the motor to stand");
  if (phase_ != Phase::starting && too_bright()) {
    why_ = fmt::format("brighter than the jet can be near {:.4g} um", intake_.axis().target());
    cause_ = intake_.saturated() ? Cause::saturated : Cause::too_bright;
    // Nothing was driven into: what grew here is not escaped by a move.
    const bool driven_into = phase_ == Phase::recovering || phase_ == Phase::verifying;
    if (driven_into && !intake_.axis().is_at(safe_)) {
      phase_ = Phase::stepping_back;
      Decision decision = put({intake_.axis().reachable(safe_), MoveClass::step_back, false}, now);
      decision.causes = CauseProbabilities::certain(cause_);
      decision.reason = why_;
      return decision;
    }
    Decision decision = hold(why_);
    decision.causes = CauseProbabilities::certain(cause_);
    return decision;
  }
  switch (phase_) {
    case Phase::starting:
      return start(now);
    case Phase::holding:
      return hold_jet(now);
    case Phase::recovering:
      return next_visit(now);
    case Phase::verifying:
      return verify(now);
    case Phase::waiting:
      return wait_for_jet(now);
    default:
      return hold("");
  }
}

// Shots at rest, by their own time; the detectors look at the last of them.
void ProbeAndHold::collect(Seconds) {
  visit_.collect(intake_);
  const AxisTracker& axis = intake_.axis();
  const double expected = phase_ == Phase::starting ? 0 : filter_.estimate().amplitude + filter_.background();
  const double ceiling = task_.settings.ceiling > 0 ? task_.settings.ceiling : ceiling_share * expected;
  for (const GoodShot& shot : intake_.fresh()) {
    bright_run_ = ceiling > 0 && shot.ratio > ceiling ? bright_run_ + 1 : 0;
    if (!axis.known() || axis.moving() || shot.time < std::max(axis.rest_from(), here_from_)) continue;
    chunk_.push_back(shot.ratio);
    recent_.push_back(shot.ratio);
    if (recent_.size() > window()) recent_.erase(recent_.begin());
  }
}

void ProbeAndHold::take_camera(const Observation& seen) {
  if (phase_ != Phase::holding || low_ || intake_.axis().moving()) return;
  for (const CameraSeen& picture : seen.camera) {
    if (!picture.jet_seen || picture.time < intake_.axis().rest_from()) continue;
    filter_.update_camera(intake_.axis().position() - picture.position_um, 2.0);
  }
}

std::size_t ProbeAndHold::window() const {
  return static_cast<std::size_t>(std::clamp(0.25 * intake_.rate_hz(), 6.0, 40.0));
}

double ProbeAndHold::recent_median() const {
  auto copy = recent_;
  return median_of(copy);
}

Decision ProbeAndHold::start(Seconds now) {
  if (chunk_.size() < std::min<std::size_t>(start_shots, 4 * window())) return hold("learning the signal");
  const Dwell dwell = robust_dwell(chunk_, 0);
  if (!dwell.valid() || !(dwell.mean > 0)) {
    chunk_.clear();
    return hold("no steady signal yet");
  }
  relative_noise_ = std::clamp(dwell.spread / dwell.mean, 0.01, 1.0);
  Estimate first = known_.value_or(Estimate{});
  if (!known_) {
    first.centre_um = intake_.axis().position();
    first.sigma_um = 0.1 * task_.fwhm_um;
    first.fwhm_um = task_.fwhm_um;
    first.amplitude = dwell.mean;
    first.background = 0;  // not known before the jet has been left once
  }
  resume(first, Shape::gaussian, 0.2, now);
  return hold("the signal is known");
}

void ProbeAndHold::resume(const Estimate& known, Shape shape, double width_error, Seconds now) {
  const double walk = std::pow(task_.settings.drift_fwhm_per_sqrt_s * known.fwhm_um, 2);
  filter_.start(known, shape, width_error, walk);
  phase_ = Phase::holding;
  has_plan_ = false;
  low_ = false;
  predicted_ = now;
  home_ = safe_ = known.centre_um;
  chunk_.clear();
  recent_.clear();
  reference_ = known.amplitude;
  probes_left_ = task_.settings.quiet ? 0 : 1;
  set_dark_level();
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

void ProbeAndHold::take_chunk(Seconds now) {
  const double passed = (now - predicted_).value;
  if (chunk_.size() < std::min<std::size_t>(chunk_shots, window())) return;
  const Dwell dwell = robust_dwell(chunk_, filter_.background());
  chunk_.clear();
  filter_.predict(std::max(0.0, passed));
  predicted_ = now;
  if (!dwell.valid() || !(dwell.mean > 0)) return;
  filter_.update(intake_.axis().position(), dwell.mean, dwell.error);
  relative_noise_ += 0.05 * (std::clamp(dwell.spread / dwell.mean, 0.01, 1.0) - relative_noise_);
}

ProbeAndHold::Level ProbeAndHold::level() const {
  if (recent_.size() < window()) return Level::as_expected;
  const double expected = filter_.expected(intake_.axis().position()), background = filter_.background();
  const double part = (recent_median() - background) / std::max(expected - background, 1e-12);
  if (part < 0.5) return Level::low;
  return part > 1.7 ? Level::high : Level::as_expected;
}

Decision ProbeAndHold::hold_jet(Seconds now) {
  const Level now_level = level();
  if (now_level != Level::as_expected) return react(now_level, now);
  if (low_) {  // it came back by itself
    low_ = false;
    const double lasted = (now - low_since_).value;
    burst_s_ = burst_s_ > 0 ? 0.8 * burst_s_ + 0.2 * lasted : lasted;
    bursts_per_s_ = 0.9 * bursts_per_s_ + 0.1;
    causes_ = CauseProbabilities::certain(Cause::jet_intermittent);
    causes_until_ = now + Seconds{1};
    chunk_.clear();
  }
  take_chunk(now);
  home_ = safe_ = filter_.estimate().centre_um;
  return probe(now);
}

// The signal is not what it was, at the same place.
Decision ProbeAndHold::react(Level level, Seconds now) {
  if (!low_) {
    low_ = true;
    low_since_ = now;
  }
  chunk_.clear();
  const double lasted = (now - low_since_).value;
  const Estimate known = filter_.estimate();
  const Dwell dwell = robust_dwell(recent_, 0);
  const double noise = dwell.mean > 0 ? dwell.spread / dwell.mean : 1;
  const double part = dwell.mean / (known.amplitude + known.background);
  // On the flank pointing jitter makes the signal scatter; at the top of a weaker peak it does not. And a jet
  // that is gone leaves the background, no less.
  const double photons = relative_noise_ / std::sqrt(std::max(part, 1e-3));
  const bool clear_of_background =
      known.background > 0 ? std::abs(dwell.mean / known.background - 1) > 0.4 : part > 0.2;
  const bool same_place =
      level == Level::high || (clear_of_background && noise < 1.3 * photons && noise < 0.3);
  if (same_place && lasted > 0.3 && part > 0) {
    const bool both = known.background > 0 && part < 2;
    filter_.rescale(part, both ? part : 1, 0.1);
    set_dark_level();
    recent_.clear();
    low_ = false;
    causes_ = {};
    causes_[Cause::attenuated] = 0.6;
    causes_[Cause::sample_changed] = 0.4;
    causes_until_ = now + Seconds{2};
    return hold(
        fmt::format("the signal is {:.3g} of what it was and no noisier: reference learnt again", part));
  }
  // Wait as long as an interruption is more likely than a jump: rate * exp(-t / length) against 1 /
  // jump_every.
  const double rate = bursts_per_s_ > 0 ? 0.35 : 0;
  const double patience =
      0.2 + (rate > 0 ? std::clamp(burst_s_ * std::log(rate * jump_every_s), 0.0, 2.0) : 0.0);
  if (lasted > patience) return recover(now);
  Decision decision = hold("no signal where the jet was: waiting whether it comes back");
  decision.causes = {};
  decision.causes[Cause::jet_intermittent] = 0.4;
  decision.causes[Cause::jet_moved] = 0.35;
  decision.causes[Cause::jet_gone] = 0.25;
  return decision;
}

bool ProbeAndHold::may_probe(Seconds now) const {
  const auto in_last_minute =
      std::count_if(puts_.begin(), puts_.end(), [&](Seconds at) { return now - at < Seconds{60}; });
  return static_cast<double>(in_last_minute) + 2 <= task_.settings.max_moves_per_min;
}

Decision ProbeAndHold::probe(Seconds now) {
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  if (intake_.axis().moving() || now < next_probe_) return hold("holding");
  if (task_.settings.quiet) {
    const double expected = filter_.expected(home_);
    if (probes_left_ == 0 && recent_.size() >= window() && recent_median() < 0.9 * expected) probes_left_ = 6;
    if (probes_left_ == 0) return hold("quiet: no change");
    --probes_left_;
  }
  if (!may_probe(now)) return hold("the moves of this minute are spent");
  side_ = -side_;
  plan_next_dwell(now);
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  return hold("already on that side");
}

// Decides where the next dwell is, and until when.
void ProbeAndHold::plan_next_dwell(Seconds now) {
  DitherTask dither;
  dither.profile = filter_.profile();
  dither.relative_noise = relative_noise_;
  dither.shots_per_s = intake_.rate_hz();
  dither.walk_um2_s = filter_.walk();
  dither.resolution_um = task_.axis.resolution_um;
  dither.dead_s = intake_.axis().travel_time_s(1);
  dither.moves_per_min = std::max(1.0, 0.97 * task_.settings.max_moves_per_min);
  const Dither best = best_dither(dither);
  next_probe_ = now + Seconds{best.dwell_s};
  const double away = task_.settings.quiet && probes_left_ <= 0 ? 0 : side_ * best.side_um;
  double target = intake_.axis().reachable(filter_.estimate().centre_um + away);
  if (intake_.axis().is_at(target)) return;  // already on that side: the jet has come here
  visit_.begin({target, 1, true, MoveClass::probe}, now);
}

Decision ProbeAndHold::recover(Seconds now) {
  const Estimate known = filter_.estimate();
  home_ = known.centre_um;
  points_.clear();
  Task near = task_;
  near.fwhm_um = known.fwhm_um;
  order_ = recovery_order();
  plan_ = make_recovery_plan(near, order_, 0.15 * known.amplitude);
  has_plan_ = true;
  phase_ = Phase::recovering;
  Point here;
  here.x_um = intake_.axis().position();
  const Dwell dwell = robust_dwell(recent_, 0);
  here.mean = dwell.mean;
  here.error = dwell.error;
  here.spread = dwell.spread;
  here.shots = dwell.kept;
  points_.push_back(here);
  ask_ = plan_->next(points_);
  if (ask_.kind == Ask::Kind::visit) visit_.begin(ask_.visit, now);
  return hold("the jet is looked for");
}

// Outwards on both sides, and home again now and then: a jet that stopped comes back where it was.
std::vector<double> ProbeAndHold::recovery_order() const {
  const double step = std::max(0.9 * filter_.estimate().fwhm_um, 2 * task_.axis.resolution_um);
  std::vector<double> order;
  for (int k = 1; k < 2000; ++k) {
    const double up = home_ + k * step, down = home_ - k * step;
    const bool up_in = up - step<task_.limits.high(), down_in = down - step> task_.limits.low();
    if (!up_in && !down_in) break;
    if (up_in) order.push_back(task_.limits.clamp(up));
    if (down_in) order.push_back(task_.limits.clamp(down));
    if (k % 4 == 0) order.push_back(home_);
  }
  return order;
}

Decision ProbeAndHold::next_visit(Seconds now) {
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  const auto point = visit_.point(intake_.axis(), 0, now);
  const double swept =
      std::min(1.0, static_cast<double>(points_.size()) / static_cast<double>(order_.size() + 1));
  causes_ = {};
  causes_[Cause::jet_moved] = 0.65 * (1 - swept);
  causes_[Cause::jet_gone] = 0.25 + 0.55 * swept;
  causes_[Cause::unknown] = 0.1;
  causes_.normalise();
  causes_until_ = now + Seconds{0.5};
  if (!point) return hold(visit_.progress());
  points_.push_back(*point);
  points_.back().round = ask_.visit.exact ? 1 : 0;
  if (point->mean < filter_.estimate().amplitude) safe_ = intake_.axis().target();
  ask_ = plan_->next(points_);
  if (ask_.kind == Ask::Kind::visit) {
    visit_.begin(ask_.visit, now);
  } else if (ask_.kind == Ask::Kind::propose) {
    phase_ = Phase::verifying;
    visit_.begin({ask_.fit.centre_um, verify_shots, true, MoveClass::align}, now);
  } else {  // one full sweep without signal: back, and wait
    phase_ = Phase::waiting;
    filter_.set_background(background_of(points_));
    set_dark_level();
    recent_.clear();
    visit_.begin({home_, 1, true, MoveClass::align}, now);
  }
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  return hold(visit_.progress());
}

Decision ProbeAndHold::verify(Seconds now) {
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  const auto point = visit_.point(intake_.axis(), 0, now);
  if (!point) return hold(visit_.progress());
  const PeakFit& fit = ask_.fit;
  points_.push_back(*point);
  if (point->mean - fit.background > 0.6 * fit.amplitude) {
    Estimate found{fit.centre_um,
                   std::max(fit.sigma_um, 0.03 * fit.profile.fwhm_um),
                   1,
                   fit.profile.fwhm_um,
                   point->mean - fit.background,
                   fit.background};
    const bool moved = std::abs(fit.centre_um - home_) > 0.3 * fit.profile.fwhm_um;
    resume(found, fit.profile.shape, 0.1, now);
    causes_ = CauseProbabilities::certain(moved ? Cause::jet_moved : Cause::jet_intermittent);
    causes_until_ = now + Seconds{2};
    return hold(fmt::format("the jet is at {:.2f} um", fit.centre_um));
  }
  plan_->refused(*point);
  phase_ = Phase::recovering;
  ask_ = plan_->next(points_);
  if (ask_.kind == Ask::Kind::visit) visit_.begin(ask_.visit, now);
  return hold("no signal there: looking on");
}

Decision ProbeAndHold::wait_for_jet(Seconds now) {
  if (const auto due = visit_.due(intake_.axis(), now)) return put(*due, now);
  const Estimate known = filter_.estimate();
  causes_ = {};
  causes_[Cause::jet_gone] = 0.9;
  causes_[Cause::unknown] = 0.1;
  causes_until_ = now + Seconds{0.5};
  const double excess = recent_median() - known.background;
  if (!intake_.axis().moving() && recent_.size() >= window() &&
      excess > std::max(0.15 * known.amplitude, known.background)) {
    Estimate again = known;
    again.amplitude = excess;
    again.sigma_um = 0.15 * known.fwhm_um;
    resume(again, filter_.profile().shape, 0.1, now);
    return hold("the jet runs again");
  }
  return hold("one sweep found nothing: waiting where the jet was");
}

Decision ProbeAndHold::put(const VisitPut& due, Seconds now) {
  Decision decision = hold(fmt::format("{} to {:.4g} um", jt::control::name(due.move), due.target_um));
  decision.kind = Decision::Kind::move;
  decision.target_um = intake_.axis().reachable(due.target_um);
  decision.move = due.move;
  decision.continues = due.continues;
  intake_.axis().asked(decision.target_um, now);
  here_from_ = now;
  chunk_.clear();
  recent_.clear();
  std::erase_if(puts_, [&](Seconds at) { return now - at > Seconds{60}; });
  puts_.push_back(now);
  return decision;
}

bool ProbeAndHold::too_bright() const { return bright_run_ >= 3 || intake_.saturated(); }

Decision ProbeAndHold::hold(std::string why) const {
  Decision decision;
  decision.reason = std::move(why);
  constexpr std::array activities{Activity::starting,  Activity::holding, Activity::recovering,
                                  Activity::verifying, Activity::paused,  Activity::returning,
                                  Activity::done};
  decision.activity = activities.at(static_cast<std::size_t>(phase_));
  decision.causes = causes_;
  if (phase_ != Phase::starting) decision.estimate = filter_.estimate();
  if (intake_.axis().known() && predicted_ > causes_until_)
    decision.causes = CauseProbabilities::certain(Cause::none);
  return decision;
}

Decision ProbeAndHold::finish(Outcome outcome, Cause cause, std::string why) {
  phase_ = Phase::finished;
  outcome_ = outcome;
  cause_ = cause;
  why_ = std::move(why);
  Decision decision;
  decision.kind = Decision::Kind::finished;
  decision.outcome = outcome;
  decision.activity = Activity::done;
  decision.causes = CauseProbabilities::certain(cause);
  decision.reason = why_;
  return decision;
}

void ProbeAndHold::fields(auto& archive) {
  archive(intake_, known_, filter_, visit_, has_plan_, order_, ask_.kind, ask_.visit, ask_.fit, phase_,
          chunk_, recent_, points_, puts_, predicted_, next_probe_, low_since_, here_from_, low_,
          relative_noise_, side_, home_, safe_, probes_left_, reference_, burst_s_, bursts_per_s_,
          bright_run_, causes_, causes_until_, outcome_, cause_);
}

std::string ProbeAndHold::save() const {
  StateWriter writer;
  auto& self = const_cast<ProbeAndHold&>(*this);  // the one list of fields serves reading and writing
  self.fields(writer);
  if (has_plan_) plan_->write(writer);
  return std::move(writer).text();
}

void ProbeAndHold::restore(std::string_view state) {
  StateReader reader(state);
  fields(reader);
  if (has_plan_) {
    Task near = task_;
    near.fwhm_um = filter_.estimate().fwhm_um;
    plan_ = make_recovery_plan(near, order_, 0.15 * filter_.estimate().amplitude);
    plan_->read(reader);
  }
  reader.finish();
}

}  // namespace jt::control
