// Views of pixels that somebody else owns: the shape of a detector and a 2-d look at one of its panels.
// Used from `formats` (which makes them) to `reduction` (which reads them).
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace jt {

// panels x rows x columns; a camera is one panel. All zero: not known yet.
struct Shape {
  std::uint32_t panels = 0;
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  bool operator==(const Shape&) const = default;
  [[nodiscard]] constexpr bool known() const { return panels != 0 && rows != 0 && cols != 0; }
  [[nodiscard]] constexpr std::size_t panel_pixels() const { return std::size_t{rows} * cols; }
  [[nodiscard]] constexpr std::size_t pixels() const { return panels * panel_pixels(); }
};

enum class PixelType : std::uint8_t { u8, u16, i16 };

constexpr std::size_t bytes_per_pixel(PixelType type) { return type == PixelType::u8 ? 1 : 2; }

// Where one panel of a raw frame lies: in the datagram, or in the decompressed copy of a compressed leaf.
struct PanelView {
  std::uint16_t panel = 0;            // its number in the detector: quad * 8 + section for CSPAD
  const std::byte* pixels = nullptr;  // rows x cols pixels, row major, little endian, maybe unaligned
};

// One detector's raw picture of one shot, borrowed. Absent panels (CSPAD) have no PanelView.
struct RawFrame {
  PixelType type = PixelType::u16;
  Shape shape;                            // of the whole detector
  std::uint32_t saturated_from = 0xffff;  // a camera pixel at or above this value is saturated: 2^depth - 1
  std::span<const PanelView> panels;
};

// rows x cols values, row major, borrowed. `T` is const for a read-only view.
template <class T>
struct ImageView {
  T* data = nullptr;
  std::size_t rows = 0;
  std::size_t cols = 0;

  [[nodiscard]] std::size_t size() const { return rows * cols; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  T& operator()(std::size_t row, std::size_t col) const {
    assert(row < rows && col < cols);
    return data[row * cols + col];
  }
  [[nodiscard]] std::span<T> row(std::size_t index) const {
    assert(index < rows);
    return {data + index * cols, cols};
  }
  [[nodiscard]] std::span<T> pixels() const { return {data, size()}; }
};

}  // namespace jt
