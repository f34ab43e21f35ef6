#include "control/dwell.hpp"

#include <algorithm>
#include <cmath>

namespace jt::control {
namespace {

double quantile_of_sorted(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const double rank = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const auto above = std::min(below + 1, sorted.size() - 1);
  const double part = rank - static_cast<double>(below);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

// 1.4826 * median absolute deviation is the standard deviation of a normal distribution.
double robust_spread(const std::vector<double>& sorted, double centre) {
  std::vector<double> deviations;
  deviations.reserve(sorted.size());
  for (const double value : sorted) deviations.push_back(std::abs(value - centre));
  return 1.4826 * median_of(deviations);
}

void drop_below(std::vector<double>& sorted, double cut) {
  sorted.erase(sorted.begin(), std::lower_bound(sorted.begin(), sorted.end(), cut));
}

void drop_above(std::vector<double>& sorted, double cut) {
  sorted.erase(std::upper_bound(sorted.begin(), sorted.end(), cut), sorted.end());
}

// Iterated Huber mean: values further than 1.5 spreads count as if they lay there.
double huber_mean(const std::vector<double>& values, double start, double spread) {
  double mean = start;
  if (!(spread > 0)) return mean;
  for (int round = 0; round < 8; ++round) {
    double sum = 0;
    for (const double value : values) sum += std::clamp(value - mean, -1.5 * spread, 1.5 * spread);
    const double step = sum / static_cast<double>(values.size());
    mean += step;
    if (std::abs(step) < 1e-4 * spread) break;
  }
  return mean;
}

}  // namespace

double median_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

Dwell robust_dwell(std::span<const double> ratios, double background) {
  Dwell dwell;
  dwell.shots = static_cast<int>(ratios.size());
  std::vector<double> sorted(ratios.begin(), ratios.end());
  std::erase_if(sorted, [](double value) { return !std::isfinite(value); });
  std::sort(sorted.begin(), sorted.end());
  if (sorted.empty()) return dwell;

  const double upper_quartile = quantile_of_sorted(sorted, 0.75);
  if (upper_quartile > 2 * background) drop_below(sorted, background + 0.4 * (upper_quartile - background));
  double centre = quantile_of_sorted(sorted, 0.5);
  double spread = robust_spread(sorted, centre);
  // Equal values have no spread of their own: 2 % of the value is the least that is allowed for.
  if (sorted.size() >= 5) drop_above(sorted, centre + 6 * std::max(spread, 0.02 * std::abs(centre)));

  centre = quantile_of_sorted(sorted, 0.5);
  spread = robust_spread(sorted, centre);
  dwell.kept = static_cast<int>(sorted.size());
  dwell.mean = huber_mean(sorted, centre, spread);
  // A handful of shots can agree by chance: no error below 0.5 % of the value per shot.
  dwell.spread = std::max(spread, 0.005 * std::abs(dwell.mean));
  dwell.error = 1.1 * dwell.spread / std::sqrt(static_cast<double>(sorted.size()));
  return dwell;
}

}  // namespace jt::control
