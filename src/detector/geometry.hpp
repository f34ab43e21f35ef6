// From a geometry file's lines to the position of every pixel.
// Made once per run; ends in PixelMap (radii) and ImageLayout (pictures).
#pragma once

#include <vector>

#include "core/image.hpp"
#include "detector/geometry_file.hpp"
#include "detector/sensors.hpp"

namespace jt::detector {

// Pixel centres in um in the file's own frame, in the order of the data: panels x rows x columns. x runs down
// the picture, y to the right, z against the beam.
struct PixelPositions {
  Shape shape;       // rows and columns of a sensor; panels = sensors
  double pitch = 0;  // um, of a normal pixel of the first sensor
  std::vector<double> x, y, z;
};

// What pose_pixels() would give: sensors, and the rows and columns of each, without making a pixel. Throws
// Unreadable for a hierarchy with a cycle or of more than 32 levels, for one without sensors or with sensors
// of different kinds, and beyond 64 sensors or 64 million pixels.
Shape shape_of(const std::vector<GeometryLine>& lines);

// Walks the tree that the lines describe and poses every sensor: turned about z, y, x by design angle and
// tilt, then moved, level by level. Throws as shape_of().
PixelPositions pose_pixels(const std::vector<GeometryLine>& lines,
                           SensorConvention convention = SensorConvention::lcls1);

}  // namespace jt::detector
