#include "detector/image_layout.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "detector/geometry.hpp"

namespace jt::detector {

namespace {

// The cell's number along one axis for each position; `length` becomes one more than the largest.
std::vector<std::uint32_t> cells_along(const std::vector<double>& positions, double pitch,
                                       std::size_t& length) {
  constexpr double too_many = 1e6;
  const double start = *std::min_element(positions.begin(), positions.end()) - pitch / 2;
  std::vector<std::uint32_t> cells(positions.size());
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const double at = (positions[i] - start) / pitch;
    if (!(at >= 0 && at < too_many)) throw Unreadable("its panels lie too far apart for a picture");
    cells[i] = static_cast<std::uint32_t>(at);
    last = std::max(last, cells[i]);
  }
  length = std::size_t{last} + 1;
  return cells;
}

}  // namespace

ImageLayout lay_out(const PixelPositions& positions) {
  ImageLayout layout;
  layout.cell = cells_along(positions.x, positions.pitch, layout.rows);
  const std::vector<std::uint32_t> cols = cells_along(positions.y, positions.pitch, layout.cols);
  constexpr std::size_t always_fine = 16'000'000;
  if (layout.cells() > std::max(always_fine, 8 * positions.x.size()))
    throw Unreadable("its panels lie too far apart for a picture");
  for (std::size_t i = 0; i < cols.size(); ++i)
    layout.cell[i] = static_cast<std::uint32_t>(layout.cell[i] * layout.cols + cols[i]);
  return layout;
}

template <class T>
void assemble(const ImageLayout& layout, std::span<const T> values, std::span<float> image) {
  if (layout.cell.empty()) {
    for (std::size_t i = 0; i < values.size(); ++i) image[i] = static_cast<float>(values[i]);
    return;
  }
  std::fill(image.begin(), image.end(), 0.0f);
  for (std::size_t i = 0; i < values.size(); ++i) image[layout.cell[i]] = static_cast<float>(values[i]);
}
template void assemble(const ImageLayout&, std::span<const float>, std::span<float>);
template void assemble(const ImageLayout&, std::span<const std::uint16_t>, std::span<float>);

Overlap find_overlap(const ImageLayout& layout, Shape shape) {
  std::vector<std::uint8_t> owner(layout.cells(), 0);  // panel + 1; at most 64 panels
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> meetings;
  Overlap overlap;
  for (std::size_t i = 0; i < layout.cell.size(); ++i) {
    const std::size_t panel = i / shape.panel_pixels();
    std::uint8_t& of = owner[layout.cell[i]];
    if (of != 0 && of != panel + 1) {
      ++overlap.pixels;
      ++meetings[{of - std::size_t{1}, panel}];
    }
    of = static_cast<std::uint8_t>(panel + 1);
  }
  std::size_t most = 0;
  for (const auto& [pair, count] : meetings)
    if (count > most) {
      most = count;
      overlap.panel = pair.first;
      overlap.other_panel = pair.second;
    }
  return overlap;
}

}  // namespace jt::detector
