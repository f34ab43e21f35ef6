#include "control/point_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace jt::control {
namespace {

constexpr int most_verify_shots = 30, least_verify_shots = 12;
constexpr double verify_s = 0.35;
// The verifying dwell must reach this part of the fitted height, and not surpass the other.
constexpr double verify_low = 0.8, verify_high = 1.3;
// A liquid jet scatters some 20 times its background; nozzle, catcher and ice start at 100. Only used when
// no ceiling is configured, and only when there is a background to compare with.
constexpr double highest_contrast = 60;
// Widths, relative to the told one, that can be this jet (it is told to +/-30 %).
constexpr double narrowest = 0.45, widest = 2.0;
// A search may begin on something bright: only next to nothing is dark, against a background that may be it.
constexpr double dark_share = 0.02;
constexpr int most_refusals = 4, most_restarts = 5;
// Visits that may be left before their shots have arrived.
constexpr std::size_t most_left = 6;
// Of a flight: shots within a third of the width make one point.
constexpr double bin_share = 1.0 / 3;
constexpr Seconds return_time{60};

}  // namespace

PointSearch::PointSearch(std::string_view name, const Task& task, PlanMaker make_plan)
    : name_(name),
      make_plan_(make_plan),
      task_(task),
      intake_(task),
      plan_(make_plan(task)),
      safe_position_(task.start_um) {}

Decision PointSearch::step(const Observation& seen, Seconds now) {
  if (phase_ == Phase::finished) return finish(outcome_, why_);
  if (!started_) {
    begun_ = now;
    started_ = true;
  }
  intake_.take(seen, now);
  if (auto answer = forbidden(seen, now)) return *answer;
  visit_.collect(intake_);
  take_late_shots();
  if (phase_ == Phase::flying || phase_ == Phase::landing) flight_.take(seen, intake_);
  watch_brightness();
  if (phase_ == Phase::returning || phase_ == Phase::stepping_back) {
    if (!intake_.axis().moving() || now - paused_since_ > return_time) return finish(outcome_, why_);
    return hold(why_);
  }
  if (too_bright()) return step_back(now);
  if (now - begun_ > Seconds{task_.settings.search_time_s})
    return give_up(Outcome::not_found, Cause::unknown, "the time for a search is over", now);
  if (const Cause cause = intake_.obstacle(now); cause != Cause::none) return paused(cause, now);
  is_paused_ = false;
  return go_on(now);
}

// Stop and other people's hands come before everything else.
std::optional<Decision> PointSearch::forbidden(const Observation& seen, Seconds) {
  if (seen.stop_requested) {
    Decision decision = finish(Outcome::stopped, "stop was requested");
    decision.kind = Decision::Kind::stop;
    return decision;
  }
  if (seen.motor.someone_else) return finish(Outcome::yielded, "somebody else moves this axis");
  return std::nullopt;
}

Decision PointSearch::paused(Cause cause, Seconds now) {
  if (!is_paused_) paused_since_ = now;
  is_paused_ = true;
  cause_ = cause;
  std::string why = intake_.evidence(cause, now);
  if (now - paused_since_ > Seconds{task_.settings.pause_s}) {
    const bool beam = cause == Cause::beam_off || cause == Cause::i0_low;
    return finish(beam ? Outcome::beam_gone : Outcome::blocked, std::move(why));
  }
  Decision decision = hold(std::move(why));
  decision.activity = Activity::paused;
  decision.causes = CauseProbabilities::certain(cause);
  return decision;
}

Decision PointSearch::go_on(Seconds now) {
  if (!intake_.axis().known()) return hold("waiting for the motor to stand");
  if (intake_.change() != Cause::none) return begin_again(now);
  if (phase_ == Phase::starting) return ask_plan(now);
  if (phase_ == Phase::flying || phase_ == Phase::landing) return fly_on(now);
  if (const auto due = visit_.due(intake_.axis(), now))
    return put(due->target_um, due->move, due->continues, now);
  if (phase_ == Phase::taking_off) {
    if (intake_.axis().moving()) return hold("to where the flight begins");
    phase_ = Phase::flying;
    flight_.begin(bin_share * task_.fwhm_um, now);
    return put(ask_.fly_to_um, MoveClass::fly, false, now, ask_.speed_um_s);
  }
  if (const auto point = visit_.point(intake_.axis(), background_, now)) return point_done(*point, now);
  if (auto answer = go_ahead(now)) return *answer;
  return hold(visit_.progress());
}

// The shots of this visit have been taken, though not all have arrived: on to the next, where it does not
// depend on them.
std::optional<Decision> PointSearch::go_ahead(Seconds now) {
  if (phase_ != Phase::visiting || left_.size() >= most_left) return std::nullopt;
  if (!visit_.taken(intake_.axis(), intake_.rate_hz(), now) || plan_->turns(points_)) return std::nullopt;
  const auto next = plan_->ahead();
  if (!next) return std::nullopt;
  left_.push_back(visit_.leave(intake_.axis(), now));
  ask_.visit = *next;
  visit_.begin(*next, now);
  if (const auto due = visit_.due(intake_.axis(), now))
    return put(due->target_um, due->move, due->continues, now);
  return hold(visit_.progress());
}

void PointSearch::take_late_shots() {
  for (LeftVisit& visit : left_) visit.collect(intake_);
  while (!left_.empty() && intake_.newest_good() > left_.front().until) {
    if (const auto point = left_.front().point(background_)) points_.push_back(*point);
    left_.erase(left_.begin());
    learn_background();
  }
}

// What was measured before the beam, the window or the detector changed cannot be compared with what comes.
Decision PointSearch::begin_again(Seconds now) {
  const Cause cause = intake_.change();
  intake_.acknowledge_change();
  if (phase_ == Phase::starting || ++restarts_ > most_restarts) return hold("the beamline changed");
  plan_ = make_plan_(task_);
  points_.clear();
  left_.clear();
  background_ = background_error_ = 0;
  intake_.set_background(0, 0, dark_share);
  phase_ = Phase::starting;
  visit_.begin({intake_.axis().target(), 1, false, MoveClass::scan}, now);
  Decision decision = hold("the beamline changed: the search begins again");
  decision.causes = CauseProbabilities::certain(cause);
  return decision;
}

// Ends early when the signal has risen and fallen again.
Decision PointSearch::fly_on(Seconds now) {
  const AxisTracker& axis = intake_.axis();
  if (phase_ == Phase::flying) {
    const double low = std::max(intake_.lowest_level(), 0.0);
    if (const auto safe = flight_.last_below(3 * low)) safe_position_ = axis.reachable(*safe);
    if (!axis.moving()) {
      phase_ = Phase::landing;
      return hold("the flight is over: its last shots");
    }
    std::vector<Point> points = points_;
    for (const Point& point : flight_.points()) points.push_back(point);
    if (points.size() < 6 || !plan_->turns(points))
      return hold(fmt::format("flying, {} points", points.size()));
    phase_ = Phase::landing;
    return put(points.back().x_um, MoveClass::fly, false, now);
  }
  if (axis.moving()) return hold("stopping the flight");
  if (flight_.newest_shot() < axis.rest_from() && now - axis.rest_from() < Seconds{3})
    return hold("the last shots of the flight");
  return flown(now);
}

Decision PointSearch::flown(Seconds now) {
  for (const Point& point : flight_.points()) points_.push_back(point);
  learn_background();
  return ask_plan(now);
}

Decision PointSearch::ask_plan(Seconds now) {
  ask_ = plan_->next(points_);
  switch (ask_.kind) {
    case Ask::Kind::visit:
      phase_ = Phase::visiting;
      visit_.begin(ask_.visit, now);
      return go_on(now);
    case Ask::Kind::fly:
      phase_ = Phase::taking_off;
      visit_.begin(ask_.visit, now);
      return go_on(now);
    case Ask::Kind::propose:
      phase_ = Phase::verifying;
      looks_ = 0;
      visit_.begin({ask_.fit.centre_um, verify_shots(), true, MoveClass::align}, now);
      return go_on(now);
    case Ask::Kind::give_up:
      break;
  }
  return give_up(Outcome::not_found, Cause::jet_gone,
                 fmt::format("no jet between {:.4g} and {:.4g} um", task_.limits.low(), task_.limits.high()),
                 now);
}

int PointSearch::verify_shots() const {
  return std::clamp(static_cast<int>(verify_s * intake_.rate_hz()), least_verify_shots, most_verify_shots);
}

Decision PointSearch::put(double x_um, MoveClass move, bool continues, Seconds now, double speed_um_s) {
  Decision decision;
  decision.kind = Decision::Kind::move;
  decision.target_um = intake_.axis().reachable(x_um);
  decision.move = move;
  decision.continues = continues;
  decision.activity = activity();
  decision.causes = CauseProbabilities::certain(Cause::none);
  decision.reason = fmt::format("{} to {:.4g} um", jt::control::name(move), decision.target_um);
  decision.estimate = estimate_;
  decision.speed_um_s = speed_um_s;
  intake_.axis().asked(decision.target_um, now, speed_um_s);
  return decision;
}

// Above this it is not the jet; 0: not known yet. The lowest level seen anywhere, also on the way, comes
// before the first points: these may all lie on something bright. Next to nothing is a beam that was away.
double PointSearch::ceiling() const {
  if (task_.settings.ceiling > 0) return task_.settings.ceiling;
  double background = background_ > 2 * background_error_ ? background_ : 0;
  const double lowest = intake_.lowest_level();
  if (lowest > 0.002 * background && (background == 0 || lowest < background)) background = lowest;
  return highest_contrast * background;
}

void PointSearch::watch_brightness() {
  for (const GoodShot& shot : intake_.fresh())
    bright_run_ = ceiling() > 0 && shot.ratio > ceiling() ? bright_run_ + 1 : 0;
}

bool PointSearch::too_bright() const { return bright_run_ >= 3 || intake_.saturated(); }

Decision PointSearch::point_done(Point point, Seconds now) {
  point.round = phase_ == Phase::verifying ? -1 : ask_.visit.exact ? 1 : 0;
  points_.push_back(point);
  learn_background();
  if (phase_ == Phase::verifying) return judge(point, now);
  if (point.mean < 3 * background_ || background_ == 0) safe_position_ = intake_.axis().target();
  return ask_plan(now);
}

void PointSearch::learn_background() {
  if (points_.size() < 3) return;
  background_ = background_of(points_);
  const double spread = background_spread_of(points_);
  background_error_ = spread / std::sqrt(6.0);
  if (background_ > 2 * background_error_) intake_.set_background(background_, spread, dark_share);
}

// A jet ends on both sides. Where the limit hides the far end, the signal must at least have begun to fall:
// the edge of something wide rises and stays.
bool PointSearch::seen_to_fall(const PeakFit& fit, const Point& centre, int side) const {
  const double limit = side > 0 ? task_.limits.high() : task_.limits.low();
  const bool hidden = side * (limit - fit.centre_um) < 0.65 * fit.profile.fwhm_um;
  const double top = centre.mean - fit.background;
  for (const Point& point : points_) {
    const double away = side * (point.x_um - fit.centre_um);
    if (away <= 0.1 * fit.profile.fwhm_um || away > 3 * fit.profile.fwhm_um) continue;
    const double left = point.mean - fit.background;
    if (left < 0.65 * top) return true;
    if (hidden && top - left > 3 * std::hypot(point.error, centre.error) && left < 0.97 * top) return true;
  }
  return false;
}

// Lower and upper bound: a centre is found only if the signal there is what the fit says a jet gives.
Decision PointSearch::judge(const Point& point, Seconds now) {
  const PeakFit& fit = ask_.fit;
  const double excess = point.mean - fit.background;
  const double needed =
      std::max(detection_excess(point, fit.background, background_error_), verify_low * fit.amplitude);
  const double width = fit.profile.fwhm_um / task_.fwhm_um;
  const bool high_enough = excess >= needed,
             low_enough = excess <= verify_high * fit.amplitude + 6 * point.error;
  const bool right_width =
      width >= narrowest && width <= widest && seen_to_fall(fit, point, -1) && seen_to_fall(fit, point, +1);
  if (high_enough && low_enough && right_width) {
    estimate_ = Estimate{fit.centre_um, fit.sigma_um, 1, fit.profile.fwhm_um, excess, fit.background};
    return finish(Outcome::found, fmt::format("at {:.2f} +- {:.2f} um, ratio {:.3g} over {:.3g}",
                                              fit.centre_um, fit.sigma_um, point.mean, fit.background));
  }
  // Nothing at all where a peak was: perhaps a moment without jet. Looked at again before it is believed.
  if (excess < 0.3 * fit.amplitude && looks_ < 4) {
    ++looks_;
    visit_.again(now);
    return hold("no signal at the peak: looking again");
  }
  plan_->refused(point);
  if (++refusals_ >= most_refusals)
    return give_up(Outcome::not_found, Cause::unknown, "a peak was seen but never verified", now);
  return ask_plan(now);
}

Decision PointSearch::give_up(Outcome outcome, Cause cause, std::string why, Seconds now) {
  outcome_ = outcome;
  cause_ = cause;
  why_ = std::move(why);
  phase_ = Phase::returning;
  paused_since_ = now;
  if (!intake_.axis().known() || intake_.axis().is_at(task_.start_um)) return finish(outcome_, why_);
  Decision decision = put(task_.start_um, MoveClass::return_to_start, false, now);
  decision.reason = why_;
  decision.causes = CauseProbabilities::certain(cause);
  return decision;
}

Decision PointSearch::step_back(Seconds now) {
  outcome_ = Outcome::too_bright;
  cause_ = intake_.saturated() ? Cause::saturated : Cause::too_bright;
  why_ = fmt::format("brighter than a jet can be near {:.4g} um", intake_.axis().target());
  phase_ = Phase::stepping_back;
  paused_since_ = now;
  if (!intake_.axis().known() || intake_.axis().is_at(safe_position_)) return finish(outcome_, why_);
  Decision decision = put(safe_position_, MoveClass::step_back, false, now);
  decision.reason = why_;
  decision.causes = CauseProbabilities::certain(cause_);
  return decision;
}

Decision PointSearch::finish(Outcome outcome, std::string why) {
  phase_ = Phase::finished;
  outcome_ = outcome;
  why_ = std::move(why);
  Decision decision = hold(why_);
  decision.kind = Decision::Kind::finished;
  decision.outcome = outcome_;
  decision.activity = Activity::done;
  decision.causes = CauseProbabilities::certain(outcome_ == Outcome::found ? Cause::none : cause_);
  return decision;
}

Decision PointSearch::hold(std::string why) const {
  Decision decision;
  decision.activity = activity();
  decision.causes = CauseProbabilities::certain(Cause::none);
  decision.reason = std::move(why);
  decision.estimate = estimate_;
  return decision;
}

Activity PointSearch::activity() const {
  switch (phase_) {
    case Phase::starting:
      return Activity::starting;
    case Phase::visiting:
      return ask_.visit.exact ? Activity::refining : Activity::scanning;
    case Phase::taking_off:
    case Phase::flying:
    case Phase::landing:
      return Activity::scanning;
    case Phase::verifying:
      return Activity::verifying;
    case Phase::stepping_back:
    case Phase::returning:
      return Activity::returning;
    case Phase::finished:
      return Activity::done;
  }
  return Activity::done;
}

void PointSearch::fields(auto& archive) {
  archive(intake_, visit_, left_, flight_, restarts_, phase_, ask_.kind, ask_.visit, ask_.fit, ask_.fly_to_um,
          ask_.speed_um_s, points_, looks_, refusals_, bright_run_, started_, begun_, paused_since_,
          is_paused_, safe_position_, background_, background_error_, outcome_, cause_, estimate_);
}

std::string PointSearch::save() const {
  StateWriter writer;
  auto& self = const_cast<PointSearch&>(*this);  // the one list of fields serves reading and writing
  self.fields(writer);
  self.plan_->write(writer);
  return std::move(writer).text();
}

void PointSearch::restore(std::string_view state) {
  StateReader reader(state);
  fields(reader);
  plan_->read(reader);
  reader.finish();
}

}  // namespace jt::control
