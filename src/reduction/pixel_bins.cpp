#include "reduction/pixel_bins.hpp"

#include <cassert>
#include <limits>

namespace jt::reduction {

void profile_of_cells(const PixelBins& bins, std::span<const double> sums,
                      std::span<const std::uint32_t> lost, std::span<double> profile) {
  assert(sums.size() >= bins.cells.size() && lost.size() >= bins.cells.size() && profile.size() == bins.bins);
  std::vector<double> sum(bins.bins, 0.0);
  std::vector<std::uint32_t> count = bins.pixels;
  for (std::size_t c = 0; c < bins.cells.size(); ++c)
    for (std::size_t b = bins.cells[c].first_bin; b <= bins.cells[c].last_bin; ++b) {
      sum[b] += sums[c];
      count[b] -= lost[c];
    }
  for (std::size_t b = 0; b < bins.bins; ++b)
    profile[b] = count[b] > 0 ? sum[b] / count[b] : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace jt::reduction
