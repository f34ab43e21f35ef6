// In which bins of the radial profile each pixel counts: the geometry's work done once, before the first
// shot. Made from a detector's PixelMap (radial_bins.hpp, original_bins.hpp); read by the averaging kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace jt::reduction {

// The pixels fall into disjoint cells; a cell counts in one or more neighbouring bins. Disjoint bins have one
// cell each; the original's overlapping masks share cells. So every kernel adds a pixel once, whatever the
// model.
struct PixelBins {
  struct Cell {
    std::uint16_t first_bin = 0;
    std::uint16_t last_bin = 0;  // included
  };
  std::size_t bins = 0;
  std::vector<Cell> cells;
  std::vector<std::uint16_t> cell;    // per pixel; cells.size() = this pixel is never added
  std::vector<std::uint32_t> pixels;  // per bin: what a sum is divided by when no pixel is lost in the shot

  [[nodiscard]] std::uint16_t nowhere() const { return static_cast<std::uint16_t>(cells.size()); }
};

// Sums and counts of lost pixels per cell -> the mean per bin; NaN where no pixel is left.
void profile_of_cells(const PixelBins& bins, std::span<const double> sums,
                      std::span<const std::uint32_t> lost, std::span<double> profile);

}  // namespace jt::reduction
