#include "calibration/original_peak.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "calibration/least_squares.hpp"

namespace jt::calibration {
namespace {

constexpr std::size_t line_points = 5;

// numpy's pairwise sum of float32: the start of the fit is rounded as the original's, because where a fit of
// a shapeless profile ends depends on it.
float pairwise_sum(std::span<const double> values) {
  const std::size_t n = values.size();
  if (n < 8) {
    float sum = -0.0f;
    for (const double value : values) sum += static_cast<float>(value);
    return sum;
  }
  if (n > 128) {
    const std::size_t half = n / 2 - (n / 2) % 8;
    return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
  }
  std::array<float, 8> r{};
  for (std::size_t i = 0; i < 8; ++i) r[i] = static_cast<float>(values[i]);
  const std::size_t whole = n - n % 8;
  for (std::size_t i = 8; i < whole; ++i) r[i % 8] += static_cast<float>(values[i]);
  float sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  for (std::size_t i = whole; i < n; ++i) sum += static_cast<float>(values[i]);
  return sum;
}

double mean_of(std::span<const double> values) {
  return static_cast<double>(pairwise_sum(values) / static_cast<float>(values.size()));
}

// numpy.argmax: the first NaN, else the first largest.
int brightest_or_empty(std::span<const double> profile) {
  const auto empty = std::find_if(profile.begin(), profile.end(), [](double v) { return std::isnan(v); });
  const auto at = empty != profile.end() ? empty : std::max_element(profile.begin(), profile.end());
  return static_cast<int>(at - profile.begin());
}

// Height, centroid, spread, and the line through both ends.
std::array<double, 5> start_of_fit(std::span<const double> profile) {
  const auto n = static_cast<double>(profile.size());
  double weighted = 0;
  for (std::size_t k = 0; k < profile.size(); ++k) weighted += static_cast<double>(k) * profile[k];
  const double centroid = weighted / static_cast<double>(pairwise_sum(profile));
  double square = 0;
  for (std::size_t k = 0; k < profile.size(); ++k)
    square += (static_cast<double>(k) - centroid) * (static_cast<double>(k) - centroid) / n;
  const std::size_t points = std::min(line_points, profile.size());
  const double x0 = line_points / 2.0, x1 = n - line_points / 2.0;
  const double y0 = mean_of(profile.first(points)), y1 = mean_of(profile.last(points));
  const double slope = (y1 - y0) / (x1 - x0);
  return {*std::max_element(profile.begin(), profile.end()), centroid, std::sqrt(square), slope,
          y0 - slope * x0};
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

OriginalPeak original_peak(std::span<const double> profile) {
  const OriginalPeak fallback{brightest_or_empty(profile)};
  if (!all_finite(profile)) return fallback;
  const auto start = start_of_fit(profile);
  const auto residuals = [&](std::span<const double> p, std::span<double> r) {
    for (std::size_t k = 0; k < profile.size(); ++k) {
      const double x = static_cast<double>(k), u = (x - p[1]) / 2 / p[2];
      r[k] = p[0] * std::exp(-(u * u)) + (p[3] * x + p[4]) - profile[k];
    }
  };
  const Fit fit = fit_least_squares(residuals, start, profile.size());
  if (!fit.converged) return fallback;
  const auto& p = fit.parameters;
  const double rounded = std::nearbyint(p[1]);  // half to even
  if (!(std::abs(rounded) < std::numeric_limits<int>::max())) return fallback;
  return {static_cast<int>(rounded), true, p[1], p[2], p[0], p[3], p[4]};
}

}  // namespace jt::calibration
