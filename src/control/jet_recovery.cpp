#include "control/jet_recovery.hpp"

#include <algorithm>
#include <cmath>

#include "control/search_plan.hpp"

namespace jt::control {
namespace {

// Neighbouring looks overlap at half of the signal's base, so none is missed between them.
constexpr double sweep_step = 0.9;
constexpr int home_every = 4, most_climbs = 8;
// A jet that came back may carry another sample, down to a fifth of the signal.
constexpr double least_share = 0.15;
constexpr double good_enough = 0.8;  // of the height that the jet had

}  // namespace

void JetRecovery::begin(const RecoveryTask& task, const Point& here) {
  *this = JetRecovery{};
  limits_low_ = task.limits.low();
  limits_high_ = task.limits.high();
  home_ = task.home_um;
  profile_ = task.profile;
  amplitude_ = task.amplitude;
  known_background_ = task.background;
  resolution_ = task.resolution_um;
  points_ = {here};
  const double step = std::max(sweep_step * profile_.fwhm_um, 2 * resolution_);
  if (task.hint_um && task.limits.contains(*task.hint_um)) {
    order_.push_back(*task.hint_um);
    const double beside = std::max(0.6 * profile_.fwhm_um, task.hint_error_um);
    if (beside < 2 * profile_.fwhm_um)
      for (const double side : {beside, -beside}) order_.push_back(task.limits.clamp(*task.hint_um + side));
  }
  for (int k = 1; k < 4000; ++k) {
    const double away = (k - (task.between ? 0.5 : 0.0)) * step, up = home_ + away, down = home_ - away;
    const bool up_in = up - step<limits_high_, down_in = down + step> limits_low_;
    if (!up_in && !down_in) break;
    if (up_in) order_.push_back(task.limits.clamp(up));
    if (down_in) order_.push_back(task.limits.clamp(down));
    if (k % home_every == 0) order_.push_back(home_);
  }
  order_.push_back(home_);
}

double JetRecovery::swept() const {
  return order_.empty() ? 1 : std::min(1.0, static_cast<double>(index_) / static_cast<double>(order_.size()));
}

double JetRecovery::background() const {
  if (known_background_ > 0) return known_background_;
  const auto lowest = std::min_element(points_.begin(), points_.end(),
                                       [](const Point& a, const Point& b) { return a.mean < b.mean; });
  return lowest == points_.end() ? 0 : std::max(0.0, lowest->mean);
}

bool JetRecovery::is_signal(const Point& point) const {
  const double background = this->background(), excess = point.mean - background;
  // Its own scatter is no argument against it: on the flank pointing jitter makes the signal scatter.
  const double error = std::max(background_spread_of(points_), 0.1 * background) / std::sqrt(6.0);
  return excess > std::max({least_share * amplitude_, 6 * error, 0.6 * background});
}

bool JetRecovery::looked_at(double x) const {
  return std::any_of(points_.begin(), points_.end(),
                     [&](const Point& p) { return std::abs(p.x_um - x) < 0.2 * profile_.fwhm_um; });
}

std::optional<double> JetRecovery::next() {
  if (climbing_ && !wanted_.empty()) {
    const double x = wanted_.front();
    wanted_.erase(wanted_.begin());
    return x;
  }
  if (index_ >= order_.size()) return std::nullopt;
  return order_[index_++];
}

void JetRecovery::take(const Point& point) {
  points_.push_back(point);
  if (climbing_) {
    if (point.mean > best_.mean) best_ = point;
    return climb();
  }
  // Also an earlier look may stand out, now that it is better known what the background is.
  const Point* highest = nullptr;
  for (const Point& each : points_)
    if (is_signal(each) && (highest == nullptr || each.mean > highest->mean)) highest = &each;
  if (highest == nullptr) return;
  climbing_ = true;
  steps_ = 0;
  best_ = *highest;
  climb();
}

// Uphill from the best place so far. How far the top is, the missing height says; on which side it is, the
// other looks or the next one.
void JetRecovery::climb() {
  wanted_.clear();
  const double share = std::clamp((best_.mean - background()) / amplitude_, 0.02, 1.0);
  const double far = profile_.offset_at(share);
  ++steps_;
  if (share > good_enough || steps_ > most_climbs || far < 2 * resolution_)
    return settle(best_, std::max(far, 0.12 * profile_.fwhm_um));
  const double up = std::clamp(best_.x_um + far, limits_low_, limits_high_);
  const double down = std::clamp(best_.x_um - far, limits_low_, limits_high_);
  const auto misfit = [&](double centre) {
    double sum = 0;
    for (const Point& p : points_) {
      if (std::abs(p.x_um - best_.x_um) > 3 * profile_.fwhm_um) continue;
      const double expected = background() + amplitude_ * profile_.value(p.x_um - centre);
      const double noise = std::hypot(p.error, 0.1 * amplitude_);
      sum += std::min(25.0, std::pow((p.mean - expected) / noise, 2));
    }
    return sum;
  };
  const bool up_first = misfit(up) <= misfit(down);
  const double first = up_first ? up : down, second = up_first ? down : up;
  if (!looked_at(first))
    wanted_ = {first};
  else if (!looked_at(second))
    wanted_ = {second};
  else
    settle(best_, 0.3 * profile_.fwhm_um);
}

// Only what was seen clear of the jet is its background; else it stays what it was.
void JetRecovery::settle(const Point& at, double sigma) {
  double background = known_background_;
  if (!(background > 0))
    for (const Point& each : points_)
      if (std::abs(each.x_um - at.x_um) > 1.5 * profile_.fwhm_um &&
          (background <= 0 || each.mean < background))
        background = std::max(0.0, each.mean);
  f_ = {at.x_um, std::min(sigma, 0.5 * profile_.fwhm_um), std::max(at.mean - background, 1e-9), background};
  has_found_ = true;
  found_ = f_;
}

}  // namespace jt::control
