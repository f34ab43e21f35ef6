// What makes one search differ from another: where to look next, given all points so far.
// Inside stop 8 of the walk: `PointSearch` asks, moves, dwells and verifies; the plan only thinks.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/archive.hpp"
#include "control/profile.hpp"
#include "control/settings.hpp"
#include "control/visit.hpp"

namespace jt::control {

struct Ask {
  enum class Kind : std::uint8_t { visit, propose, give_up };
  Kind kind = Kind::give_up;
  VisitRequest visit;
  PeakFit fit;  // propose: to be verified
};

inline Ask ask_visit(double x_um, int shots, MoveClass move, bool exact) {
  return {Ask::Kind::visit, {x_um, shots, exact, move}, {}};
}

class SearchPlan {
 public:
  virtual ~SearchPlan() = default;
  // Called when the last visit has become the last of `points`, and once with none.
  virtual Ask next(const std::vector<Point>& points) = 0;
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
// The same refinement after the positions of `order` instead of a scan of the whole range: what was known of
// a jet that jumped makes one round enough.
std::unique_ptr<SearchPlan> make_recovery_plan(const Task& task, std::vector<double> order,
                                               double least_excess);
std::unique_ptr<SearchPlan> make_basic_plan(const Task& task);
std::unique_ptr<SearchPlan> make_ternary_plan(const Task& task);
std::unique_ptr<SearchPlan> make_linear_ternary_plan(const Task& task);
std::unique_ptr<SearchPlan> make_dynamic_linear_plan(const Task& task);

}  // namespace jt::control
