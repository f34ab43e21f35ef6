#include "calibration/centre_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include "calibration/least_squares.hpp"

namespace jt::calibration {
namespace {

// Pixels near each other are averaged: sectors about the start and steps in radius, so that the fit has a few
// thousand points whatever the detector, and none of the light is lost.
constexpr std::size_t sectors = 72, steps = 32;

struct Point {
  double x = 0, y = 0, value = 0, pixels = 0;
};

std::vector<Point> points_about(const detector::PixelMap& map, std::span<const float> image,
                                reduction::Centre centre, double radius, double half_width) {
  std::vector<Point> points(sectors * steps);
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (map.good[i] == 0 || !std::isfinite(image[i])) continue;
    const double x = map.x[i] - centre.x, y = map.y[i] - centre.y;
    const double at = (std::hypot(x, y) - radius) / half_width;
    if (!(std::abs(at) < 1)) continue;
    const auto step = static_cast<std::size_t>((at + 1) / 2 * steps);
    const double turn = std::atan2(y, x) / (2 * std::numbers::pi) + 0.5;
    const auto sector = std::min(static_cast<std::size_t>(turn * sectors), sectors - 1);
    Point& point = points[sector * steps + std::min(step, steps - 1)];
    point.x += map.x[i];
    point.y += map.y[i];
    point.value += static_cast<double>(image[i]);
    point.pixels += 1;
  }
  std::erase_if(points, [](const Point& point) { return point.pixels == 0; });
  for (Point& point : points) {
    point.x /= point.pixels;
    point.y /= point.pixels;
    point.value /= point.pixels;
  }
  return points;
}

// x, y, radius, sigma, height, level, slope
using Parameters = std::array<double, 7>;

Fit fit_circle(const std::vector<Point>& points, const Parameters& start) {
  const auto residuals = [&](std::span<const double> p, std::span<double> r) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const double away = std::hypot(points[i].x - p[0], points[i].y - p[1]) - p[2];
      const double u = away / p[3];
      const double model = p[4] * std::exp(-u * u / 2) + p[5] + p[6] * away;
      r[i] = (model - points[i].value) * std::sqrt(points[i].pixels);
    }
  };
  return fit_least_squares(residuals, start, points.size());
}

}  // namespace

CentreFit fit_ring_centre(const detector::PixelMap& map, std::span<const float> image,
                          reduction::Centre start, double radius, double sigma) {
  CentreFit result;
  if (!(radius > 0) || !(sigma > 0)) return result;
  Parameters p{start.x, start.y, radius, sigma, 0, 0, 0};
  // A start off the centre smears the ring; each round looks from the centre that the last one found.
  for (int round = 0; round < 4; ++round) {
    const double half_width = std::min(5 * std::abs(p[3]), p[2]);
    const auto points = points_about(map, image, {p[0], p[1]}, p[2], half_width);
    if (points.size() < 50) return result;
    const auto [least, most] = std::minmax_element(
        points.begin(), points.end(), [](const Point& a, const Point& b) { return a.value < b.value; });
    if (round == 0) p[4] = (most->value - least->value) / 2, p[5] = least->value;
    const Fit fit = fit_circle(points, p);
    if (!fit.converged) return result;
    std::copy(fit.parameters.begin(), fit.parameters.end(), p.begin());
    p[3] = std::abs(p[3]);
    result = {true, {p[0], p[1]}, fit.errors[0], fit.errors[1], p[2], fit.errors[2]};
    // Far from the ring that was seen, or no ring at all: not an answer.
    const bool sensible = p[4] > 0 && p[2] > 0.5 * radius && p[2] < 2 * radius &&
                          std::hypot(p[0] - start.x, p[1] - start.y) < radius &&
                          std::isfinite(fit.errors[0]) && std::isfinite(fit.errors[1]);
    if (!sensible) return {};
  }
  return result;
}

}  // namespace jt::calibration
