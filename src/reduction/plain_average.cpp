#include "reduction/plain_average.hpp"

#include <cassert>
#include <cmath>

namespace jt::reduction {

void plain_average(const PixelBins& bins, std::span<const float> values, std::span<double> profile) {
  assert(values.size() == bins.cell.size());
  std::vector<double> sums(bins.cells.size(), 0.0);
  std::vector<std::uint32_t> lost(bins.cells.size(), 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint16_t cell = bins.cell[i];
    if (cell == bins.nowhere()) continue;
    if (std::isfinite(values[i]))
      sums[cell] += static_cast<double>(values[i]);
    else
      ++lost[cell];
  }
  profile_of_cells(bins, sums, lost, profile);
}

}  // namespace jt::reduction
