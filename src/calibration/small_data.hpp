// The shots of a calibration as an HDF5 file, `run<N>_jt_cal.h5`: one row per shot with the event code.
// Last stop of a calibration, beside the result file; read back by tests and by comparisons with the live
// process.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "calibration/result.hpp"
#include "calibration/shot_table.hpp"

namespace jt::calibration {

// Writes /i0 /azav /ring /ratio /jet_peak /jet_loc (64-bit floats, NaN: no such value), /sec /nsec /fiducial
// (unsigned 32 bit) and /used (0 or 1); /azav is shots x bins, all others one value per shot. Each dataset
// says its `axes`, `units` and `description`, /azav its `bin_edges` as well; the file says what it came from
// (root attributes). The file appears complete or not at all. Throws SetupError: folder not writable, disk
// full, ...
void write_small_data(const ShotTable& table, const Result& result, const std::filesystem::path& target);

struct SmallData {
  ShotTable table;
  std::vector<double> bin_edges;  // bins + 1, in radius_unit
  std::string radius_unit;
  std::string hutch, experiment;
  int run = 0;
};

// Throws SetupError when `file` is missing, not HDF5, or not such a file (a dataset missing, of another kind
// or size).
SmallData read_small_data(const std::filesystem::path& file);

}  // namespace jt::calibration
