// One row per shot with the event code: what was measured in it, and whether it was used.
// Filled by `run_calibration()`; becomes `run<N>_jt_cal.h5` (small_data.hpp) and the report's plots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/ids.hpp"

namespace jt::calibration {

// NaN: this shot has no such value.
struct ShotRow {
  double i0 = std::numeric_limits<double>::quiet_NaN();
  double ring = std::numeric_limits<double>::quiet_NaN();   // with the window of the result
  double ratio = std::numeric_limits<double>::quiet_NaN();  // ring / i0
  double jet_peak = std::numeric_limits<double>::quiet_NaN();
  double jet_loc = std::numeric_limits<double>::quiet_NaN();  // px of the recorded image
  ShotTime time;
  Fiducial fiducial;
  bool used = false;
};

// Shots in time order. Row s of `azav` is the radial profile of shots[s]: `bins` values, NaN where a bin has
// no good pixel; all NaN for a shot without a frame.
struct ShotTable {
  std::size_t bins = 0;
  std::vector<ShotRow> shots;
  std::vector<double> azav;  // shots.size() x bins

  [[nodiscard]] std::span<const double> profile(std::size_t shot) const {
    return std::span(azav).subspan(shot * bins, bins);
  }
  [[nodiscard]] std::span<double> profile(std::size_t shot) {
    return std::span(azav).subspan(shot * bins, bins);
  }
};

}  // namespace jt::calibration
