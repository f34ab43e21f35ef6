// The jet in the jet camera's picture: where it stands and how bright it is, from the projection on one axis.
// Beside the X-ray part of a shot's walk: the camera alone, no diffraction; pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/image.hpp"

namespace jt::camera {

// 0: summed over the rows, a profile along x. 1: summed over the columns, a profile along y.
enum class Axis { rows = 0, cols = 1 };
constexpr Axis other(Axis axis) { return axis == Axis::rows ? Axis::cols : Axis::rows; }
constexpr std::size_t projection_size(Shape shape, Axis axis) {
  return axis == Axis::rows ? shape.cols : shape.rows;
}

// Sums of raw pixels. `projection` has projection_size() entries; the frame has one panel.
void project(const RawFrame& frame, Axis axis, std::span<double> projection);

struct Jet {
  double location = 0;  // px of the recorded image, between pixels where the light is
  double height = 0;    // above the background level
};

// The background level is the median; a jet is a peak of 6 robust standard deviations above it that is
// narrower than half of the profile. A jet that lies along the profile makes it flat: no location then.
struct JetSearch {
  double background = 0;
  double height = 0;  // of the highest place above the background, jet or not
  std::optional<Jet> jet;
};
JetSearch find_jet(std::span<const double> projection);

// What the original program takes: the maximum, nothing subtracted, and its first index.
Jet original_jet(std::span<const double> projection);

}  // namespace jt::camera
