#include "simulator/twin_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "formats/xtc/names.hpp"

namespace jt::simulator {
namespace {

constexpr std::array<std::string_view, 4> detector_names{"small", "rayonix", "epix10ka2M", "jungfrau4M"};

void require(bool holds, std::string_view key, double value, std::string_view allowed) {
  if (!holds)
    throw CallError(fmt::format("the twin's {} is {}", key, value), fmt::format("it must be {}", allowed),
                    "Correct it in the config's block 'twin'?");
}

void require_name(const std::string& name, std::string_view key) {
  constexpr std::size_t longest = 30;  // an alias in the DAQ's own table
  const bool good =
      !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
               c == '-';
      });
  if (!good)
    throw CallError(fmt::format("the twin's {} is '{}'", key, name), "files and the DAQ call it so",
                    fmt::format("Give 1 to {} letters, digits, '_' and '-'.", longest));
}

void check_detector(const TwinDetectorSettings& s) {
  require(s.distance_mm >= 10 && s.distance_mm <= 1e5, "detector distance_mm", s.distance_mm,
          "between 10 and 100000");
  require(s.peak_photons >= 0 && s.peak_photons <= 1e4, "detector peak_photons", s.peak_photons,
          "between 0 (the usual) and 10000");
  require(s.beam_stop_mm >= 0 && s.beam_stop_mm <= 1000, "detector beam_stop_mm", s.beam_stop_mm,
          "between 0 and 1000");
  require(s.every >= 1 && s.every <= 1'000'000, "detector every", s.every, "between 1 and 1000000");
  require(s.lost >= 0 && s.lost <= 1, "detector lost", s.lost, "a share between 0 and 1");
  require(s.bad_pixels <= 100'000, "detector bad_pixels", s.bad_pixels, "between 0 and 100000");
  require(s.saturating_pixels <= 100'000, "detector saturating_pixels", s.saturating_pixels,
          "between 0 and 100000");
  require(s.noise == -1 || (s.noise >= 0 && s.noise <= 200), "detector noise", s.noise,
          "between 0 and 200 ADU, or -1 (the usual)");
  require(s.common_mode == -1 || (s.common_mode >= 0 && s.common_mode <= 200), "detector common_mode",
          s.common_mode, "between 0 and 200 ADU, or -1 (the usual)");
  for (std::size_t i = 0; i < s.ring.size(); ++i) {
    require(std::isfinite(s.ring[i].q) && s.ring[i].q >= 0 && (i == 0 || s.ring[i].q > s.ring[i - 1].q),
            "detector ring q", s.ring[i].q, "a number of at least 0 above the one before");
    require(std::isfinite(s.ring[i].intensity) && s.ring[i].intensity >= 0, "detector ring intensity",
            s.ring[i].intensity, "a number of at least 0");
  }
}

void check_camera(const JetCameraSettings& s) {
  require(s.rows >= 16 && s.rows <= 2048, "jet_camera rows", s.rows, "between 16 and 2048");
  require(s.cols >= 16 && s.cols <= 2048, "jet_camera cols", s.cols, "between 16 and 2048");
  require(s.um_per_px >= 0.01 && s.um_per_px <= 1000, "jet_camera um_per_px", s.um_per_px,
          "between 0.01 and 1000");
  require(std::fabs(s.beam_col) <= 1e5, "jet_camera beam_col", s.beam_col, "within 100000 columns");
  require(std::fabs(s.beam_row) <= 1e5, "jet_camera beam_row", s.beam_row, "within 100000 rows");
  require(std::fabs(s.tilt_deg) <= 45, "jet_camera tilt_deg", s.tilt_deg, "within 45 degrees");
  for (const double level : {s.dark, s.light, s.jet_height})
    require(level >= 0 && level <= 255, "jet_camera brightness", level, "a grey level between 0 and 255");
  require(s.noise >= 0 && s.noise <= 50, "jet_camera noise", s.noise, "between 0 and 50 grey levels");
  require(s.every >= 1 && s.every <= 1'000'000, "jet_camera every", s.every, "between 1 and 1000000");
  require_name(s.alias, "jet_camera alias");
}

}  // namespace

void check(const TwinSettings& settings) {
  require_name(settings.hutch, "hutch");
  require_name(settings.experiment, "experiment");
  require_name(settings.evr, "evr");
  if (!settings.detector.alias.empty()) require_name(settings.detector.alias, "detector alias");
  check_detector(settings.detector);
  if (settings.jet_camera.present) check_camera(settings.jet_camera);
  const double shots_between = 120 / settings.plant.rate_hz;
  require(shots_between >= 1 && shots_between <= 120 && shots_between == std::floor(shots_between), "rate_hz",
          settings.plant.rate_hz, "120 divided by a whole number, at least 1: the machine's pulses");
  require(settings.pulse_mj > 0 && settings.pulse_mj <= 100, "pulse_mj", settings.pulse_mj,
          "above 0 and at most 100");
  require(settings.monitor_mean > 0 && settings.monitor_mean <= 1e12, "monitor_mean", settings.monitor_mean,
          "above 0");
  require(settings.photon_energy_ev >= 1000 && settings.photon_energy_ev <= 100'000, "photon_energy_ev",
          settings.photon_energy_ev, "between 1000 and 100000");
  require(settings.streams >= 1 && settings.streams <= 16, "streams", settings.streams, "between 1 and 16");
  if (!settings.beam_monitor.ends_with("-BMMON") || !formats::xtc::bld_number(settings.beam_monitor))
    throw CallError(fmt::format("the DAQ knows no beam monitor '{}'", settings.beam_monitor),
                    "the twin's i0 is recorded under its name", "Is it spelt like MFX-DG2-BMMON?");
}

std::string_view name(TwinDetectorKind kind) { return detector_names[static_cast<std::size_t>(kind)]; }

std::optional<TwinDetectorKind> twin_detector_kind(std::string_view name) {
  const auto* const found = std::find(detector_names.begin(), detector_names.end(), name);
  if (found == detector_names.end()) return std::nullopt;
  return static_cast<TwinDetectorKind>(found - detector_names.begin());
}

std::vector<std::string> twin_detector_names() { return {detector_names.begin(), detector_names.end()}; }

std::vector<RingPoint> parse_ring_table(std::string_view text, std::string_view file) {
  std::vector<RingPoint> points;
  int number = 0;
  const auto refuse = [&](std::string_view why) {
    throw CallError(fmt::format("{} line {}: {}", file, number, why), "it holds the ring's profile",
                    "Give two numbers per line: q in 1/angstrom, ascending, and the intensity.");
  };
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    std::array<double, 2> values{};
    std::size_t found = 0;
    for (;;) {
      const std::size_t begin = line.find_first_not_of(" \t\r,");
      if (begin == std::string_view::npos) break;
      line.remove_prefix(begin);
      const std::string_view word = line.substr(0, line.find_first_of(" \t\r,"));
      line.remove_prefix(word.size());
      if (found == 2) refuse("there are more than two numbers");
      const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), values[found]);
      if (error != std::errc() || stop != word.data() + word.size() || !std::isfinite(values[found]))
        refuse(fmt::format("'{}' is not a number", word.substr(0, 40)));
      ++found;
    }
    if (found == 0) continue;
    if (found == 1) refuse("there is one number only");
    if (values[0] < 0 || values[1] < 0) refuse("a number is below 0");
    if (!points.empty() && values[0] <= points.back().q) refuse("q does not ascend");
    points.push_back({values[0], values[1]});
    if (points.size() > 100'000) refuse("there are more than 100000 points");
  }
  if (points.size() < 2) {
    throw CallError(fmt::format("{} holds {} points", file, points.size()), "a profile needs two at least",
                    "Give two numbers per line: q in 1/angstrom, ascending, and the intensity.");
  }
  return points;
}

}  // namespace jt::simulator
