// The operators' searches by their names, repaired: Basic, Ternary, Linear + Ternary, Dynamic Linear.
// Each is a rule for the next position; visits, verification and the return to the start are PointSearch's.
#include <algorithm>
#include <cmath>

#include "control/search_plan.hpp"

namespace jt::control {
namespace {

constexpr int shots = 20;

Ask propose_from(const std::vector<Point>& points, const Task& task, double around) {
  double lowest = points.front().mean + 2 * points.front().error;
  for (const Point& point : points) lowest = std::min(lowest, std::max(0.0, point.mean) + 2 * point.error);
  Ask ask;
  ask.fit = fit_peak(points, task.limits.clamp(around - task.fwhm_um),
                     task.limits.clamp(around + task.fwhm_um), task.fwhm_um, lowest);
  if (ask.fit.good) ask.kind = Ask::Kind::propose;
  return ask;
}

// The point that stands out most, if it is signal at all.
const Point* best_of(const std::vector<Point>& points) {
  if (points.size() < 3) return nullptr;
  const auto best = std::max_element(points.begin(), points.end(),
                                     [](const Point& a, const Point& b) { return a.mean < b.mean; });
  const double background = background_of(points), error = background_spread_of(points) / std::sqrt(6.0);
  return best->mean - background > detection_excess(*best, background, error) ? &*best : nullptr;
}

// Linear scans, the next one finer while nothing stands out; then, if wanted, ternary inside the winning
// bracket.
class LinearPlan final : public SearchPlan {
 public:
  LinearPlan(const Task& task, int scans, bool ternary)
      : task_(task), scans_(scans), ternary_(ternary), low_(task.limits.low()), high_(task.limits.high()) {}

  Ask next(const std::vector<Point>& points) override {
    if (narrowing_) return narrow(points);
    if (index_ <= last_index()) return ask_visit(position(index_++), shots, MoveClass::scan, true);
    if (const Point* best = best_of(points)) {
      if (!ternary_ && step() > 0.7 * task_.fwhm_um && scan_ + 1 < scans_) {  // finer, where it stands out
        low_ = task_.limits.clamp(best->x_um - step());
        high_ = task_.limits.clamp(best->x_um + step());
        ++scan_;
        index_ = 0;
        return next(points);
      }
      if (!ternary_) return refused_ ? Ask{} : propose_from(points, task_, best->x_um);
      narrowing_ = true;
      low_ = task_.limits.clamp(best->x_um - step());
      high_ = task_.limits.clamp(best->x_um + step());
      return narrow(points);
    }
    if (++scan_ >= scans_) return {};
    index_ = 0;
    return next(points);
  }

  void refused(const Point&) override {
    refused_ = true;
    narrowing_ = false;
  }
  void write(StateWriter& archive) override { fields(archive); }
  void read(StateReader& archive) override { fields(archive); }

 private:
  void fields(auto& archive) { archive(scan_, index_, narrowing_, refused_, low_, high_, third_, left_); }

  [[nodiscard]] double step() const {
    const double first = task_.settings.step_um > 0 ? task_.settings.step_um : 0.6 * task_.fwhm_um;
    return std::max(first / std::pow(2.0, scan_),
                    std::max(2 * task_.axis.resolution_um, 1e-3 * task_.limits.width()));
  }
  // The high limit is a position like any other, reached exactly by the last step.
  [[nodiscard]] int last_index() const { return static_cast<int>(std::ceil((high_ - low_) / step() - 1e-9)); }
  [[nodiscard]] double position(int index) const { return std::min(high_, low_ + index * step()); }

  Ask narrow(const std::vector<Point>& points) {
    const double tolerance =
        std::max(task_.settings.tolerance_um > 0 ? task_.settings.tolerance_um : 0.25 * task_.fwhm_um,
                 3 * task_.axis.resolution_um);
    const double one = low_ + (high_ - low_) / 3, two = high_ - (high_ - low_) / 3;
    if (third_ == 1) {
      left_ = points.back().mean;
      third_ = 2;
      return ask_visit(two, shots, MoveClass::refine, true);
    }
    if (third_ == 2) {
      (points.back().mean > left_ ? low_ : high_) = points.back().mean > left_ ? one : two;
      third_ = 0;
    }
    if (high_ - low_ < tolerance) return propose_from(points, task_, 0.5 * (low_ + high_));
    third_ = 1;
    return ask_visit(low_ + (high_ - low_) / 3, shots, MoveClass::refine, true);
  }

  Task task_;
  int scans_;
  bool ternary_;
  int scan_ = 0, index_ = 0;
  bool narrowing_ = false, refused_ = false;
  double low_, high_;  // of the scan, then of the bracket
  int third_ = 0;      // which third was visited last
  double left_ = 0;    // what the left third showed
};

}  // namespace

std::unique_ptr<SearchPlan> make_basic_plan(const Task& task) {
  return std::make_unique<LinearPlan>(task, 1, false);
}

// Two thirds that both lie off the jet say nothing: before the bracket is narrowed it must hold a peak, so
// the repaired Ternary Search looks first with a coarse scan, at the widest step that cannot miss one.
std::unique_ptr<SearchPlan> make_ternary_plan(const Task& task) {
  Task coarse = task;
  if (!(coarse.settings.step_um > 0)) coarse.settings.step_um = task.fwhm_um;
  return std::make_unique<LinearPlan>(coarse, 1, true);
}

std::unique_ptr<SearchPlan> make_linear_ternary_plan(const Task& task) {
  return std::make_unique<LinearPlan>(task, 1, true);
}

std::unique_ptr<SearchPlan> make_dynamic_linear_plan(const Task& task) {
  Task coarse = task;
  if (!(coarse.settings.step_um > 0)) coarse.settings.step_um = 1.5 * task.fwhm_um;
  return std::make_unique<LinearPlan>(coarse, 4, false);
}

}  // namespace jt::control
