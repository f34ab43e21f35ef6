#include "reduction/original_bins.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "core/errors.hpp"

namespace jt::reduction {
namespace {

// Distances from (cols / 2, rows / 2) in the order of the image.
std::vector<double> radii_of_image(std::uint32_t rows, std::uint32_t cols) {
  std::vector<double> radii;
  radii.reserve(std::size_t{rows} * cols);
  for (std::uint32_t row = 0; row < rows; ++row)
    for (std::uint32_t col = 0; col < cols; ++col) {
      const double x = col - cols / 2.0, y = row - rows / 2.0;
      radii.push_back(std::sqrt(x * x + y * y));
    }
  return radii;
}

// What numpy.arange(1, farthest, bin_size) gives: it steps by the difference of its first two values, which
// is not quite bin_size.
std::vector<double> middles(double farthest, double bin_size) {
  const double step = (1 + bin_size) - 1;
  const double count = std::ceil((farthest - 1) / bin_size);
  std::vector<double> radii;
  for (double k = 0; k < count; ++k) radii.push_back(1 + k * step);
  return radii;
}

// The masks that hold a pixel at distance r: middle - bin_size < r < middle + bin_size. Both sides grow with
// the mask's number, so they are neighbours. An empty range has first > last.
std::pair<std::size_t, std::size_t> masks_holding(double r, const std::vector<double>& middle,
                                                  double bin_size) {
  const auto first =
      std::partition_point(middle.begin(), middle.end(), [&](double m) { return !(r < m + bin_size); });
  const auto end = std::partition_point(first, middle.end(), [&](double m) { return m - bin_size < r; });
  return {static_cast<std::size_t>(first - middle.begin()), static_cast<std::size_t>(end - middle.begin())};
}

}  // namespace

OriginalBins make_original_bins(std::uint32_t rows, std::uint32_t cols, std::size_t bins,
                                std::span<const std::uint8_t> good) {
  assert(good.empty() || good.size() == std::size_t{rows} * cols);
  const std::vector<double> radii = radii_of_image(rows, cols);
  const auto [nearest, farthest] = std::minmax_element(radii.begin(), radii.end());

  OriginalBins made;
  made.bin_size = (*farthest - *nearest) / static_cast<double>(bins);
  if (made.bin_size > 0) made.radii = middles(*farthest, made.bin_size);
  if (made.radii.empty() || made.radii.size() >= 65535)
    throw SetupError(fmt::format("an image of {} x {} gives no radial masks", rows, cols),
                     "the original model's profile is made of them", "Is this the right detector?");

  PixelBins& to = made.pixel_bins;
  to.bins = made.radii.size();
  to.pixels.assign(to.bins, 0);
  std::map<std::pair<std::size_t, std::size_t>, std::uint16_t> cells;  // by first mask and end
  const auto unassigned = std::uint16_t{65535};
  to.cell.assign(radii.size(), unassigned);
  for (std::size_t i = 0; i < radii.size(); ++i) {
    const auto range = masks_holding(radii[i], made.radii, made.bin_size);
    if (range.first >= range.second) continue;
    for (std::size_t k = range.first; k < range.second; ++k) ++to.pixels[k];
    if (!good.empty() && good[i] == 0) continue;
    const auto [cell, is_new] = cells.try_emplace(range, static_cast<std::uint16_t>(cells.size()));
    if (is_new)
      to.cells.push_back(
          {static_cast<std::uint16_t>(range.first), static_cast<std::uint16_t>(range.second - 1)});
    to.cell[i] = cell->second;
  }
  std::replace(to.cell.begin(), to.cell.end(), unassigned, to.nowhere());
  return made;
}

OriginalBins make_original_bins(const detector::AreaDetector& detector, std::size_t bins) {
  const detector::ImageLayout& layout = detector.layout();
  const auto rows = static_cast<std::uint32_t>(layout.rows), cols = static_cast<std::uint32_t>(layout.cols);
  const std::vector<std::uint8_t>& good = detector.pixels().good;
  if (layout.cell.empty()) return make_original_bins(rows, cols, bins, good);

  OriginalBins made = make_original_bins(rows, cols, bins, {});
  PixelBins& to = made.pixel_bins;
  constexpr auto nobody = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> last_in_cell(layout.cells(), nobody);
  for (std::size_t i = 0; i < layout.cell.size(); ++i)
    last_in_cell[layout.cell[i]] = static_cast<std::uint32_t>(i);
  std::vector<std::uint16_t> of_pixel(layout.cell.size(), to.nowhere());
  for (std::size_t i = 0; i < layout.cell.size(); ++i)
    if (good[i] != 0 && last_in_cell[layout.cell[i]] == i) of_pixel[i] = to.cell[layout.cell[i]];
  to.cell = std::move(of_pixel);
  return made;
}

}  // namespace jt::reduction
