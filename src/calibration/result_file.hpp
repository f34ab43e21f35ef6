// The result as JSON: written for the live process, the summary and `--json`; read back by them.
// Last stop of a calibration and first of the live process. Files of the original program load as well.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "calibration/result.hpp"
#include "core/ids.hpp"

namespace jt::calibration {

// Where the outputs of one run go: below `<root>`, or below `--out DIR`.
struct OutputPlaces {
  std::filesystem::path small_data;  // scratch/run<N>_jt_cal.h5
  std::filesystem::path result;      // calib/jt_results/jt_cal_<N>_results
  std::filesystem::path previous;    // calib/jt_results/previous/
  std::filesystem::path report;      // stats/summary/jt_cal_run_<N>/report.html
};
OutputPlaces output_places(const std::filesystem::path& root, RunNumber run);

// One JSON object, indented, ending in a newline; numbers that are not known are null.
std::string to_json_text(const Result& result);

// Reads our own files and those of the original program (every value a string, "None" for missing). Throws
// SetupError naming `where` when it is neither.
Result result_from_json_text(std::string_view text, const std::string& where);
Result read_result(const std::filesystem::path& file);

// An earlier result of the run is kept as `previous/jt_cal_<N>_results-<its time>`; it also stays in its
// place until it is replaced. Nothing happens when there is none. Throws SetupError when the folder cannot be
// written.
void keep_previous_result(const OutputPlaces& places);

// keep_previous_result(), then the new one: beside, flush, rename. Throws SetupError when it cannot be
// written.
void write_result(const Result& result, const OutputPlaces& places);

}  // namespace jt::calibration
