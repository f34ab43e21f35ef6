// Adaptive Scan: wide steps until the signal has risen and fallen, then a few pairs of side points.
#include <algorithm>
#include <cmath>

#include "control/search_plan.hpp"

namespace jt::control {
namespace {

constexpr int coarse_shots = 6, refine_shots = 20;
constexpr int passes = 3, most_rounds = 8;

class AdaptivePlan final : public SearchPlan {
 public:
  explicit AdaptivePlan(const Task& task) : task_(task) {}

  Ask next(const std::vector<Point>& points) override {
    if (!local_) {
      if (const int peak = candidate(points); peak >= 0 && (fell_again(points, peak) || pass_over()))
        start_local(points, static_cast<std::size_t>(peak));
      else
        return next_coarse(points);
    }
    return next_local(points);
  }

  void refused(const Point& at) override {
    // Something is there that is not this jet, or the jet went: look at the rest first.
    excluded_.push_back(at.x_um);
    local_ = false;
    pending_.clear();
  }

  void write(StateWriter& archive) override { fields(archive); }
  void read(StateReader& archive) override { fields(archive); }

 private:
  void fields(auto& archive) {
    archive(pass_, next_index_, upward_, planned_, local_, local_from_, round_, side_, centre_, pending_,
            excluded_, remeasured_, last_fit_);
  }

  // --- coarse -------------------------------------------------------------------------------------
  [[nodiscard]] double step() const {
    // 0.8 of the told width: the base of every profile is at least 2 widths, so 2 points or more lie in it.
    const double step = 1.0 * task_.fwhm_um * (pass_ < 2 ? 1 : 0.6);
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
    if (pass_over()) {
      planned_ = false;
      if (++pass_ >= passes) return {};
    }
    if (!planned_) plan_pass(points);
    const int count = pass_points();
    const double inset = pass_ == 1 ? 0.5 * step() : 0;
    const double low = task_.limits.low() + inset, high = task_.limits.high() - inset;
    const int k = upward_ ? next_index_ : count - 1 - next_index_;
    ++next_index_;
    return visit(low + (high - low) * k / (count - 1), coarse_shots * (pass_ < 2 ? 1 : 2), MoveClass::scan,
                 false);
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
    local_from_ = points.size();
    round_ = 0;
    remeasured_ = 0;
    const double x = points[peak].x_um;
    const PeakFit fit = fit_peak(points, x - task_.fwhm_um, x + task_.fwhm_um, task_.fwhm_um);
    centre_ = fit.good ? fit.centre_um : x;
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
    if (low_outlier(points)) return visit(points.back().x_um, refine_shots, MoveClass::refine, true);
    if (pending_.empty()) {
      const PeakFit fit =
          fit_peak(used(points), centre_ - 1.5 * task_.fwhm_um, centre_ + 1.5 * task_.fwhm_um, task_.fwhm_um);
      if (!fit.good) {
        refused(points.back());
        return next(points);
      }
      const double shift = std::abs(fit.centre_um - centre_);
      const bool known =
          fit.sigma_um < 0.03 * fit.profile.fwhm_um && shift < 0.5 * fit.profile.offset_at(0.95);
      centre_ = task_.limits.clamp(fit.centre_um);
      side_ = std::clamp(0.5 * fit.profile.fwhm_um, 0.3 * task_.fwhm_um, 0.9 * task_.fwhm_um);
      last_fit_ = fit;
      if ((round_ >= 2 && known) || round_ >= most_rounds) return propose(fit);
      ask_round(shift > side_);
    }
    const double x = pending_.front();
    pending_.erase(pending_.begin());
    return visit(x, refine_shots, MoveClass::refine, true);
  }

  Ask propose(const PeakFit& fit) {
    Ask ask;
    ask.kind = Ask::Kind::propose;
    ask.fit = fit;
    ask.fit.centre_um = task_.limits.clamp(fit.centre_um);
    return ask;
  }

  // All points far from the peak tell the background; near it only the exact ones, once there are two rounds.
  [[nodiscard]] std::vector<Point> used(const std::vector<Point>& points) const {
    std::vector<Point> chosen;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double distance = std::abs(points[i].x_um - centre_);
      const bool fine = i >= local_from_;
      if (fine || distance > 2.5 * task_.fwhm_um || (round_ < 2 && distance < 1.5 * task_.fwhm_um))
        chosen.push_back(points[i]);
    }
    return chosen;
  }

  // A side that is far lower than the last fit says may be a moment without jet: measured again, up to 3
  // times.
  bool low_outlier(const std::vector<Point>& points) {
    if (points.size() <= local_from_ || !last_fit_.good || remeasured_ >= 3) {
      remeasured_ = 0;
      return false;
    }
    const Point& point = points.back();
    const double expected = last_fit_.background +
                            last_fit_.amplitude * last_fit_.profile.value(point.x_um - last_fit_.centre_um);
    if (point.mean > expected - std::max(5 * point.error, 0.35 * last_fit_.amplitude)) {
      remeasured_ = 0;
      return false;
    }
    ++remeasured_;
    return true;
  }

  Task task_;
  int pass_ = 0, next_index_ = 0;
  bool upward_ = true, planned_ = false;
  bool local_ = false;
  std::size_t local_from_ = 0;
  int round_ = 0;
  double side_ = 0, centre_ = 0;
  std::vector<double> pending_, excluded_;
  int remeasured_ = 0;
  PeakFit last_fit_;
};

}  // namespace

std::unique_ptr<SearchPlan> make_adaptive_plan(const Task& task) {
  return std::make_unique<AdaptivePlan>(task);
}

}  // namespace jt::control
