#include "control/search_plan.hpp"

#include <algorithm>
#include <cmath>

#include "control/dwell.hpp"

namespace jt::control {
namespace {

std::vector<Point> lowest_third(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return a.mean < b.mean; });
  points.resize(std::max<std::size_t>(1, (points.size() + 2) / 3));
  return points;
}

}  // namespace

double background_of(const std::vector<Point>& points) {
  if (points.empty()) return 0;
  std::vector<double> means;
  for (const Point& point : lowest_third(points)) means.push_back(point.mean);
  return median_of(means);
}

double background_spread_of(const std::vector<Point>& points) {
  if (points.empty()) return 0;
  std::vector<double> spreads;
  for (const Point& point : lowest_third(points)) spreads.push_back(point.spread);
  return median_of(spreads);
}

double detection_excess(const Point& point, double background, double background_error) {
  const double error = std::hypot(point.error, background_error);
  return std::max(6 * error, background);
}

}  // namespace jt::control
