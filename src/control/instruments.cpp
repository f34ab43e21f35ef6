#include "control/instruments.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "control/dwell.hpp"

namespace jt::control {
namespace {

// Some 20 shots each: a minute at 120 Hz.
constexpr int learnt_dwells = 300;

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

void CameraAid::take(const Observation& seen, const AxisTracker& axis) {
  for (const CameraSeen& picture : seen.camera) {
    empty_run_ = picture.jet_seen ? 0 : empty_run_ + 1;
    if (!picture.jet_seen) continue;
    if (const auto at = axis.position_at(picture.time)) recent_.push_back(*at - picture.position_um);
  }
}

void CameraAid::learn(double centre_um, double sigma_um) {
  for (const double seen : recent_) {
    weight_ = std::min(weight_ + 1, memory);
    const double off = seen - centre_um - bias_;
    if (weight_ > 10) spread_ += (std::min(off * off, 9 * spread_) - sigma_um * sigma_um - spread_) / 50;
    spread_ = std::clamp(spread_, 0.01, 1e4);
    const double limit = weight_ > 20 ? 3 * std::sqrt(spread_ + sigma_um * sigma_um) : 1e9;
    bias_ += std::clamp(off, -limit, limit) / weight_;
  }
  recent_.clear();
}

std::optional<CameraAid::Place> CameraAid::place() const {
  if (!known() || recent_.empty()) return std::nullopt;
  auto copy = recent_;
  const double n = static_cast<double>(recent_.size());
  // The bias wanders (thermal) and is known no better than what it was learnt from.
  return Place{median_of(copy) - bias_, std::sqrt(1.6 * spread_ / n + 6 * spread_ / memory)};
}

void BeamPositionAid::take(double ratio, double beam_position) {
  if (!std::isfinite(ratio) || !std::isfinite(beam_position)) return;
  pairs_x_.push_back(beam_position);
  pairs_y_.push_back(ratio);
}

void BeamPositionAid::forget() {
  pairs_x_.clear();
  pairs_y_.clear();
}

bool BeamPositionAid::known() const { return dwells_ >= learnt_dwells && cross_ * cross_ > 100 * norm_; }

std::optional<BeamPositionAid::Slope> BeamPositionAid::end_dwell(double expected_slope) {
  const std::size_t n = pairs_x_.size();
  std::vector<double> x = std::move(pairs_x_), y = std::move(pairs_y_);
  pairs_x_.clear();
  pairs_y_.clear();
  if (n < 6) return std::nullopt;
  const double mean_x = mean_of(x), mean_y = mean_of(y);
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < n; ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (!(xx > 0)) return std::nullopt;
  const double slope = xy / xx;
  const double error = std::sqrt(std::max(yy - slope * xy, 1e-12 * yy) / static_cast<double>(n - 2) / xx);
  const double one = std::sqrt(xx / static_cast<double>(n - 1));
  spread_ = dwells_ == 0 ? one : spread_ + 0.05 * (one - spread_);
  const double off = mean_x - mean_;
  const bool far = dwells_ > 8 && std::abs(off) > 6 * spread_ / std::sqrt(static_cast<double>(n));
  moved_run_ = far ? moved_run_ + 1 : 0;
  if (far) moved_to_ = mean_x;
  if (!far) mean_ += (dwells_ < 20 ? 1.0 / (dwells_ + 1) : 0.05) * off;
  ++dwells_;
  // Before this dwell is learnt from, what the ones before have taught judges it. Old ones fade in minutes.
  std::optional<Slope> told;
  if (known()) {
    const double um_per_unit = cross_ / norm_;  // slope per unit = slope per um * um per unit
    told = Slope{slope / um_per_unit, error / std::abs(um_per_unit)};
  }
  if (error > 0 && !told) {
    cross_ = 0.999 * cross_ + slope * expected_slope / (error * error);
    norm_ = 0.999 * norm_ + expected_slope * expected_slope / (error * error);
  }
  return told;
}

std::optional<double> BeamPositionAid::beam_moved() {
  if (moved_run_ < 2 || !known()) return std::nullopt;
  const double by = (moved_to_ - mean_) * cross_ / norm_;
  mean_ = moved_to_;
  moved_run_ = 0;
  return by;
}

}  // namespace jt::control
