#include "control/flight.hpp"

#include <algorithm>
#include <cmath>

#include "control/dwell.hpp"

namespace jt::control {
namespace {

// Single shots scatter by that much on a flank; three or four of them cannot tell it themselves.
constexpr double assumed_scatter = 0.2;
constexpr std::size_t least_shots = 3;

}  // namespace

void Flight::begin(double bin_um, Seconds now) {
  *this = Flight{};
  bin_um_ = bin_um;
  since_ = newest_ = now;
}

void Flight::take(const Observation& seen, const Intake& intake) {
  const auto note = [&](const Readback& readback) {
    if (!readbacks_t_.empty() && readback.time.value <= readbacks_t_.back()) return;
    readbacks_t_.push_back(readback.time.value);
    readbacks_x_.push_back(readback.position_um);
  };
  for (const Readback& readback : seen.readbacks) note(readback);
  note(seen.motor.readback);
  for (const GoodShot& shot : intake.fresh()) {
    newest_ = std::max(newest_, shot.time);
    if (shot.time >= since_) waiting_.push_back(shot);
  }
  std::size_t placed = 0;
  for (const GoodShot& shot : waiting_) {
    if (readbacks_t_.empty() || shot.time.value > readbacks_t_.back()) break;
    ++placed;
    if (const auto x = position_at(shot.time)) {
      at_um_.push_back(*x);
      ratio_.push_back(shot.ratio);
    }
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(placed));
}

// Straight between two readbacks.
std::optional<double> Flight::position_at(Seconds time) const {
  const auto after = std::lower_bound(readbacks_t_.begin(), readbacks_t_.end(), time.value);
  if (after == readbacks_t_.begin() || after == readbacks_t_.end()) return std::nullopt;
  const auto i = static_cast<std::size_t>(after - readbacks_t_.begin());
  const double span = readbacks_t_[i] - readbacks_t_[i - 1];
  const double part = span > 0 ? (time.value - readbacks_t_[i - 1]) / span : 0;
  return readbacks_x_[i - 1] + part * (readbacks_x_[i] - readbacks_x_[i - 1]);
}

std::vector<Point> Flight::points() const {
  std::vector<std::size_t> order(at_um_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return at_um_[a] < at_um_[b]; });
  std::vector<Point> points;
  for (std::size_t i = 0; i < order.size();) {
    const double begin = at_um_[order[i]];
    std::vector<double> ratios;
    double sum = 0;
    for (; i < order.size() && (at_um_[order[i]] < begin + bin_um_); ++i) {
      ratios.push_back(ratio_[order[i]]);
      sum += at_um_[order[i]];
    }
    if (ratios.size() < least_shots) continue;
    const double x = sum / static_cast<double>(ratios.size());
    const int shots = static_cast<int>(ratios.size());
    const double middle = median_of(ratios), spread = assumed_scatter * std::max(middle, 0.0);
    points.push_back({x, middle, std::max(spread / std::sqrt(shots), 1e-9), spread, shots, 0, newest_.value});
  }
  return points;
}

std::optional<double> Flight::last_below(double level) const {
  for (std::size_t i = at_um_.size(); i-- > 0;)
    if (ratio_[i] < level) return at_um_[i];
  return std::nullopt;
}

}  // namespace jt::control
