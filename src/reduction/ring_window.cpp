#include "reduction/ring_window.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace jt::reduction {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// One end of a Python slice over `size` items.
long slice_end(long end, long size) { return std::clamp(end < 0 ? end + size : end, 0L, size); }

// Mean bin and mean value of a window's finite bins.
struct Side {
  double count = 0, bin = 0, value = 0;
};
Side side_of(std::span<const double> profile, RingWindow window) {
  Side side;
  for (int k = window.first; k <= window.last; ++k) {
    const double value = profile[static_cast<std::size_t>(k)];
    if (!std::isfinite(value)) continue;
    side.count += 1;
    side.bin += k;
    side.value += value;
  }
  if (side.count > 0) {
    side.bin /= side.count;
    side.value /= side.count;
  }
  return side;
}

}  // namespace

RingWindow geometry_window(int peak, int delta, std::size_t bins) {
  const int last_bin = static_cast<int>(bins) - 1;
  RingWindow window{std::max(peak - delta, 0), std::min(peak + delta, last_bin), false};
  window.clipped = peak - delta < 0 || peak + delta > last_bin;
  return window;
}

RingWindow original_window(int peak, int delta, std::size_t bins) {
  const long size = static_cast<long>(bins);
  const long first = slice_end(long{peak} - delta, size), end = slice_end(long{peak} + delta, size);
  RingWindow window{static_cast<int>(first), static_cast<int>(std::max(first, end)) - 1, false};
  window.clipped = peak - delta < 0 || long{peak} + delta > size;
  return window;
}

double ring_sum(std::span<const double> profile, RingWindow window) {
  if (window.empty()) return 0;
  assert(window.first >= 0 && static_cast<std::size_t>(window.last) < profile.size());
  double sum = 0;
  int counted = 0;
  for (int k = window.first; k <= window.last; ++k) {
    const double value = profile[static_cast<std::size_t>(k)];
    if (std::isnan(value)) continue;
    sum += value;
    ++counted;
  }
  return counted > 0 ? sum : nan;
}

double original_ring_sum(std::span<const double> profile, RingWindow window) {
  double sum = 0;
  for (int k = window.first; k <= window.last; ++k) sum += profile[static_cast<std::size_t>(k)];
  return sum;
}

Baseline baseline_beside(std::span<const double> profile, RingWindow left, RingWindow right) {
  const Side a = side_of(profile, left), b = side_of(profile, right);
  if (a.count == 0 && b.count == 0) return {nan, 0};
  if (a.count == 0) return {b.value, 0};
  if (b.count == 0) return {a.value, 0};
  const double slope = (b.value - a.value) / (b.bin - a.bin);
  return {a.value - slope * a.bin, slope};
}

double baseline_sum(const Baseline& baseline, std::span<const double> profile, RingWindow window) {
  double sum = 0;
  for (int k = window.first; k <= window.last; ++k)
    if (!std::isnan(profile[static_cast<std::size_t>(k)])) sum += baseline.at(k);
  return sum;
}

}  // namespace jt::reduction
