#include "formats/event.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

namespace jt::formats {
namespace {

constexpr std::array<std::string_view, 6> gas_detector_quantities = {"f_11_ENRC", "f_12_ENRC", "f_21_ENRC",
                                                                     "f_22_ENRC", "f_63_ENRC", "f_64_ENRC"};
constexpr std::array<std::string_view, 19> beam_monitor_quantities = {
    "TotalIntensity", "X_Position", "Y_Position", "peakA[0]",  "peakA[1]", "peakA[2]", "peakA[3]",
    "peakA[4]",       "peakA[5]",   "peakA[6]",   "peakA[7]",  "peakA[8]", "peakA[9]", "peakA[10]",
    "peakA[11]",      "peakA[12]",  "peakA[13]",  "peakA[14]", "peakA[15]"};
constexpr std::array<std::string_view, 7> ipm_quantities = {
    "channel[0]", "channel[1]", "channel[2]", "channel[3]", "sum", "xpos", "ypos"};
constexpr std::array<std::string_view, 20> ebeam_quantities = {
    "charge",    "L3Energy",   "LTUPosX",    "LTUPosY",      "LTUAngX", "LTUAngY", "PkCurrBC2",
    "EnergyBC2", "PkCurrBC1",  "EnergyBC1",  "UndPosX",      "UndPosY", "UndAngX", "UndAngY",
    "XTCAVAmpl", "XTCAVPhase", "DumpCharge", "PhotonEnergy", "LTU250",  "LTU450"};
constexpr std::array<std::string_view, 4> phase_cavity_quantities = {"fitTime1", "fitTime2", "charge1",
                                                                     "charge2"};

static_assert(ebeam_quantities.size() <= MonitorReading::max_values);

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// psana calls EBeam's and PhaseCavity's values ebeamCharge, ebeamPhotonEnergy, ...: those are understood too.
bool is_quantity(MonitorKind kind, std::string_view canonical, std::string_view given) {
  if (canonical == given) return true;
  if (kind != MonitorKind::ebeam && kind != MonitorKind::phase_cavity) return false;
  if (given.starts_with("ebeam")) given.remove_prefix(5);
  return same_ignoring_case(canonical, given);
}

// "DetInfo(XcsEndstation.0:Rayonix.0)" -> "XcsEndstation.0:Rayonix.0"
std::string_view without_frame_words(std::string_view source) {
  const std::size_t open = source.find('(');
  if (open == std::string_view::npos || !source.ends_with(')')) return source;
  return source.substr(open + 1, source.size() - open - 2);
}

bool is_source(const RunDescription& run, std::string_view source, std::string_view name) {
  if (source == name || without_frame_words(source) == name) return true;
  return std::any_of(run.aliases.begin(), run.aliases.end(), [&](const RunDescription::Alias& entry) {
    return entry.alias == name && entry.source == source;
  });
}

}  // namespace

std::string_view name(Transition transition) {
  static constexpr std::array<std::string_view, 13> names = {
      "Unknown", "Reset",           "Map",           "Unmap",  "Configure", "Unconfigure", "BeginRun",
      "EndRun",  "BeginCalibCycle", "EndCalibCycle", "Enable", "Disable",   "L1Accept"};
  return names[static_cast<std::size_t>(transition)];
}

std::string_view name(DetectorKind kind) {
  static constexpr std::array<std::string_view, 10> names = {
      "camera",   "Rayonix",      "Opal",       "ControlsCamera", "Epix100a",
      "Epix10ka", "Epix10kaQuad", "Epix10ka2M", "Jungfrau",       "CSPAD"};
  return names[static_cast<std::size_t>(kind)];
}

bool is_camera(DetectorKind kind) {
  return kind == DetectorKind::other_camera || kind == DetectorKind::rayonix || kind == DetectorKind::opal ||
         kind == DetectorKind::controls_camera;
}

std::string_view name(MonitorKind kind) {
  static constexpr std::array<std::string_view, 5> names = {"gas detector", "beam monitor", "IPM",
                                                            "electron beam", "phase cavity"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name(Refusal refusal) {
  static constexpr std::array<std::string_view, RefusalCounts::size> names = {"dropped contribution",
                                                                              "uninitialized",
                                                                              "out of order",
                                                                              "out of synch",
                                                                              "user damage",
                                                                              "incomplete contribution",
                                                                              "contains incomplete",
                                                                              "unknown damage",
                                                                              "zero extent",
                                                                              "bad extent",
                                                                              "unknown version",
                                                                              "payload too short",
                                                                              "bad configuration",
                                                                              "bad compression",
                                                                              "stale event code",
                                                                              "no fiducial",
                                                                              "no event codes",
                                                                              "duplicate",
                                                                              "trimmed",
                                                                              "empty",
                                                                              "absent source",
                                                                              "user damage kept",
                                                                              "clock went back",
                                                                              "too many"};
  static_assert(!names.back().empty(), "a name for each refusal");
  return names[static_cast<std::size_t>(refusal)];
}

std::span<const std::string_view> quantities(MonitorKind kind) {
  switch (kind) {
    case MonitorKind::gas_detector:
      return gas_detector_quantities;
    case MonitorKind::beam_monitor:
      return beam_monitor_quantities;
    case MonitorKind::ipm:
      return ipm_quantities;
    case MonitorKind::ebeam:
      return ebeam_quantities;
    case MonitorKind::phase_cavity:
      return phase_cavity_quantities;
  }
  return {};
}

std::optional<std::size_t> RunDescription::find_detector(std::string_view name) const {
  for (std::size_t i = 0; i < detectors.size(); ++i)
    if (!name.empty() && (detectors[i].alias == name || is_source(*this, detectors[i].source, name)))
      return i;
  return std::nullopt;
}

std::optional<std::size_t> RunDescription::find_monitor(std::string_view name) const {
  for (std::size_t i = 0; i < monitors.size(); ++i)
    if (!name.empty() && (monitors[i].name == name || is_source(*this, monitors[i].source, name))) return i;
  return std::nullopt;
}

std::optional<MonitorQuantity> find_quantity(const RunDescription& run, std::string_view name,
                                             std::string_view quantity) {
  const auto monitor = run.find_monitor(name);
  if (!monitor) return std::nullopt;
  const MonitorKind kind = run.monitors[*monitor].kind;
  const auto names = quantities(kind);
  const auto found = std::find_if(names.begin(), names.end(), [&](std::string_view canonical) {
    return is_quantity(kind, canonical, quantity);
  });
  if (found == names.end()) return std::nullopt;
  return MonitorQuantity{*monitor, static_cast<std::size_t>(found - names.begin())};
}

bool Event::has_code(EventCode code) const {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::optional<double> Event::reading(MonitorQuantity wanted) const {
  for (const MonitorReading& one : readings)
    if (one.monitor == wanted.monitor && wanted.quantity < one.values.size())
      return one.values[wanted.quantity];
  return std::nullopt;
}

const Frame* Event::frame(std::size_t detector) const {
  for (const Frame& one : frames)
    if (one.detector == detector) return &one;
  return nullptr;
}

void Event::clear() {
  time = {};
  fiducial = {};
  ticks = vector = env = damage = 0;
  codes.clear();
  readings.clear();
  frames.clear();
  pvs.clear();
  refusals = {};
}

}  // namespace jt::formats
