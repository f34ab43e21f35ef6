// A traced shot as words for people and as JSON for programs.
#include <fmt/format.h>

#include <cmath>

#include "apps/jt/shot_trace.hpp"
#include "apps/jt/words.hpp"

namespace jt::app {
namespace {

using Json = nlohmann::ordered_json;

Json place_json(const ShotTrace::Place& place) {
  return {{"file", place.file},
          {"stream", place.stream},
          {"chunk", place.chunk},
          {"offset", place.offset},
          {"size", place.size}};
}

Json i0_json(const ShotTrace& trace) {
  Json monitors = Json::object();
  for (const formats::MonitorReading& reading : trace.event.readings) {
    const formats::MonitorInfo& monitor = trace.run.monitors[reading.monitor];
    Json values = Json::object();
    std::size_t at = 0;
    for (const std::string_view quantity : formats::quantities(monitor.kind))
      values[std::string(quantity)] = reading.values[at++];
    monitors[monitor.name] = std::move(values);
  }
  return monitors;
}

Json frames_json(const ShotTrace& trace) {
  Json frames = Json::array();
  for (const ShotTrace::TracedFrame& frame : trace.frames) {
    const formats::DetectorInfo& detector = trace.run.detectors[frame.detector];
    const Json shape = frame.shape.panels == 1
                           ? Json::array({frame.shape.rows, frame.shape.cols})
                           : Json::array({frame.shape.panels, frame.shape.rows, frame.shape.cols});
    frames.push_back({{"alias", detector.alias},
                      {"source", detector.source},
                      {"type", formats::name(detector.kind)},
                      {"shape", shape},
                      {"pixel_type", frame.pixel_type},
                      {"panels", frame.panels},
                      {"min", frame.pixels.low},
                      {"max", frame.pixels.high},
                      {"mean", frame.pixels.mean()},
                      {"sum", frame.pixels.sum}});
  }
  return frames;
}

Json refused_json(const ShotTrace& trace) {
  Json list = Json::array();
  for (const ShotTrace::Refusal& refusal : trace.refused)
    list.push_back({{"cause", refusal.cause}, {"source", refusal.source}, {"type", refusal.type}});
  return list;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json reduction_json(const TracedReduction& reduction) {
  if (!reduction.skipped.empty()) return {{"skipped", reduction.skipped}};
  const bool window = !reduction.calibration.empty();
  return {{"calibration", text_or_null(reduction.calibration)},
          {"dropped", text_or_null(reduction.dropped)},
          {"i0_source", text_or_null(reduction.i0_name)},
          {"i0", reduction.i0},
          {"saturated", reduction.saturated},
          {"window", window ? Json::array({reduction.window_first, reduction.window_last}) : Json(nullptr)},
          {"ring", reduction.ring},
          {"ratio", reduction.ratio},
          {"bin_edges", reduction.edges},
          {"radius_unit", reduction.radius_unit},
          {"profile", reduction.profile}};
}

std::string place_words(const ShotTrace::Place& place) {
  return fmt::format("{} at byte {}, {}", printable(place.file), place.offset, byte_words(place.size));
}

std::string bytes_words(const ShotTrace& trace) {
  std::string words = fmt::format("1. The bytes\n   {}\n", place_words(trace.main));
  for (const ShotTrace::Place& place : trace.joined)
    words += fmt::format("   joined: {}\n", place_words(place));
  return words;
}

std::string monitors_words(const ShotTrace& trace) {
  std::string words;
  for (const formats::MonitorReading& reading : trace.event.readings) {
    const formats::MonitorInfo& monitor = trace.run.monitors[reading.monitor];
    std::string line = fmt::format("   {}:", printable(monitor.name));
    std::size_t at = 0;
    for (const std::string_view quantity : formats::quantities(monitor.kind)) {
      const double value = reading.values[at++];
      if (value != 0) line += fmt::format(" {} {},", quantity, number_words(value));
    }
    if (line.back() == ',') line.pop_back();
    words += line + '\n';
  }
  return words;
}

std::string frames_words(const ShotTrace& trace) {
  std::string words;
  for (const ShotTrace::TracedFrame& frame : trace.frames) {
    const formats::DetectorInfo& detector = trace.run.detectors[frame.detector];
    words +=
        fmt::format("   frame of {} ({}): {} {}, ", printable(detector.alias.empty() ? "-" : detector.alias),
                    printable(detector.source), shape_words(frame.shape), frame.pixel_type);
    if (frame.shape.panels > 1) words += fmt::format("{} panels here, ", frame.panels.size());
    words += fmt::format("lowest {}, highest {}, mean {}, sum {}\n", frame.pixels.low, frame.pixels.high,
                         number_words(frame.pixels.mean()), frame.pixels.sum);
  }
  return words;
}

std::string event_words(const ShotTrace& trace) {
  const formats::Event& event = trace.event;
  std::string codes;
  for (const EventCode code : event.codes) codes += fmt::format(" {}", code.value);
  std::string words = fmt::format(
      "2. What they say\n   {}, fiducial {}, {} since Configure, env 0x{:x}, damage 0x{:x}\n   event "
      "codes:{}\n",
      time_words(event.time), event.fiducial.value, event.vector, event.env, event.damage,
      codes.empty() ? " none" : codes);
  words += monitors_words(trace) + frames_words(trace);
  for (const ShotTrace::Refusal& refusal : trace.refused)
    words += fmt::format("   refused: {} of {} {}\n", refusal.cause, printable(refusal.source), refusal.type);
  return words;
}

// A bar per bin would be long: eight numbers to a line.
std::string profile_words(const TracedReduction& reduction) {
  if (reduction.profile.empty()) return "   no radial profile\n";
  std::string words = fmt::format("   radial profile, {} bins", reduction.profile.size());
  if (!reduction.edges.empty())
    words += fmt::format(" of {} {} about the beam", number_words(reduction.edges[1] - reduction.edges[0], 4),
                         reduction.radius_unit);
  for (std::size_t bin = 0; bin < reduction.profile.size(); ++bin) {
    if (bin % 8 == 0) words += fmt::format("\n   {:>5}:", bin);
    words += fmt::format(" {:>9}", number_words(reduction.profile[bin], 5));
  }
  return words + '\n';
}

std::string reduction_words(const TracedReduction& reduction) {
  std::string words = "3. What is made of them\n";
  if (!reduction.skipped.empty()) return words + fmt::format("   nothing: {}\n", reduction.skipped);
  words += reduction.i0_name.empty()
               ? std::string("   i0: the config names no monitor that the run has\n")
               : fmt::format("   i0 {} ({})\n", number_words(reduction.i0), printable(reduction.i0_name));
  words += profile_words(reduction);
  if (reduction.calibration.empty())
    words += "   no ring sum: this run has no calibration yet ('jt calibrate' makes one)\n";
  else
    words += fmt::format("   ring sum over bins {} to {}: {}; ratio to i0: {}\n   by {}\n",
                         reduction.window_first, reduction.window_last, number_words(reduction.ring),
                         number_words(reduction.ratio), printable(reduction.calibration));
  if (reduction.saturated != 0)
    words += fmt::format("   {} saturated pixels left out\n", reduction.saturated);
  return words + (reduction.dropped.empty()
                      ? "   the shot is used\n"
                      : fmt::format("   the shot is not used: {}\n", reduction.dropped));
}

}  // namespace

Json trace_json(const ChosenRun& chosen, const ShotTrace& trace) {
  Json joined = Json::array();
  for (const ShotTrace::Place& place : trace.joined) joined.push_back(place_json(place));
  Json codes = Json::array();
  for (const EventCode code : trace.event.codes) codes.push_back(code.value);
  const formats::Event& event = trace.event;
  return {{"hutch", chosen.hutch},
          {"experiment", chosen.experiment},
          {"run", chosen.run.value},
          {"shot", trace.shot},
          {"bytes", {{"main", place_json(trace.main)}, {"joined", joined}}},
          {"event",
           {{"sec", event.time.sec},
            {"nsec", event.time.nsec},
            {"fiducial", event.fiducial.value},
            {"ticks", event.ticks},
            {"vector", event.vector},
            {"env", event.env},
            {"damage", event.damage},
            {"event_codes", codes},
            {"i0", i0_json(trace)},
            {"frames", frames_json(trace)},
            {"refused", refused_json(trace)}}},
          {"reduction", reduction_json(trace.reduction)}};
}

std::string trace_words(const ChosenRun& chosen, const ShotTrace& trace) {
  const std::string who =
      chosen.experiment.empty() ? "" : fmt::format(" of {} run {}", chosen.experiment, chosen.run.value);
  return fmt::format("Shot {}{}\n\n", trace.shot, who) + bytes_words(trace) + event_words(trace) +
         reduction_words(trace.reduction);
}

}  // namespace jt::app
