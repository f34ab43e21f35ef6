#include "apps/jt/run_summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/jt/calibrate_settings.hpp"

namespace jt::app {
namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

// The index leaves frames out, and a camera without configuration says its shape only in a frame: so the
// first shots are read whole, until all shapes are known.
constexpr int whole_shots_at_most = 20;

// Read whole without being asked: a second or two even from a slow disk.
constexpr std::uintmax_t small_run = std::uintmax_t{256} << 20;

std::uintmax_t bytes_of(const sources::RunFiles& run) {
  std::uintmax_t bytes = 0;
  for (const sources::RunFile& file : run.files) {
    std::error_code unreadable;  // is said when the file is opened
    const std::uintmax_t size = std::filesystem::file_size(file.path, unreadable);
    if (!unreadable) bytes += size;
  }
  return bytes;
}

bool all_shapes_known(const formats::RunDescription& run) {
  return std::all_of(run.detectors.begin(), run.detectors.end(),
                     [](const formats::DetectorInfo& detector) { return detector.shape.known(); });
}

void count_monitors(const formats::Event& event, RunSummary& summary, const formats::RunDescription& run) {
  for (const formats::MonitorReading& reading : event.readings) {
    if (summary.monitors.size() <= reading.monitor) summary.monitors.resize(reading.monitor + 1);
    std::vector<Spread>& spreads = summary.monitors[reading.monitor];
    spreads.resize(formats::quantities(run.monitors[reading.monitor].kind).size());
    for (std::size_t i = 0; i < spreads.size(); ++i) spreads[i].add(reading.values[i]);
  }
}

void count_frames(const formats::Event& event, const formats::xtc::Decoder& decoder, RunSummary& summary) {
  const auto add = [&](std::size_t detector) {
    if (summary.frames.size() <= detector) summary.frames.resize(detector + 1);
    ++summary.frames[detector];
  };
  for (const formats::Frame& frame : event.frames) add(frame.detector);
  for (const formats::xtc::Proxied& proxy : decoder.proxies())
    if (proxy.detector && proxy.damage == 0) add(*proxy.detector);
}

// Remarks aside: old entries in an event code list are everyday, and what they speak of was used.
bool is_damaged(const formats::Event& event) {
  using formats::Refusal;
  bool damaged = event.damage != 0;
  event.refusals.each([&](Refusal cause, std::uint64_t) {
    damaged = damaged || (cause != Refusal::stale_event_code && cause != Refusal::user_damage_kept &&
                          cause != Refusal::clock_went_back);
  });
  return damaged;
}

void count_shot(const sources::RawEvent& raw, const RunReader& reader, RunSummary& summary) {
  const formats::Event& event = reader.event();
  if (summary.shots++ == 0) summary.first = event.time;
  summary.last = event.time;
  summary.joined += raw.joined.size();
  // A code may stand twice in the list of a shot; it is still one shot with that code.
  for (auto code = event.codes.begin(); code != event.codes.end(); ++code)
    if (std::find(event.codes.begin(), code, *code) == code) ++summary.event_codes[code->value];
  count_monitors(event, summary, reader.run());
  count_frames(event, reader.decoder(), summary);
  summary.damage.add(event.refusals);
  if (is_damaged(event)) ++summary.damaged_shots;
}

}  // namespace

void Spread::add(double value) {
  if (!std::isfinite(value)) return;
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  ++count_;
  const double step = value - mean_;
  mean_ += step / static_cast<double>(count_);
  squares_ += step * (value - mean_);
}

double Spread::mean() const { return count_ == 0 ? not_known : mean_; }
double Spread::std() const {
  return count_ == 0 ? not_known : std::sqrt(squares_ / static_cast<double>(count_));
}
double Spread::min() const { return count_ == 0 ? not_known : min_; }
double Spread::max() const { return count_ == 0 ? not_known : max_; }

RunSummary summarize(const ChosenRun& chosen, Depth depth) {
  RunSummary summary;
  summary.by_index = depth == Depth::automatic && bytes_of(chosen.files) > small_run;
  const RunReader* being_read = nullptr;
  int whole_shots = 0;
  sources::ReadOptions options;
  if (summary.by_index)
    options.filter = [&](const sources::RawEvent&) {
      const bool look = being_read != nullptr && whole_shots < whole_shots_at_most &&
                        !(whole_shots > 0 && all_shapes_known(being_read->run()));
      if (look) ++whole_shots;
      return look ? sources::Fetch::big : sources::Fetch::small;
    };
  RunReader reader(chosen.files, options);
  being_read = &reader;
  while (const sources::RawEvent* raw = reader.next()) {
    ++summary.transitions[std::string(formats::name(raw->service))];
    if (raw->service == formats::Transition::l1_accept) count_shot(*raw, reader, summary);
  }
  summary.run = reader.run();
  summary.monitors.resize(summary.run.monitors.size());
  summary.frames.resize(summary.run.detectors.size());
  const std::filesystem::path constants = calibration_folder(chosen);
  if (!constants.empty())
    for (const formats::DetectorInfo& detector : summary.run.detectors)
      summary.constants.push_back(deployed_constants(constants, detector.source, chosen.run));
  summary.files = reader.source().summary();
  summary.troubles = reader.source().counts();
  summary.notes = reader.source().notes();
  return summary;
}

}  // namespace jt::app
