#include <algorithm>
#include <cmath>

#include "optimisers.hpp"
#include "point_peer.hpp"

namespace jt::bench {
namespace {

constexpr double tolerance = 0.15;    // of the expected width
constexpr double first_step_um = 20;  // a tenth of the range
constexpr std::size_t most_points = 60;

// Nelder and Mead 1965 in one dimension: a simplex of two points that reflects, expands and contracts.
class NelderMead : public PointPeer {
 public:
  explicit NelderMead(const control::Task& task) : PointPeer("nelder-mead", task) {}

 protected:
  std::optional<double> next(const std::vector<Point>& points) override {
    if (points.empty()) return task_.start_um;
    if (points.size() == 1) {
      best_ = points[0];
      const double step =
          task_.start_um + first_step_um <= task_.limits.high() ? first_step_um : -first_step_um;
      return task_.start_um + step;
    }
    take(points.back(), points.size() == 2);
    if (points.size() >= most_points || std::fabs(best_.at_um - worst_.at_um) < tolerance * task_.fwhm_um)
      return std::nullopt;
    return proposal();
  }
  double answer(const std::vector<Point>&) override { return best_.at_um; }

 private:
  enum class Trial { reflection, expansion, contraction };

  void take(const Point& point, bool second) {
    if (second) {
      worst_ = point;
      order();
      trial_ = Trial::reflection;
      return;
    }
    switch (trial_) {
      case Trial::reflection:
        reflected_ = point;
        trial_ = point.value > best_.value ? Trial::expansion : Trial::contraction;
        return;
      case Trial::expansion:
        worst_ = best_;
        best_ = point.value > reflected_.value ? point : reflected_;
        break;
      case Trial::contraction:
        worst_ = point;
        break;
    }
    order();
    trial_ = Trial::reflection;
  }
  void order() {
    if (worst_.value > best_.value) std::swap(worst_, best_);
  }
  [[nodiscard]] double proposal() const {
    const double way = best_.at_um - worst_.at_um;
    switch (trial_) {
      case Trial::reflection:
        return best_.at_um + way;
      case Trial::expansion:
        return best_.at_um + 2 * way;
      case Trial::contraction:
        return best_.at_um - 0.5 * way;
    }
    return best_.at_um;
  }

  Point best_{0, 0}, worst_{0, 0}, reflected_{0, 0};
  Trial trial_ = Trial::reflection;
};

}  // namespace

std::unique_ptr<control::Strategy> make_nelder_mead(const control::Task& task) {
  return std::make_unique<NelderMead>(task);
}

}  // namespace jt::bench
