// Where each raw pixel lands in an assembled picture, as the field's own software lays it out.
// For pictures, and for the ring model that reproduces numbers made from assembled images.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/image.hpp"

namespace jt::detector {

struct PixelPositions;

// A picture of rows x cols cells of one pixel pitch. Two pixels may meet in a cell: the later one in data
// order wins. Cells without a pixel are gaps.
struct ImageLayout {
  std::size_t rows = 0, cols = 0;
  std::vector<std::uint32_t> cell;  // per pixel: row * cols + col; empty: the pixels are the cells (cameras)
  [[nodiscard]] std::size_t cells() const { return rows * cols; }
};

// Cell (0, 0) begins half a pitch before the outermost pixel centres. Throws Unreadable when the picture
// would exceed 8 times the pixels and 16 million cells (panels far apart: a wrong unit or a slip in the
// file).
ImageLayout lay_out(const PixelPositions& positions);

// Zeros, then every pixel in data order. `values`: one per pixel; `image`: one per cell.
template <class T>
void assemble(const ImageLayout& layout, std::span<const T> values, std::span<float> image);

// Pixels of different panels that meet in one cell: how many, and the first two panels found.
struct Overlap {
  std::size_t pixels = 0;
  std::size_t panel = 0, other_panel = 0;  // of the pair with the most
};
Overlap find_overlap(const ImageLayout& layout, Shape shape);

}  // namespace jt::detector
