#include "control/visit.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace jt::control {

void Visit::begin(const VisitRequest& request, Seconds now) {
  request_ = request;
  stage_ = Stage::asked;
  from_ = now;  // the shots that led to this visit do not count for it
  ratios_.clear();
  repeats_ = 0;
}

bool Visit::taken(const AxisTracker& axis, double rate_hz, Seconds now) const {
  if (stage_ != Stage::arriving || axis.moving()) return false;
  const Seconds since = std::max(axis.rest_from(), from_);
  // A tenth more, and one shot: most dwells then have what was asked for.
  return (now - since).value * rate_hz > 1.1 * request_.shots + 1;
}

LeftVisit Visit::leave(const AxisTracker& axis, Seconds now) const {
  return {request_, std::max(axis.rest_from(), from_), now - Seconds{axis.clock_margin()}, axis.position(),
          ratios_};
}

void LeftVisit::collect(const Intake& intake) {
  for (const GoodShot& shot : intake.fresh())
    if (shot.time >= from && shot.time <= until) ratios.push_back(shot.ratio);
}

std::optional<Point> LeftVisit::point(double background) const {
  const Dwell dwell = robust_dwell(ratios, background);
  if (!dwell.valid() || dwell.kept < 3) return std::nullopt;
  return Point{position_um,           dwell.mean, dwell.error, dwell.spread, dwell.kept,
               request.exact ? 1 : 0, until.value};
}

void Visit::again(Seconds now) {
  from_ = now;
  ratios_.clear();
}

// A shot counts when its own time says that it was taken here.
void Visit::collect(const Intake& intake) {
  const AxisTracker& axis = intake.axis();
  if (stage_ != Stage::arriving || axis.moving()) return;
  for (const GoodShot& shot : intake.fresh())
    if (shot.time >= std::max(axis.rest_from(), from_)) ratios_.push_back(shot.ratio);
}

std::optional<VisitPut> Visit::due(const AxisTracker& axis, Seconds now) {
  if (axis.moving() || stage_ == Stage::arriving) return std::nullopt;
  const double target = axis.reachable(request_.x_um);
  if (stage_ == Stage::overshooting) {
    stage_ = Stage::arriving;
    from_ = now;
    return VisitPut{target, MoveClass::approach, true};
  }
  stage_ = Stage::arriving;
  const bool here = axis.is_at(target);
  if (here && !(request_.exact && axis.slack() > 0)) return std::nullopt;
  if (request_.exact && axis.needs_overshoot(target)) {
    const double below = axis.overshoot(target);
    if (below < target - 0.5 * axis.resolution() && !axis.is_at(below)) {
      stage_ = Stage::overshooting;
      return VisitPut{below, request_.move, false};
    }
  }
  if (here) return std::nullopt;  // at the lower limit: no room to overshoot
  from_ = now;
  return VisitPut{target, request_.move, false};
}

std::optional<Point> Visit::point(const AxisTracker& axis, double background, Seconds now) {
  if (stage_ != Stage::arriving || axis.moving() || static_cast<int>(ratios_.size()) < request_.shots)
    return std::nullopt;
  const Dwell dwell = robust_dwell(ratios_, background);
  if (!dwell.valid() && repeats_ < 3) {
    ++repeats_;
    again(now);
    return std::nullopt;
  }
  Point point;
  point.x_um = axis.position();
  point.mean = dwell.mean;
  point.error = dwell.error;
  point.spread = dwell.spread;
  point.shots = dwell.kept;
  point.time_s = now.value;
  return point;
}

std::string Visit::progress() const {
  return stage_ == Stage::arriving ? fmt::format("{} of {} shots", ratios_.size(), request_.shots) : "moving";
}

}  // namespace jt::control
