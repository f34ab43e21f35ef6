#include "control/hill_climb.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace jt::control {
namespace {

// 0.5 s of shots; steps of 0.08 widths, and no less than twice the axis's own step and its play.
constexpr double dwell_s = 0.5, step_share = 0.08;

double step_of(const Task& task) {
  return std::max({step_share * task.fwhm_um, 2 * task.axis.resolution_um, task.axis.backlash_um});
}

int dwell_shots(const Intake& intake) {
  return std::clamp(static_cast<int>(dwell_s * intake.rate_hz()), 4, 60);
}

}  // namespace

HillClimb::HillClimb(const Task& task) : task_(task), intake_(task) {}

Decision HillClimb::step(const Observation& seen, Seconds now) {
  if (finished_) return finish(outcome_, why_);
  intake_.take(seen, now);
  if (seen.stop_requested) {
    Decision decision = finish(Outcome::stopped, "stop was requested");
    decision.kind = Decision::Kind::stop;
    return decision;
  }
  if (seen.motor.someone_else) return finish(Outcome::yielded, "somebody else moves this axis");
  visit_.collect(intake_);
  if (const Cause cause = intake_.obstacle(now); cause != Cause::none) {
    Decision decision = hold(intake_.evidence(cause, now));
    decision.activity = Activity::paused;
    decision.causes = CauseProbabilities::certain(cause);
    return decision;
  }
  if (!intake_.axis().known()) return hold("waiting for the motor to stand");
  if (!started_) {
    started_ = true;
    visit_.begin({intake_.axis().target(), dwell_shots(intake_), false, MoveClass::probe}, now);
  }
  if (const auto point = visit_.point(intake_.axis(), 0, now); point && now >= next_move_) judge(*point, now);
  const auto due = visit_.due(intake_.axis(), now);
  if (!due) return hold(visit_.progress());
  Decision decision = hold(fmt::format("{} to {:.4g} um", jt::control::name(due->move), due->target_um));
  decision.kind = Decision::Kind::move;
  decision.target_um = intake_.axis().reachable(due->target_um);
  decision.move = due->move;
  decision.continues = due->continues;
  decision.activity = Activity::probing;
  intake_.axis().asked(decision.target_um, now);
  return decision;
}

void HillClimb::judge(const Point& point, Seconds now) {
  best_ = std::max(0.99 * best_, point.mean);
  // Far below the best there is no hill to climb: it waits, and does not wander off.
  if (point.mean < 0.3 * best_) {
    visit_.again(now);
    return;
  }
  if (point.mean < last_) direction_ = -direction_;
  last_ = point.mean;
  double target = intake_.axis().target() + direction_ * step_of(task_);
  if (!task_.limits.contains(target)) {
    direction_ = -direction_;
    target = intake_.axis().target() + direction_ * step_of(task_);
  }
  next_move_ = now + Seconds{1.5 * 60 / std::max(1.0, task_.settings.max_moves_per_min)};
  visit_.begin({task_.limits.clamp(target), dwell_shots(intake_), true, MoveClass::probe}, now);
}

Decision HillClimb::hold(std::string why) const {
  Decision decision;
  decision.activity = Activity::holding;
  decision.causes = CauseProbabilities::certain(Cause::none);
  decision.reason = std::move(why);
  return decision;
}

Decision HillClimb::finish(Outcome outcome, std::string why) {
  finished_ = true;
  outcome_ = outcome;
  why_ = std::move(why);
  Decision decision = hold(why_);
  decision.kind = Decision::Kind::finished;
  decision.outcome = outcome;
  decision.activity = Activity::done;
  return decision;
}

void HillClimb::fields(auto& archive) {
  archive(intake_, visit_, started_, finished_, direction_, last_, best_, next_move_, outcome_);
}

std::string HillClimb::save() const {
  StateWriter writer;
  auto& self = const_cast<HillClimb&>(*this);  // the one list of fields serves reading and writing
  self.fields(writer);
  return std::move(writer).text();
}

void HillClimb::restore(std::string_view state) {
  StateReader reader(state);
  fields(reader);
  reader.finish();
}

}  // namespace jt::control
