#include <cmath>

#include "optimisers.hpp"
#include "point_peer.hpp"

namespace jt::bench {
namespace {

constexpr double ratio = 0.6180339887498949;
constexpr double tolerance = 0.15;  // of the expected width

// Kiefer 1953: the bracket shrinks by the golden ratio with every point.
class Golden : public PointPeer {
 public:
  explicit Golden(const control::Task& task)
      : PointPeer("golden", task), low_(task.limits.low()), high_(task.limits.high()) {}

 protected:
  std::optional<double> next(const std::vector<Point>& points) override {
    if (points.empty()) return asked(inner_low());
    if (points.size() == 1) {
      left_ = points.back().value;
      return asked(inner_high());
    }
    (asked_low_ ? left_ : right_) = points.back().value;
    if (high_ - low_ < tolerance * task_.fwhm_um) return std::nullopt;
    if (left_ > right_) {
      high_ = inner_high();
      right_ = left_;
      asked_low_ = true;
      return inner_low();
    }
    low_ = inner_low();
    left_ = right_;
    asked_low_ = false;
    return inner_high();
  }
  double answer(const std::vector<Point>&) override { return 0.5 * (low_ + high_); }

 private:
  [[nodiscard]] double inner_low() const { return high_ - ratio * (high_ - low_); }
  [[nodiscard]] double inner_high() const { return low_ + ratio * (high_ - low_); }
  double asked(double at) {
    asked_low_ = at == inner_low();
    return at;
  }
  double low_, high_, left_ = 0, right_ = 0;
  bool asked_low_ = false;
};

}  // namespace

std::unique_ptr<control::Strategy> make_golden(const control::Task& task) {
  return std::make_unique<Golden>(task);
}

}  // namespace jt::bench
