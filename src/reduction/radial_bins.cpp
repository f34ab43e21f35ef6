#include "reduction/radial_bins.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "core/errors.hpp"

namespace jt::reduction {
namespace {

double wavelength_angstrom(double photon_energy_ev) { return 12398.42 / photon_energy_ev; }

std::vector<double> radii_of(const detector::PixelMap& map, Centre centre) {
  std::vector<double> radii(map.x.size());
  for (std::size_t i = 0; i < radii.size(); ++i) {
    const double x = map.x[i] - centre.x, y = map.y[i] - centre.y;
    radii[i] = std::sqrt(x * x + y * y);
  }
  return radii;
}

double farthest_good(const detector::PixelMap& map, const std::vector<double>& radii) {
  double farthest = -1;
  for (std::size_t i = 0; i < radii.size(); ++i)
    if (map.good[i] != 0 && std::isfinite(radii[i])) farthest = std::max(farthest, radii[i]);
  return farthest;
}

}  // namespace

Centre natural_centre(const detector::PixelMap& map) {
  if (map.unit == detector::PixelMap::Unit::micrometre) return {};
  return {map.shape.cols / 2.0, map.shape.rows / 2.0};
}

RadialBins make_radial_bins(const detector::PixelMap& map, Centre centre, std::size_t bins) {
  assert(bins >= 1 && bins < 65535 && map.x.size() == map.good.size() && map.y.size() == map.good.size());
  const std::vector<double> radii = radii_of(map, centre);
  const double farthest = farthest_good(map, radii);
  if (farthest < 0)
    throw SetupError("the detector has no good pixel", "the profile is a mean over good pixels",
                     "Is the mask inverted? 1 means good");
  // All good pixels in the centre itself: one bin of some width.
  const double width = farthest > 0 ? farthest / static_cast<double>(bins) : 1.0;

  RadialBins made;
  made.edges.resize(bins + 1);
  for (std::size_t k = 0; k <= bins; ++k) made.edges[k] = width * static_cast<double>(k);
  PixelBins& to = made.pixel_bins;
  to.bins = bins;
  to.pixels.assign(bins, 0);
  for (std::size_t k = 0; k < bins; ++k)
    to.cells.push_back({static_cast<std::uint16_t>(k), static_cast<std::uint16_t>(k)});
  to.cell.assign(radii.size(), to.nowhere());
  for (std::size_t i = 0; i < radii.size(); ++i) {
    if (map.good[i] == 0 || !std::isfinite(radii[i])) continue;
    const auto k = std::min(static_cast<std::size_t>(radii[i] / width), bins - 1);
    to.cell[i] = static_cast<std::uint16_t>(k);
    ++to.pixels[k];
  }
  return made;
}

double q_of_radius(double radius, double distance, double photon_energy_ev) {
  const double theta = std::atan(radius / distance) / 2;
  return 4 * std::numbers::pi / wavelength_angstrom(photon_energy_ev) * std::sin(theta);
}

double radius_of_q(double q, double distance, double photon_energy_ev) {
  const double sine = q * wavelength_angstrom(photon_energy_ev) / (4 * std::numbers::pi);
  return distance * std::tan(2 * std::asin(sine));
}

}  // namespace jt::reduction
