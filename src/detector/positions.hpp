// What a geometry gives an AreaDetector: radii, distance, the layout of its picture, and words about doubts.
// Shared by panel detectors and cameras while they are being made.
#pragma once

#include <string>
#include <vector>

#include "detector/area_detector.hpp"
#include "detector/geometry.hpp"

namespace jt::detector {

enum class GeometryOrigin : std::uint8_t { deployed, nominal };

// Fills `pixels` but for the mask: um, x to the right and y down the picture. The distance is known only from
// a deployed geometry.
void place_pixels(const PixelPositions& positions, GeometryOrigin origin, PixelMap& pixels);

// A sentence when panels lie over each other by more than a few pixels; else empty.
std::string overlap_in_words(const ImageLayout& layout, Shape shape);

// The frame as it is.
ImageLayout frame_layout(Shape shape);

}  // namespace jt::detector
