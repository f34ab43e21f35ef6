#include "pipeline/calibration_in_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "calibration/result_file.hpp"
#include "core/errors.hpp"

namespace jt::pipeline {
namespace {

namespace fs = std::filesystem;
using reduction::RingWindow;

// The run of "jt_cal_<N>_results".
std::optional<RunNumber> run_of(std::string_view name) {
  constexpr std::string_view head = "jt_cal_", tail = "_results";
  if (!name.starts_with(head) || !name.ends_with(tail) || name.size() <= head.size() + tail.size())
    return std::nullopt;
  const std::string_view digits = name.substr(head.size(), name.size() - head.size() - tail.size());
  int run = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), run);
  if (error != std::errc{} || end != digits.data() + digits.size() || run < 0) return std::nullopt;
  return RunNumber{run};
}

RingWindow moved(RingWindow window, int by, int bins) {
  if (window.empty()) return window;
  return {std::clamp(window.first + by, 0, bins), std::clamp(window.last + by, -1, bins - 1), window.clipped};
}

}  // namespace

std::optional<CalibrationFile> newest_calibration(const fs::path& folder, RunNumber run) {
  std::optional<CalibrationFile> newest;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto of = run_of(entry->path().filename().string());
    if (!of || *of > run || (newest && *of <= newest->run)) continue;
    std::error_code gone;
    const auto written = fs::last_write_time(entry->path(), gone);
    if (!gone) newest = CalibrationFile{entry->path(), *of, written};
  }
  return newest;
}

bool CalibrationInUse::original() const {
  return result.ring.model == "original" || result.ring.bin_edges.size() < 2;
}

std::shared_ptr<const CalibrationInUse> load_calibration(const CalibrationFile& file) {
  auto loaded = std::make_shared<CalibrationInUse>();
  loaded->file = file;
  loaded->result = calibration::read_result(file.path);
  const calibration::Result& result = loaded->result;
  const bool has_cut = std::isfinite(result.i0_low) && std::isfinite(result.i0_high);
  const bool has_window = result.peak_bin >= 0 && result.peak_bin <= 100'000 && result.delta_bin >= 0 &&
                          result.delta_bin <= 100'000 && result.ring.bin_edges.size() <= 65'535;
  if (!has_cut || !has_window)
    throw SetupError(fmt::format("{} lacks the i0 cut or the ring's window", file.path.string()),
                     "live shots are judged by them", "Calibrate the run again?");
  return loaded;
}

reduction::RingMeasure measure_of(const Window& window, std::size_t bins) {
  const calibration::Result& result = window.calibration->result;
  const int last = static_cast<int>(bins) - 1;
  reduction::RingMeasure measure;
  if (window.calibration->original()) {
    measure.metric = reduction::Metric::original;
    measure.window = reduction::original_window(window.peak, window.delta, bins);
    return measure;
  }
  measure.window = reduction::geometry_window(window.peak, window.delta, bins);
  if (result.ring.metric != "contrast") return measure;
  measure.metric = reduction::Metric::contrast;
  // The bins beside the ring stay as far from its edge as the calibration put them.
  const int to_left = (window.peak - window.delta) - (result.peak_bin - result.delta_bin);
  const int to_right = (window.peak + window.delta) - (result.peak_bin + result.delta_bin);
  const auto& beside = result.ring.baseline_window;
  measure.left = moved({beside[0], beside[1], false}, to_left, last + 1);
  measure.right = moved({beside[2], beside[3], false}, to_right, last + 1);
  return measure;
}

reduction::I0Window cut_of(const CalibrationInUse& calibration) {
  const bool original = calibration.original();
  // The original wrote twice the upper end that it used.
  const double high = original ? calibration.result.i0_high / 2 : calibration.result.i0_high;
  return {calibration.result.i0_low, high, !original};
}

}  // namespace jt::pipeline
