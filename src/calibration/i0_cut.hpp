// Which shots had good incoming intensity: the cut on i0 made from the histogram of all shots of a run.
// Comes after all shots were seen, before the average; pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace jt::calibration {

struct Histogram {
  std::vector<double> edges;  // bins + 1
  std::vector<std::uint64_t> counts;
};
// Equal bins from min to max as numpy.histogram makes them (the last bin is closed; all values equal: a bin
// of width 1 about them). `values` are finite and not empty.
Histogram histogram(std::span<const double> values, std::size_t bins);

struct I0Cut {
  double low = 0;
  double high = 0;
  double median = 0;        // geometry: of the used shots; original: left edge of the mode bin
  double high_written = 0;  // original: doubled after the cut; geometry: the same as high
  bool closed = true;       // geometry: low <= i0 <= high; original: low < i0 < high
  Histogram histogram;      // of all shots
  std::vector<std::string> warnings;

  [[nodiscard]] bool accepts(double i0) const {
    return closed ? low <= i0 && i0 <= high : low < i0 && i0 < high;
  }
};

// The original program's cut, number for number: 50 bins, threshold 0.1. `i0` in shot order, finite, not
// empty.
I0Cut original_i0_cut(std::span<const double> i0);

// Ours: the population that holds the mode, out to where the histogram falls below `reject` of the mode or
// the data ends; shots with the beam off never form the mode. `i0` finite, not empty; bins >= 1.
I0Cut geometry_i0_cut(std::span<const double> i0, std::size_t bins, double reject);

}  // namespace jt::calibration
