#include "calibration/statistics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

namespace jt::calibration {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double mean(std::span<const double> values) {
  double sum = 0, count = 0;
  for (const double value : values)
    if (std::isfinite(value)) sum += value, count += 1;
  return count > 0 ? sum / count : nan;
}

double standard_deviation(std::span<const double> values) {
  const double centre = mean(values);
  double sum = 0, count = 0;
  for (const double value : values)
    if (std::isfinite(value)) sum += (value - centre) * (value - centre), count += 1;
  return count > 0 ? std::sqrt(sum / count) : nan;
}

double quantile(std::span<const double> values, double fraction) {
  assert(fraction >= 0 && fraction <= 1);
  std::vector<double> sorted;
  for (const double value : values)
    if (std::isfinite(value)) sorted.push_back(value);
  if (sorted.empty()) return nan;
  const double at = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(at);
  std::nth_element(sorted.begin(), sorted.begin() + below, sorted.end());
  const double lower = sorted[static_cast<std::size_t>(below)];
  if (below + 1 == static_cast<std::ptrdiff_t>(sorted.size())) return lower;
  const double upper = *std::min_element(sorted.begin() + below + 1, sorted.end());
  return lower + (upper - lower) * (at - static_cast<double>(below));
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

Line fit_line(std::span<const double> x, std::span<const double> y) {
  assert(x.size() == y.size());
  double count = 0, mean_x = 0, mean_y = 0;
  const auto is_pair = [&](std::size_t i) { return std::isfinite(x[i]) && std::isfinite(y[i]); };
  for (std::size_t i = 0; i < x.size(); ++i)
    if (is_pair(i)) mean_x += x[i], mean_y += y[i], count += 1;
  mean_x /= count;
  mean_y /= count;
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (is_pair(i)) {
      xx += (x[i] - mean_x) * (x[i] - mean_x);
      xy += (x[i] - mean_x) * (y[i] - mean_y);
      yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
  if (count < 2 || xx == 0) return {nan, nan, nan};
  const double slope = xy / xx;
  return {slope, mean_y - slope * mean_x, std::sqrt(std::max(0.0, yy - slope * xy) / count)};
}

}  // namespace jt::calibration
