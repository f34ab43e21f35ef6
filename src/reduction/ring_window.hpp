// The bins whose sum is the ring's intensity, and the sum itself.
// After the azimuthal average in the walk of a shot.
#pragma once

#include <cstddef>
#include <span>

namespace jt::reduction {

// Bins first ... last, both included and inside the profile; empty when first > last.
struct RingWindow {
  int first = 0;
  int last = -1;
  bool clipped = false;  // a part of it lay outside the profile
  [[nodiscard]] bool empty() const { return first > last; }
  [[nodiscard]] int size() const { return empty() ? 0 : last - first + 1; }
};

// peak - delta ... peak + delta, cut to the bins that exist.
RingWindow geometry_window(int peak, int delta, std::size_t bins);
// The original's slice [peak - delta : peak + delta] as Python takes it: the upper end left out, a negative
// start counted from the end (which mostly gives an empty window).
RingWindow original_window(int peak, int delta, std::size_t bins);

// Sum of the window's bins; empty (NaN) bins do not count, and NaN is returned when all are empty. An empty
// window sums to 0.
double ring_sum(std::span<const double> profile, RingWindow window);
// The original's: an empty bin makes the sum NaN.
double original_ring_sum(std::span<const double> profile, RingWindow window);

// The straight line under a ring: through the mean point of the bins left of it and that of the bins right of
// it.
struct Baseline {
  double level = 0;  // at bin 0
  double slope = 0;  // per bin
  [[nodiscard]] double at(double bin) const { return level + slope * bin; }
};
// Only finite bins count. With bins on one side only the line is level; without any it is NaN.
Baseline baseline_beside(std::span<const double> profile, RingWindow left, RingWindow right);
double baseline_sum(const Baseline& baseline, std::span<const double> profile, RingWindow window);

}  // namespace jt::reduction
