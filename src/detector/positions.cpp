#include "detector/positions.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace jt::detector {

void place_pixels(const PixelPositions& positions, GeometryOrigin origin, PixelMap& pixels) {
  pixels.unit = PixelMap::Unit::micrometre;
  pixels.shape = positions.shape;
  pixels.x = positions.y;  // the file's y runs to the right, its x down the picture
  pixels.y = positions.x;
  pixels.distance_um = 0;
  if (origin == GeometryOrigin::deployed && !positions.z.empty())
    pixels.distance_um = std::abs(std::accumulate(positions.z.begin(), positions.z.end(), 0.0) /
                                  static_cast<double>(positions.z.size()));
}

std::string overlap_in_words(const ImageLayout& layout, Shape shape) {
  const Overlap overlap = find_overlap(layout, shape);
  // Neighbours that touch share a few cells by rounding; a slip in the file puts whole rows on others.
  if (overlap.pixels < shape.panel_pixels() / 100) return {};
  return fmt::format(
      "{} pixels lie over pixels of another panel (panels {} and {} most): is the geometry right?",
      overlap.pixels, overlap.panel, overlap.other_panel);
}

ImageLayout frame_layout(Shape shape) { return {shape.rows, shape.cols, {}}; }

}  // namespace jt::detector
