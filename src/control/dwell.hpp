// The robust statistic of one dwell: what the ring was at one position, with bad shots left out.
// Inside stop 8 of the walk: shots that belong to a position -> one measured point.
#pragma once

#include <span>
#include <vector>

namespace jt::control {

struct Dwell {
  double mean = 0;    // robust mean of the ratio
  double error = 0;   // its standard error
  double spread = 0;  // robust standard deviation of one shot
  int kept = 0;       // shots behind the mean
  int shots = 0;      // shots with beam
  [[nodiscard]] bool valid() const { return kept > 0 && 2 * kept >= shots; }
};

// `ratios` of shots with beam, in any order; `background` is the ratio off the jet (0: not known).
// 1. Shots without jet go: all under B + 0.4 (P75 - B), if P75 stands clear of the background. (0.6 on the
//    peak would do; on the flank a pointing jitter of 0.4 widths reaches below it and would be cut.)
// 2. Spikes go: above the median + 6 robust standard deviations.
// 3. Huber mean (k = 1.5) of the rest, error = 1.1 * spread / sqrt(n).
Dwell robust_dwell(std::span<const double> ratios, double background);

// Median; reorders `values`. 0 for none.
double median_of(std::vector<double>& values);

}  // namespace jt::control
