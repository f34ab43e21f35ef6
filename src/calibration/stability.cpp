#include "calibration/stability.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "calibration/statistics.hpp"

namespace jt::calibration {
namespace {

constexpr double noticeable = 0.10;  // of the mean
constexpr double significant = 6;    // standard errors; high because many steps are tried
constexpr std::size_t least_shots = 20;
constexpr std::size_t least_side = 10;  // shots on each side of a step

struct Candidate {
  Change change;
  double explained = 0;  // sum of squares that it takes away
  double significance = 0;
};

Candidate best_line(std::span<const double> values, double total) {
  std::vector<double> shots(values.size());
  for (std::size_t i = 0; i < shots.size(); ++i) shots[i] = static_cast<double>(i);
  const double n = static_cast<double>(values.size());
  const Line line = fit_line(shots, values);
  const double xx = n * (n * n - 1) / 12;  // sum of (i - mean)^2
  const double explained = line.slope * line.slope * xx;
  const double spread = std::sqrt(std::max(0.0, total - explained) / (n - 2));
  return {{Change::Kind::drift, line.slope * (n - 1) / mean(values), 0},
          explained,
          spread > 0 ? std::abs(line.slope) * std::sqrt(xx) / spread : HUGE_VAL};
}

Candidate best_step(std::span<const double> values, double total) {
  const double n = static_cast<double>(values.size());
  const double centre = mean(values);
  double sum = 0, left_sum_at_best = 0;
  Candidate best;
  for (std::size_t i = 0; i + least_side < values.size(); ++i) {
    sum += values[i] - centre;
    const std::size_t left = i + 1;
    if (left < least_side) continue;
    const double a = static_cast<double>(left), b = n - a;
    const double explained =
        sum * sum * (1 / a + 1 / b);  // the sums of both sides about the mean are opposite
    if (explained <= best.explained) continue;
    best.explained = explained;
    best.change.shot = left;
    left_sum_at_best = sum;
  }
  if (best.change.shot == 0) return best;
  const double a = static_cast<double>(best.change.shot), b = n - a;
  const double step = -left_sum_at_best / b - left_sum_at_best / a;
  const double spread = std::sqrt(std::max(0.0, total - best.explained) / (n - 2));
  best.change.kind = Change::Kind::jump;
  best.change.relative = step / centre;
  best.significance = spread > 0 ? std::abs(step) / (spread * std::sqrt(1 / a + 1 / b)) : HUGE_VAL;
  return best;
}

}  // namespace

std::optional<Change> find_change(std::span<const double> values) {
  std::vector<double> finite;
  for (const double value : values)
    if (std::isfinite(value)) finite.push_back(value);
  if (finite.size() < least_shots || mean(finite) == 0) return std::nullopt;
  const double spread = standard_deviation(finite);
  const double total = spread * spread * static_cast<double>(finite.size());
  if (total == 0) return std::nullopt;
  const Candidate line = best_line(finite, total), step = best_step(finite, total);
  const Candidate& best = line.explained >= step.explained ? line : step;
  if (std::abs(best.change.relative) < noticeable || best.significance < significant) return std::nullopt;
  return best.change;
}

std::string in_words(const Change& change, const std::string& what) {
  const double percent = 100 * change.relative;
  if (change.kind == Change::Kind::drift)
    return fmt::format("{} drifted by {:+.0f} % within the run", what, percent);
  return fmt::format("{} jumped by {:+.0f} % at used shot {}", what, percent, change.shot);
}

}  // namespace jt::calibration
