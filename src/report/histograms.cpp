#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "report/report.hpp"

namespace jt::report {
namespace {

// A range of no width becomes one about its value.
Span widened(Span range) {
  const double half = range.low < range.high ? 0.0 : std::max(0.5, std::abs(range.low) * 1e-6);
  return {range.low - half, range.high + half};
}

std::vector<double> equal_edges(std::optional<Span> range, std::size_t bins) {
  if (!range || bins == 0) return {};
  const auto [low, high] = widened(*range);
  std::vector<double> edges(bins + 1);
  for (std::size_t i = 0; i <= bins; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(bins);
    edges[i] = low * (1 - share) + high * share;  // not low + (high - low) * share: the width may overflow
  }
  return edges;
}

// The bin of `value`; the last bin includes its upper edge. Beyond the edges or NaN: no bin.
std::optional<std::size_t> bin_of(const std::vector<double>& edges, double value) {
  if (edges.size() < 2 || !(edges.front() <= value && value <= edges.back())) return std::nullopt;
  const auto above = std::upper_bound(edges.begin(), edges.end(), value);
  const auto index = static_cast<std::size_t>(above - edges.begin());
  return std::clamp<std::size_t>(index, 1, edges.size() - 1) - 1;
}

}  // namespace

std::optional<Span> range_of(std::span<const double> values, Range range) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double v) { return std::isfinite(v); });
  if (sorted.empty()) return std::nullopt;
  std::sort(sorted.begin(), sorted.end());
  const double first = sorted[sorted.size() / 4], third = sorted[sorted.size() * 3 / 4];
  const double reach = 5 * (third - first);
  if (range == Range::all || !(reach > 0)) return Span{sorted.front(), sorted.back()};
  return Span{std::max(sorted.front(), first - reach), std::min(sorted.back(), third + reach)};
}

Histogram histogram_of(std::span<const double> values, std::size_t bins, Range range) {
  Histogram histogram;
  histogram.edges = equal_edges(range_of(values, range), bins);
  if (histogram.edges.empty()) return histogram;
  histogram.counts.assign(bins, 0);
  for (const double value : values) {
    if (const auto bin = bin_of(histogram.edges, value))
      histogram.counts[*bin] += 1;
    else if (std::isfinite(value))
      ++histogram.outside;
  }
  return histogram;
}

Histogram2d histogram_2d_of(std::span<const double> x, std::span<const double> y, std::size_t x_bins,
                            std::size_t y_bins) {
  std::vector<double> pairs_x, pairs_y;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
    pairs_x.push_back(x[i]);
    pairs_y.push_back(y[i]);
  }
  Histogram2d histogram;
  histogram.x_edges = equal_edges(range_of(pairs_x, Range::all), x_bins);
  histogram.y_edges = equal_edges(range_of(pairs_y, Range::all), y_bins);
  if (histogram.x_edges.empty() || histogram.y_edges.empty()) return histogram;
  histogram.counts.assign(x_bins * y_bins, 0);
  for (std::size_t i = 0; i < pairs_x.size(); ++i)
    histogram
        .counts[*bin_of(histogram.y_edges, pairs_y[i]) * x_bins + *bin_of(histogram.x_edges, pairs_x[i])] +=
        1;
  return histogram;
}

}  // namespace jt::report
