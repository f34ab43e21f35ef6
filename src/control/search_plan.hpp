// What makes one search differ from another: where to look next, given all points so far.
// Inside stop 8 of the walk: `PointSearch` asks, moves, dwells and verifies; the plan only thinks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/archive.hpp"
#include "control/profile.hpp"
#include "control/settings.hpp"
#include "control/visit.hpp"

namespace jt::control {

struct Ask {
  enum class Kind : std::uint8_t { visit, fly, propose, give_up };
  Kind kind = Kind::give_up;
  VisitRequest visit;
  PeakFit fit;            // propose: to be verified
  double fly_to_um = 0;   // fly: from where the visit ends, upwards
  double speed_um_s = 0;  // fly
};

inline Ask ask_visit(double x_um, int shots, MoveClass move, bool exact) {
  return {Ask::Kind::visit, {x_um, shots, exact, move}, {}};
}

class SearchPlan {
 public:
  virtual ~SearchPlan() = default;
  // Called when the last visit has become the last of `points`, and once with none.
  virtual Ask next(const std::vector<Point>& points) = 0;
  // The next visit, where it does not depend on points that are still missing; nothing: they are waited for.
  virtual std::optional<VisitRequest> ahead() { return std::nullopt; }
  // The points so far change what comes next: no more visits ahead.
  virtual bool turns(const std::vector<Point>&) { return false; }
  // A proposal did not hold: the point measured there, already in `points`.
  virtual void refused(const Point& at) = 0;
  virtual void write(StateWriter& archive) = 0;
  virtual void read(StateReader& archive) = 0;
};

// The level off the jet: median of the lowest third of the points.
double background_of(const std::vector<Point>& points);
// Its single-shot spread, from the same points.
double background_spread_of(const std::vector<Point>& points);
// A point counts as signal only this far above the background: max(6 standard errors, 1 x background).
double detection_excess(const Point& point, double background, double background_error);

std::unique_ptr<SearchPlan> make_adaptive_plan(const Task& task);
// The same, but the scan of the whole range is one slow flight; steps only where that found nothing.
std::unique_ptr<SearchPlan> make_fly_plan(const Task& task);
std::unique_ptr<SearchPlan> make_basic_plan(const Task& task);
std::unique_ptr<SearchPlan> make_ternary_plan(const Task& task);
std::unique_ptr<SearchPlan> make_linear_ternary_plan(const Task& task);
std::unique_ptr<SearchPlan> make_dynamic_linear_plan(const Task& task);

}  // namespace jt::control
