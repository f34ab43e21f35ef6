// The geometry model's bins: disjoint rings about the beam centre, from the real positions of the good
// pixels. Made once per run and centre; the averaging kernels use only PixelBins.
#pragma once

#include <cstddef>
#include <vector>

#include "detector/area_detector.hpp"
#include "reduction/pixel_bins.hpp"

namespace jt::reduction {

// In the unit of the PixelMap: px for a camera without geometry, um in the detector plane otherwise.
struct Centre {
  double x = 0;
  double y = 0;
};

// (cols / 2, rows / 2) for a camera; the origin of the geometry for panels.
Centre natural_centre(const detector::PixelMap& map);

struct RadialBins {
  PixelBins pixel_bins;
  std::vector<double> edges;  // bins + 1, from 0 to the farthest good pixel
};

// Bins must be in 1..65534. Throws SetupError when the map has no good pixel.
RadialBins make_radial_bins(const detector::PixelMap& map, Centre centre, std::size_t bins);

// Momentum transfer of a radius, 4 pi / lambda * sin(atan(r / z) / 2) in 1/angstrom, with
// lambda = 12398.42 / E angstrom; radius and distance in the same unit.
double q_of_radius(double radius, double distance, double photon_energy_ev);
double radius_of_q(double q, double distance, double photon_energy_ev);

}  // namespace jt::reduction
