// Which calibration the live process goes by: the newest of this experiment whose run is not after ours.
// Before the first shot and at each BeginRun; its window, cut and centre make the workers' plan.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "calibration/result.hpp"
#include "core/ids.hpp"
#include "reduction/reduce_shot.hpp"

namespace jt::pipeline {

struct CalibrationFile {
  std::filesystem::path path;
  RunNumber run;
  std::filesystem::file_time_type written;
  bool operator==(const CalibrationFile&) const = default;
};

// Among `folder`/jt_cal_<N>_results: the highest N <= run. Nothing when there is none, or no such folder.
std::optional<CalibrationFile> newest_calibration(const std::filesystem::path& folder, RunNumber run);

struct CalibrationInUse {
  CalibrationFile file;
  calibration::Result result;
  [[nodiscard]] bool original() const;  // made with the original's model, or by the original program
};
// Throws SetupError when the file is no result, or lacks peak, cut or window.
std::shared_ptr<const CalibrationInUse> load_calibration(const CalibrationFile& file);

// What is summed, from one shot on. Changed as a whole; workers and leader hold it while they need it.
struct Window {
  std::uint32_t id = 0;
  std::shared_ptr<const CalibrationInUse> calibration;  // null: there is none
  int peak = 0, delta = 0;
};

// The ring measure of `window` in a profile of so many bins. With the calibration's own peak and delta, the
// calibration's own bins. Moved windows move the bins beside them (contrast) along.
reduction::RingMeasure measure_of(const Window& window, std::size_t bins);
// The cut that the calibration used.
reduction::I0Window cut_of(const CalibrationInUse& calibration);

}  // namespace jt::pipeline
