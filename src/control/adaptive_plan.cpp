// Adaptive Scan: wide steps until the signal has risen and fallen, then a few pairs of side points.
#include <algorithm>
#include <cmath>

#include "control/search_plan.hpp"

namespace jt::control {
namespace {

constexpr int coarse_shots = 6, most_refine_shots = 20, least_refine_shots = 10;
constexpr double fading_s = 3;
constexpr double refine_s =
    0.35;  // a jet that drifts is not where it was seconds ago: fewer shots where they are rare
constexpr int passes = 3, most_rounds = 8, most_flights = 2;
constexpr double shots_per_width = 12;  // of a flight; 6 work too, less robustly

class AdaptivePlan final : public SearchPlan {
 public:
  AdaptivePlan(const Task& task, bool fly) : task_(task), flights_left_(fly ? most_flights : 0) {}

  Ask next(const std::vector<Point>& points) override {
    if (!local_) {
      if (const int peak = candidate(points); peak >= 0 && (fell_again(points, peak) || pass_over()))
        start_local(points, static_cast<std::size_t>(peak));
      else
        return next_coarse(points);
    }
    return next_local(points);
  }

  // Neither the next step of a scan nor the rest of a round depends on points that are still missing.
  std::optional<VisitRequest> ahead() override {
    if (local_ && !pending_.empty()) {
      const double x = pending_.front();
      pending_.erase(pending_.begin());
      return VisitRequest{x, refine_shots(), true, MoveClass::refine};
    }
    if (!local_ && planned_ && !pass_over()) return next_step();
    return std::nullopt;
  }

  bool turns(const std::vector<Point>& points) override {
    if (local_) return false;
    const int peak = candidate(points);
    return peak >= 0 && fell_again(points, peak);
  }

  void refused(const Point& at) override {
    pending_.clear();
    // Once: the jet may have gone or moved while it was looked at. Twice: this is not the jet.
    const bool again = std::abs(at.x_um - last_refused_) < task_.fwhm_um && refused_;
    refused_ = true;
    last_refused_ = at.x_um;
    if (again) {
      excluded_.push_back(at.x_um);
      local_ = false;
    } else {
      side_ = 0.45 * task_.fwhm_um;
      ask_round(true);
    }
  }

  void write(StateWriter& archive) override { fields(archive); }
  void read(StateReader& archive) override { fields(archive); }

 private:
  void fields(auto& archive) {
    archive(flights_left_, pass_, next_index_, upward_, planned_, local_, local_from_, round_before_,
            round_from_, round_, side_, centre_, pending_, excluded_, remeasured_, checked_, ignored_,
            outlier_now_, refused_, last_refused_);
  }

  [[nodiscard]] int refine_shots() const {
    return std::clamp(static_cast<int>(refine_s * task_.settings.shot_rate_hz), least_refine_shots,
                      most_refine_shots);
  }

  // --- coarse -------------------------------------------------------------------------------------
  [[nodiscard]] double step() const {
    // The base of every profile is two widths or more, and the width is told to +/-30 %. Where the scan is
    // long the step is wide: one hit is enough to look closer, and the second pass goes between.
    const bool is_long = task_.limits.width() > 15 * task_.fwhm_um;
    const double step = task_.fwhm_um * (is_long ? 1.2 : 1.0) * (pass_ < 2 ? 1 : 0.6);
    return std::max(step, 2 * task_.axis.resolution_um);
  }

  void plan_pass(const std::vector<Point>& points) {
    const double here = points.empty() ? task_.start_um : points.back().x_um;
    upward_ = here - task_.limits.low() <= task_.limits.high() - here;
    next_index_ = 0;
    planned_ = true;
  }

  [[nodiscard]] int pass_points() const {
    const double span = task_.limits.width() - (pass_ == 1 ? step() : 0);
    return std::max(2, static_cast<int>(std::ceil(span / step())) + 1);
  }

  [[nodiscard]] bool pass_over() const { return planned_ && next_index_ >= pass_points(); }

  Ask next_coarse(const std::vector<Point>& points) {
    if (flights_left_ > 0) return fly();
    if (pass_over()) {
      planned_ = false;
      if (++pass_ >= passes) return {};
    }
    if (!planned_) plan_pass(points);
    Ask ask;
    ask.kind = Ask::Kind::visit;
    ask.visit = next_step();
    return ask;
  }

  VisitRequest next_step() {
    const int count = pass_points();
    const double inset = pass_ == 1 ? 0.5 * step() : 0;
    const double low = task_.limits.low() + inset, high = task_.limits.high() - inset;
    const int k = upward_ ? next_index_ : count - 1 - next_index_;
    ++next_index_;
    return {low + (high - low) * k / (count - 1), coarse_shots * (pass_ < 2 ? 1 : 2), false, MoveClass::scan};
  }

  // From end to end in one motion, so slow that every width gets 12 shots; a second time if the first found
  // nothing, for the jet may have been interrupted just then. After that, and after a refusal, steps.
  Ask fly() {
    --flights_left_;
    Ask ask;
    ask.kind = Ask::Kind::fly;
    ask.visit = {task_.limits.low(), 0, false, MoveClass::scan};
    ask.fly_to_um = task_.limits.high();
    ask.speed_um_s = std::min({task_.axis.speed_um_s, task_.axis.fly_speed_um_s,
                               task_.fwhm_um * task_.settings.shot_rate_hz / shots_per_width});
    return ask;
  }

  // Index of the point that stands out most, or -1.
  [[nodiscard]] int candidate(const std::vector<Point>& points) const {
    if (points.size() < 3) return -1;
    const double background = background_of(points);
    const double error = background_spread_of(points) / std::sqrt(6.0);
    int best = -1;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (is_excluded(points[i].x_um)) continue;
      const double excess = points[i].mean - background;
      if (excess < detection_excess(points[i], background, error)) continue;
      if (best < 0 || points[i].mean > points[static_cast<std::size_t>(best)].mean)
        best = static_cast<int>(i);
    }
    return best;
  }

  [[nodiscard]] bool is_excluded(double x) const {
    return std::any_of(excluded_.begin(), excluded_.end(),
                       [&](double out) { return std::abs(x - out) < task_.fwhm_um; });
  }

  [[nodiscard]] bool fell_again(const std::vector<Point>& points, int peak) const {
    const double background = background_of(points);
    const Point& top = points[static_cast<std::size_t>(peak)];
    return points.back().mean - background < 0.5 * (top.mean - background);
  }

  // --- local --------------------------------------------------------------------------------------
  void start_local(const std::vector<Point>& points, std::size_t peak) {
    local_ = true;
    local_from_ = round_before_ = round_from_ = points.size();
    round_ = 0;
    remeasured_ = 0;
    const double x = points[peak].x_um;
    const PeakFit coarse = fit_peak(points, x - task_.fwhm_um, x + task_.fwhm_um, task_.fwhm_um);
    centre_ = coarse.good ? coarse.centre_um : x;
    side_ = 0.45 * task_.fwhm_um;
    ask_round(true);
  }

  void ask_round(bool with_centre) {
    pending_ = {centre_ - side_};
    if (with_centre) pending_.push_back(centre_);
    pending_.push_back(centre_ + side_);
    for (double& x : pending_) x = task_.limits.clamp(x);
    ++round_;
  }

  Ask next_local(const std::vector<Point>& points) {
    if (const auto again = interrupted(points))
      return ask_visit(*again, refine_shots(), MoveClass::refine, true);
    if (pending_.empty()) {
      const PeakFit best = fit_without_outliers(points);
      if (!best.good) {
        excluded_.push_back(centre_);
        local_ = false;
        return next_coarse(points);
      }
      const double shift = std::abs(best.centre_um - centre_);
      const bool known = best.sigma_um < 0.03 * best.profile.fwhm_um &&
                         shift < 0.5 * best.profile.offset_at(0.95) && !outlier_now_;
      centre_ = task_.limits.clamp(best.centre_um);
      side_ = std::clamp(0.5 * best.profile.fwhm_um, 0.3 * task_.fwhm_um, 0.9 * task_.fwhm_um);
      round_before_ = std::max(local_from_, round_from_);
      round_from_ = points.size();
      if ((round_ >= 2 && known) || round_ >= most_rounds) return propose(best);
      ask_round(shift > side_ || outlier_now_);
    }
    const double x = pending_.front();
    pending_.erase(pending_.begin());
    return ask_visit(x, refine_shots(), MoveClass::refine, true);
  }

  Ask propose(const PeakFit& fit) {
    Ask ask;
    ask.kind = Ask::Kind::propose;
    ask.fit = fit;
    ask.fit.centre_um = task_.limits.clamp(fit.centre_um);
    return ask;
  }

  // Coarse points tell the background; near the peak only the exact ones count once there are two rounds, and
  // of these the last two rounds: the jet may drift.
  [[nodiscard]] std::vector<std::size_t> used(const std::vector<Point>& points) const {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (std::find(ignored_.begin(), ignored_.end(), i) != ignored_.end()) continue;
      const bool coarse = i < local_from_, near = std::abs(points[i].x_um - centre_) < 1.2 * task_.fwhm_um;
      if (coarse ? round_ < 2 || !near : i >= round_before_) chosen.push_back(i);
    }
    return chosen;
  }

  // What was measured on the jet seconds ago says less about where it is now.
  [[nodiscard]] Point aged(Point point, double now_s) const {
    if (std::abs(point.x_um - centre_) < 1.2 * task_.fwhm_um) {
      const double age = std::max(0.0, now_s - point.time_s) / fading_s;
      point.error *= 1 + age * age;
    }
    return point;
  }

  [[nodiscard]] PeakFit fit(const std::vector<Point>& points, const std::vector<std::size_t>& chosen,
                            std::size_t left_out) const {
    double lowest = points.front().mean + 2 * points.front().error;
    for (const Point& point : points) lowest = std::min(lowest, std::max(0.0, point.mean) + 2 * point.error);
    std::vector<Point> some;
    for (const std::size_t i : chosen)
      if (i != left_out) some.push_back(aged(points[i], points.back().time_s));
    return fit_peak(some, centre_ - 1.5 * task_.fwhm_um, centre_ + 1.5 * task_.fwhm_um, task_.fwhm_um,
                    lowest);
  }

  // A dwell that fell into a moment without jet lies below everything that the others agree on. It is
  // forgotten, and another round is made.
  PeakFit fit_without_outliers(const std::vector<Point>& points) {
    constexpr double far_off = 25;  // 5 sigma
    const auto chosen = used(points);
    PeakFit best = fit(points, chosen, points.size());
    const PeakFit all = best;
    std::size_t worst = points.size();
    outlier_now_ = false;
    if (all.chi2 < far_off || chosen.size() < 5) return best;
    for (const std::size_t i : chosen) {
      if (i < local_from_) continue;
      const PeakFit rest = fit(points, chosen, i);
      const double expected =
          rest.background + rest.amplitude * rest.profile.value(points[i].x_um - rest.centre_um);
      if (!rest.good || points[i].mean > expected || rest.chi2 > all.chi2 - far_off) continue;
      if (worst < points.size() && rest.chi2 >= best.chi2) continue;
      worst = i;
      best = rest;
    }
    if (worst == points.size()) return all;
    ignored_.push_back(worst);
    outlier_now_ = true;
    return best;
  }

  // Next to nothing where a part of the peak must be: measured again, up to 3 times, before it is believed.
  std::optional<double> interrupted(const std::vector<Point>& points) {
    double top = 0;
    for (const Point& point : points)
      if (std::abs(point.x_um - centre_) < 1.5 * task_.fwhm_um) top = std::max(top, point.mean);
    const double background = background_of(points);
    for (std::size_t i = std::max(local_from_, checked_); i < points.size(); ++i) {
      const bool nothing = points[i].mean - background < 0.15 * (top - background) &&
                           std::abs(points[i].x_um - centre_) < 0.7 * task_.fwhm_um;
      checked_ = i + 1;
      if (!nothing) continue;
      if (remeasured_ >= 3) {
        remeasured_ = 0;
        continue;
      }
      ignored_.push_back(i);
      ++remeasured_;
      return points[i].x_um;
    }
    return std::nullopt;
  }

  Task task_;
  int flights_left_ = 0;
  int pass_ = 0, next_index_ = 0;
  bool upward_ = true, planned_ = false;
  bool local_ = false;
  std::size_t local_from_ = 0;                     // index of the first exact point
  std::size_t round_before_ = 0, round_from_ = 0;  // of the last round but one, and of the round under way
  int round_ = 0;
  double side_ = 0, centre_ = 0;
  std::vector<double> pending_, excluded_;
  int remeasured_ = 0;
  std::size_t checked_ = 0;           // points up to here have been looked at for interruptions
  std::vector<std::size_t> ignored_;  // dwells without jet: indices of points
  bool outlier_now_ = false, refused_ = false;
  double last_refused_ = 0;
};

}  // namespace

std::unique_ptr<SearchPlan> make_adaptive_plan(const Task& task) {
  return std::make_unique<AdaptivePlan>(task, false);
}

std::unique_ptr<SearchPlan> make_fly_plan(const Task& task) {
  return std::make_unique<AdaptivePlan>(task, true);
}

}  // namespace jt::control
