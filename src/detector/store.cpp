#include "detector/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <system_error>
#include <vector>

#include "core/errors.hpp"

namespace jt::detector {

namespace {

namespace fs = std::filesystem;

constexpr int last_run = 9999;  // the store's own limit; "end" means this

std::optional<int> read_run(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  int value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || stop != digits.data() + digits.size() || value < 0) return std::nullopt;
  return value;
}

struct Range {
  int begin = 0;
  int end = 0;
};

// "<digits>-<digits|end>.data"
std::optional<Range> read_range(std::string_view file_name) {
  constexpr std::string_view extension = ".data";
  if (!file_name.ends_with(extension)) return std::nullopt;
  file_name.remove_suffix(extension.size());
  const std::size_t dash = file_name.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto begin = read_run(file_name.substr(0, dash));
  const std::string_view end_word = file_name.substr(dash + 1);
  const auto end = end_word == "end" ? std::optional{last_run} : read_run(end_word);
  if (!begin || !end || *begin > last_run) return std::nullopt;
  return Range{*begin, std::min(*end, last_run)};
}

[[noreturn]] void refuse_folder(const fs::path& folder, const std::error_code& reason) {
  throw SetupError(
      fmt::format("the calibration folder {} cannot be looked into: {}", folder.string(), reason.message()),
      "the constants of the run are there", "Ask the experiment's owner for access to the folder?");
}

bool is_absent(const std::error_code& reason) {
  return reason == std::errc::no_such_file_or_directory || reason == std::errc::not_a_directory;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::error_code reason;
  std::vector<std::string> names;
  fs::directory_iterator entry(folder, reason);
  for (; !reason && entry != fs::directory_iterator(); entry.increment(reason))
    names.push_back(entry->path().filename().string());
  if (reason && !is_absent(reason)) refuse_folder(folder, reason);
  return names;
}

std::string in_case(std::string_view word, int (*change)(int)) {
  std::string changed;
  for (const char c : word) changed += static_cast<char>(change(static_cast<unsigned char>(c)));
  return changed;
}

}  // namespace

std::string_view name(Constant constant) {
  constexpr std::array<std::string_view, 9> names{"pedestals",    "pixel_gain",   "pixel_offset",
                                                  "pixel_status", "status_extra", "status_data",
                                                  "pixel_mask",   "common_mode",  "geometry"};
  return names[static_cast<std::size_t>(constant)];
}

std::string_view bare_source(std::string_view source) {
  if (source.starts_with("DetInfo(") && source.ends_with(")")) return source.substr(8, source.size() - 9);
  return source;
}

std::string calibration_group(std::string_view source) {
  const std::string_view bare = bare_source(source);
  const std::size_t colon = bare.find(':');
  std::string_view device = colon == std::string_view::npos ? bare : bare.substr(colon + 1);
  device = device.substr(0, device.find('.'));
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> groups{
      {{"Cspad", "CsPad"},
       {"Cspad2x2", "CsPad2x2"},
       {"Epix10ka2M", "Epix10ka2M"},
       {"Epix10kaQuad", "Epix10kaQuad"},
       {"Epix10ka", "Epix10ka"},
       {"Epix100a", "Epix100a"},
       {"Jungfrau", "Jungfrau"}}};
  for (const auto& [of_device, group] : groups)
    if (device == of_device) return fmt::format("{}::CalibV1", group);
  return device == "pnCCD" ? "PNCCD::CalibV1" : "Camera::CalibV1";
}

std::optional<std::string> choose_file(std::span<const std::string> names, RunNumber run) {
  const int wanted = std::min(run.value, last_run);
  std::optional<std::string> best;
  Range best_range;
  for (const std::string& candidate : names) {
    const auto range = read_range(candidate);
    if (!range || wanted < range->begin || range->end < wanted) continue;
    const bool better = !best || range->begin > best_range.begin ||
                        (range->begin == best_range.begin && range->end < best_range.end);
    if (!better) continue;
    best = candidate;
    best_range = *range;
  }
  return best;
}

fs::path calibration_folder(const fs::path& data_root, std::string_view instrument,
                            std::string_view experiment) {
  const std::string_view given = instrument.empty() ? experiment.substr(0, 3) : instrument;
  const auto folder = [&](const std::string& spelling) {
    return data_root / spelling / experiment / "calib";
  };
  const fs::path lower = folder(in_case(given, std::tolower));
  const fs::path upper = folder(in_case(given, std::toupper));
  std::error_code ignored;
  return !fs::exists(lower, ignored) && fs::exists(upper, ignored) ? upper : lower;
}

CalibrationStore::CalibrationStore(fs::path calibration_folder, std::string_view source)
    : detector_folder_(calibration_folder / calibration_group(source) / bare_source(source)) {}

fs::path CalibrationStore::folder(Constant constant) const { return detector_folder_ / name(constant); }

std::optional<fs::path> CalibrationStore::find(Constant constant, RunNumber run) const {
  const fs::path where = folder(constant);
  const auto file = choose_file(names_in(where), run);
  if (!file) return std::nullopt;
  return where / *file;
}

}  // namespace jt::detector
