#include "detector/masks.hpp"

#include <algorithm>

namespace jt::detector {

namespace {

// The chips that make up a panel of a known shape; 0: no seams known.
struct Chips {
  std::uint32_t rows = 0, cols = 0;
};
Chips chips_of(Shape shape) {
  if (shape.rows == 185 && shape.cols == 388) return {185, 194};
  if (shape.rows == 352 && shape.cols == 384) return {176, 192};
  if (shape.rows == 512 && shape.cols == 1024) return {256, 256};
  return {};
}

template <class IsBad>
Mask mark(Shape shape, IsBad is_bad) {
  Mask mask(shape.pixels(), 1);
  std::size_t i = 0;
  for (std::uint32_t panel = 0; panel < shape.panels; ++panel)
    for (std::uint32_t row = 0; row < shape.rows; ++row)
      for (std::uint32_t col = 0; col < shape.cols; ++col, ++i)
        if (is_bad(row, col)) mask[i] = 0;
  return mask;
}

// Is `at` beside a seam between chips of `size` on an axis of `length`?
bool at_seam(std::uint32_t at, std::uint32_t size, std::uint32_t length) {
  if (size == length) return false;
  return (at % size == 0 && at != 0) || (at % size == size - 1 && at != length - 1);
}

}  // namespace

template <class Word>
Mask status_mask(std::span<const Word> status, std::size_t pixels, std::size_t ranges) {
  Mask mask(pixels, 1);
  const std::size_t count = std::min(ranges * pixels, status.size());
  for (std::size_t i = 0, pixel = 0; i < count; ++i) {
    if (status[i] != 0) mask[pixel] = 0;
    if (++pixel == pixels) pixel = 0;
  }
  return mask;
}
template Mask status_mask(std::span<const std::uint16_t>, std::size_t, std::size_t);
template Mask status_mask(std::span<const std::uint64_t>, std::size_t, std::size_t);

Mask edge_mask(Shape shape) {
  return mark(shape, [&](std::uint32_t row, std::uint32_t col) {
    return row == 0 || col == 0 || row == shape.rows - 1 || col == shape.cols - 1;
  });
}

Mask seam_mask(Shape shape) {
  const Chips chips = chips_of(shape);
  if (chips.rows == 0) return Mask(shape.pixels(), 1);
  return mark(shape, [&](std::uint32_t row, std::uint32_t col) {
    return at_seam(row, chips.rows, shape.rows) || at_seam(col, chips.cols, shape.cols);
  });
}

Mask unbonded_mask(Shape shape) {
  if (shape.rows != 185 || shape.cols != 388) return Mask(shape.pixels(), 1);
  return mark(shape, [](std::uint32_t row, std::uint32_t col) { return row % 10 == 0 && col % 194 == row; });
}

Mask grow(const Mask& mask, Shape shape, Neighbours neighbours) {
  Mask grown = mask;
  const auto rows = static_cast<std::ptrdiff_t>(shape.rows), cols = static_cast<std::ptrdiff_t>(shape.cols);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] != 0) continue;
    const auto in_panel = static_cast<std::ptrdiff_t>(i % shape.panel_pixels());
    const std::ptrdiff_t row = in_panel / cols, col = in_panel % cols;
    const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(i) - in_panel;
    for (std::ptrdiff_t r = std::max<std::ptrdiff_t>(row - 1, 0); r <= std::min(row + 1, rows - 1); ++r)
      for (std::ptrdiff_t c = std::max<std::ptrdiff_t>(col - 1, 0); c <= std::min(col + 1, cols - 1); ++c)
        if (neighbours == Neighbours::eight || r == row || c == col)
          grown[static_cast<std::size_t>(start + r * cols + c)] = 0;
  }
  return grown;
}

void combine(Mask& mask, std::span<const std::uint8_t> other) {
  if (other.empty()) return;
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = mask[i] != 0 && other[i] != 0 ? 1 : 0;
}

}  // namespace jt::detector
