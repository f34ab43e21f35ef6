// Where the centre of the ring is, from the mean image: the beam's place on the detector, measured.
// After the frames were read, for `ring.center: fit` and as a remark in every result; pure.
#pragma once

#include <limits>
#include <span>

#include "detector/area_detector.hpp"
#include "reduction/radial_bins.hpp"

namespace jt::calibration {

// Lengths in the PixelMap's unit.
struct CentreFit {
  bool ok = false;
  reduction::Centre centre;
  double err_x = std::numeric_limits<double>::quiet_NaN();
  double err_y = std::numeric_limits<double>::quiet_NaN();
  double radius = std::numeric_limits<double>::quiet_NaN();
  double radius_err = std::numeric_limits<double>::quiet_NaN();
};

// Fits a circle with a Gaussian profile on a straight background to the pixels about the ring. `image` has
// one value per pixel of the map, NaN where there is none; `start`, `radius` and `sigma` say where the ring
// was seen.
CentreFit fit_ring_centre(const detector::PixelMap& map, std::span<const float> image,
                          reduction::Centre start, double radius, double sigma);

}  // namespace jt::calibration
