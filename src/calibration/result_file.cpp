#include "calibration/result_file.hpp"

#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <sstream>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "calibration/result_json.hpp"
#include "core/atomic_file.hpp"
#include "core/errors.hpp"

namespace jt::calibration {
namespace {

namespace fs = std::filesystem;

constexpr auto purpose = "the calibration that the live process reads";

std::string read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in)
    throw SetupError(fmt::format("{} cannot be read", file.string()), "it holds the calibration's result",
                     "Was the run calibrated, and may you read the folder?");
  return text.str();
}

// For a file name: the time that the result itself says, else when the file was written.
std::string time_of(const fs::path& file) {
  try {
    std::string time = read_result(file).provenance.time;
    std::erase_if(time, [](char c) { return c == ':' || c == '-'; });
    const bool plain =
        !time.empty() && time.size() < 40 && time.find_first_not_of("0123456789TZ.") == std::string::npos;
    if (plain) return time;
  } catch (const SetupError&) {  // not one of ours: kept all the same
  }
  const auto written = std::chrono::file_clock::to_sys(fs::last_write_time(file));
  return fmt::format("{:%Y%m%dT%H%M%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(written))));
}

fs::path free_name(const fs::path& wanted) {
  fs::path name = wanted;
  for (int n = 2; fs::exists(name); ++n) name = fmt::format("{}-{}", wanted.string(), n);
  return name;
}

}  // namespace

OutputPlaces output_places(const fs::path& root, RunNumber run) {
  const fs::path results = root / "calib" / "jt_results";
  return {root / "scratch" / fmt::format("run{}_jt_cal.h5", run.value),
          results / fmt::format("jt_cal_{}_results", run.value), results / "previous",
          root / "stats" / "summary" / fmt::format("jt_cal_run_{}", run.value) / "report.html"};
}

std::string to_json_text(const Result& result) {
  return to_json(result).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result result_from_json_text(std::string_view text, const std::string& where) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    throw SetupError(fmt::format("{} is not a calibration result", where), "it should hold one JSON object",
                     "Calibrate the run again?");
  return result_from_json(json, where);
}

Result read_result(const fs::path& file) { return result_from_json_text(read_all(file), file.string()); }

void keep_previous_result(const OutputPlaces& places) {
  try {
    if (!fs::exists(places.result)) return;
    fs::create_directories(places.previous);
    const fs::path kept = free_name(
        places.previous / fmt::format("{}-{}", places.result.filename().string(), time_of(places.result)));
    // A second name for the same file: at no moment is there no result. Some file systems have no links.
    std::error_code no_link;
    fs::create_hard_link(places.result, kept, no_link);
    if (no_link) fs::copy_file(places.result, kept);
  } catch (const fs::filesystem_error& error) {
    throw SetupError(fmt::format("the earlier result cannot be kept in {}: {}", places.previous.string(),
                                 error.code().message()),
                     "a new result must not destroy it", "May you write there?");
  }
}

void write_result(const Result& result, const OutputPlaces& places) {
  AtomicFile file(places.result, purpose);
  file.write(to_json_text(result));
  file.seal();
  keep_previous_result(places);
  file.commit();
}

}  // namespace jt::calibration
