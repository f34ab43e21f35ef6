#include "camera/jet_projection.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace jt::camera {
namespace {

constexpr double least_significance = 6;  // robust standard deviations; a flat profile of 1000 px reaches 3.3

template <class Pixel>
void add_rows(const RawFrame& frame, Axis axis, std::span<double> projection) {
  const std::byte* bytes = frame.panels.front().pixels;
  const std::size_t rows = frame.shape.rows, cols = frame.shape.cols;
  std::vector<Pixel> line(cols);
  for (std::size_t row = 0; row < rows; ++row) {
    std::memcpy(line.data(), bytes + row * cols * sizeof(Pixel), cols * sizeof(Pixel));
    if (axis == Axis::rows) {
      for (std::size_t col = 0; col < cols; ++col) projection[col] += line[col];
    } else {
      std::int64_t sum = 0;
      for (const Pixel value : line) sum += value;
      projection[row] += static_cast<double>(sum);
    }
  }
}

double median_of(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Median distance from the level, as the standard deviation of a normal scatter.
double robust_spread(std::span<const double> values, double level) {
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - level));
  return 1.4826 * median_of(std::move(distances));
}

// The bins about the highest one that are above `level`.
struct Range {
  std::size_t first = 0, end = 0;
};
Range range_above(std::span<const double> values, std::size_t highest, double level) {
  Range range{highest, highest + 1};
  while (range.first > 0 && values[range.first - 1] > level) --range.first;
  while (range.end < values.size() && values[range.end] > level) ++range.end;
  return range;
}

}  // namespace

void project(const RawFrame& frame, Axis axis, std::span<double> projection) {
  assert(projection.size() == projection_size(frame.shape, axis));
  std::fill(projection.begin(), projection.end(), 0.0);
  if (frame.panels.size() != 1) return;
  switch (frame.type) {
    case PixelType::u8:
      return add_rows<std::uint8_t>(frame, axis, projection);
    case PixelType::u16:
      return add_rows<std::uint16_t>(frame, axis, projection);
    case PixelType::i16:
      return add_rows<std::int16_t>(frame, axis, projection);
  }
}

JetSearch find_jet(std::span<const double> projection) {
  JetSearch found;
  if (projection.empty()) return found;
  const auto highest =
      static_cast<std::size_t>(std::max_element(projection.begin(), projection.end()) - projection.begin());
  found.background = median_of({projection.begin(), projection.end()});
  found.height = projection[highest] - found.background;
  const double noise = robust_spread(projection, found.background);
  if (!(found.height > 0) || found.height < least_significance * noise) return found;

  const double half = found.background + found.height / 2;
  const Range range = range_above(projection, highest, half);
  if (range.end - range.first > projection.size() / 2) return found;
  double weight = 0, moment = 0;
  for (std::size_t k = range.first; k < range.end; ++k) {
    weight += projection[k] - half;
    moment += (projection[k] - half) * static_cast<double>(k);
  }
  found.jet = Jet{moment / weight, found.height};
  return found;
}

Jet original_jet(std::span<const double> projection) {
  assert(!projection.empty());
  const auto highest = std::max_element(projection.begin(), projection.end());
  return {static_cast<double>(highest - projection.begin()), *highest};
}

}  // namespace jt::camera
