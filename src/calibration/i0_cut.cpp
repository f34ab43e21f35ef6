#include "calibration/i0_cut.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "calibration/statistics.hpp"

namespace jt::calibration {
namespace {

std::size_t first_highest(std::span<const std::uint64_t> counts) {
  return static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
}

// First bin at or right of `mode` that holds less than `threshold`; `mode` itself when there is none.
std::size_t original_right(std::span<const std::uint64_t> counts, std::size_t mode, double threshold) {
  for (std::size_t k = mode; k < counts.size(); ++k)
    if (static_cast<double>(counts[k]) < threshold) return k;
  return mode;
}

// The bin above the first one left of `mode` that holds less than `threshold`.
std::optional<std::size_t> original_left(std::span<const std::uint64_t> counts, std::size_t mode,
                                         double threshold) {
  for (std::size_t k = mode; k-- > 0;)
    if (static_cast<double>(counts[k]) < threshold) return k + 1;
  return std::nullopt;
}

// Shots with the beam off form a narrow heap at zero, far below the others. The heap is looked for in bins of
// 1/40 of the 95 % quantile ("top"): its peak lies within a tenth of top, it has ended (a quarter of its
// peak) within a quarter of top, and it holds four times what the stretch above it would put there and five
// shots more. Returns where the heap ends; nothing when there is none, as for intensities that reach down to
// zero evenly or by a broad tail.
std::optional<double> end_of_beam_off(std::span<const double> i0) {
  constexpr std::size_t bins = 40;
  const double top = quantile(i0, 0.95);
  if (!(top > 0)) return std::nullopt;
  std::vector<std::uint64_t> counts(bins, 0);
  for (const double value : i0)
    if (value <= top)
      ++counts[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, value / top) * bins))];
  const std::size_t peak = first_highest(std::span(counts).first(bins / 10));
  if (counts[peak] < 3) return std::nullopt;
  std::size_t end = peak;
  while (end < bins / 4 && 4 * counts[end] > counts[peak]) ++end;
  if (end >= bins / 4) return std::nullopt;
  const double edge = top * static_cast<double>(end) / bins;
  const auto shots_in = [&](double from, double to) {
    return static_cast<double>(
        std::count_if(i0.begin(), i0.end(), [&](double value) { return from <= value && value < to; }));
  };
  const double below = shots_in(-std::numeric_limits<double>::infinity(), edge);
  const double expected_below = shots_in(edge, 5 * edge) / 4;
  if (static_cast<double>(i0.size()) - below < 2 || below < 4 * expected_below + 5) return std::nullopt;
  return edge;
}

// Enough shots per bin (20 if they were spread evenly) that an empty bin means something.
std::size_t sensible_bins(std::size_t shots, std::size_t wanted) {
  return std::clamp<std::size_t>(shots / 20, 1, std::max<std::size_t>(wanted, 1));
}

// The last bin in the direction of `step` before the population ends: before two bins in a row below the
// threshold (one is enough at the edge of the data).
std::size_t end_of_population(std::span<const std::uint64_t> counts, std::size_t mode, std::ptrdiff_t step,
                              double threshold) {
  const auto size = static_cast<std::ptrdiff_t>(counts.size());
  const auto is_low = [&](std::ptrdiff_t k) {
    return k < 0 || k >= size || static_cast<double>(counts[static_cast<std::size_t>(k)]) < threshold;
  };
  auto k = static_cast<std::ptrdiff_t>(mode);
  while (k + step >= 0 && k + step < size && !(is_low(k + step) && is_low(k + 2 * step))) k += step;
  return static_cast<std::size_t>(k);
}

}  // namespace

Histogram histogram(std::span<const double> values, std::size_t bins) {
  assert(!values.empty() && bins >= 1);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  double first = *least, last = *most;
  if (first == last) first -= 0.5, last += 0.5;
  Histogram made{std::vector<double>(bins + 1), std::vector<std::uint64_t>(bins, 0)};
  const double n = static_cast<double>(bins), step = (last - first) / n;
  for (std::size_t k = 0; k < bins; ++k) made.edges[k] = static_cast<double>(k) * step + first;
  made.edges[bins] = last;
  for (const double value : values) {
    auto k = std::min(static_cast<std::size_t>((value - first) * (n / (last - first))), bins - 1);
    // Rounding may have put it one bin off: the edges decide.
    if (k > 0 && value < made.edges[k]) --k;
    if (k + 1 < bins && value >= made.edges[k + 1]) ++k;
    ++made.counts[k];
  }
  return made;
}

I0Cut original_i0_cut(std::span<const double> i0) {
  I0Cut cut;
  cut.closed = false;
  cut.histogram = histogram(i0, 50);
  const auto counts =
      std::span<const std::uint64_t>(cut.histogram.counts).subspan(1);  // the first bin is dropped
  const auto edges = std::span<const double>(cut.histogram.edges).subspan(1);
  const std::size_t mode = first_highest(counts);
  const auto peak = static_cast<double>(counts[mode]);
  const std::size_t right = original_right(counts, mode, 0.1 * peak);
  auto left = original_left(counts, mode, 0.1 * peak);
  if (!left) left = original_left(counts, mode, 0.5 * peak);
  cut.median = edges[mode];
  cut.low = edges[left.value_or(mode)];
  cut.high = edges[right];
  cut.high_written = 2 * cut.high;
  return cut;
}

I0Cut geometry_i0_cut(std::span<const double> i0, std::size_t bins, double reject) {
  I0Cut cut;
  std::vector<double> with_beam(i0.begin(), i0.end());
  if (const auto edge = end_of_beam_off(i0)) {
    std::erase_if(with_beam, [&](double value) { return value < *edge; });
    cut.warnings.push_back(
        fmt::format("{} of {} shots have the beam off (i0 below {:.4g}): they are not used",
                    i0.size() - with_beam.size(), i0.size(), *edge));
  }
  const Histogram of_beam = histogram(with_beam, sensible_bins(with_beam.size(), bins));
  const std::size_t mode = first_highest(of_beam.counts);
  const double threshold = reject * static_cast<double>(of_beam.counts[mode]);
  const std::size_t left = end_of_population(of_beam.counts, mode, -1, threshold);
  const std::size_t right = end_of_population(of_beam.counts, mode, +1, threshold);
  // All values equal: the histogram is wider than the data; the cut ends with the data.
  const auto [least, most] = std::minmax_element(with_beam.begin(), with_beam.end());
  cut.low = std::max(of_beam.edges[left], *least);
  cut.high = std::min(of_beam.edges[right + 1], *most);
  cut.high_written = cut.high;
  cut.histogram = histogram(i0, std::max<std::size_t>(bins, 1));

  std::erase_if(with_beam, [&](double value) { return !cut.accepts(value); });
  cut.median = quantile(with_beam, 0.5);
  return cut;
}

}  // namespace jt::calibration
