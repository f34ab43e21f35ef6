#include "apps/jt/shot_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "apps/jt/traced_reduction.hpp"
#include "core/errors.hpp"
#include "formats/xtc/datagram.hpp"

namespace jt::app {
namespace {

template <class Pixel>
void add_panel(const PanelView& panel, std::size_t pixels, PixelStatistics& statistics) {
  for (std::size_t i = 0; i < pixels; ++i) {
    Pixel value;
    std::memcpy(&value, panel.pixels + i * sizeof(Pixel), sizeof(Pixel));
    const bool first = statistics.pixels++ == 0;
    statistics.low = first ? value : std::min<std::int64_t>(statistics.low, value);
    statistics.high = first ? value : std::max<std::int64_t>(statistics.high, value);
    statistics.sum += value;
  }
}

const char* name(PixelType type) {
  switch (type) {
    case PixelType::u8:
      return "uint8";
    case PixelType::u16:
      return "uint16";
    case PixelType::i16:
      return "int16";
  }
  return "unknown";
}

ShotTrace::Place place_of(const sources::RawDatagram& raw) {
  return {std::string(raw.file), raw.stream, raw.chunk, raw.offset, raw.bytes.size()};
}

void take_frames(const formats::Event& event, ShotTrace& trace) {
  for (const formats::Frame& frame : event.frames) {
    ShotTrace::TracedFrame traced{
        frame.detector, frame.shape, name(frame.type), {}, statistics_of(frame.raw())};
    for (const PanelView& panel : frame.panels()) traced.panels.push_back(panel.panel);
    trace.frames.push_back(std::move(traced));
  }
}

void take_refusals(const formats::xtc::Decoder& decoder, ShotTrace& trace) {
  namespace xtc = formats::xtc;
  for (const xtc::Refused& refused : decoder.refused())
    trace.refused.push_back({std::string(formats::name(refused.cause)), xtc::psana_text(refused.src),
                             refused.type.word == 0 ? "" : std::string(xtc::type_name(refused.type.id()))});
}

[[noreturn]] void no_such_shot(const ChosenRun& chosen, std::uint64_t shot, std::uint64_t shots) {
  const std::string which =
      chosen.run.value == 0 ? "the files have" : fmt::format("run {} has", chosen.run.value);
  throw SetupError(fmt::format("{} no shot {}", which, shot),
                   fmt::format("its {} shots are counted from 0", shots),
                   shots == 0 ? "Try another run?" : fmt::format("Try --shot {}?", shots - 1));
}

}  // namespace

double PixelStatistics::mean() const {
  return pixels == 0 ? std::numeric_limits<double>::quiet_NaN()
                     : static_cast<double>(sum) / static_cast<double>(pixels);
}

PixelStatistics statistics_of(const RawFrame& raw) {
  PixelStatistics statistics;
  for (const PanelView& panel : raw.panels) {
    const std::size_t pixels = raw.shape.panel_pixels();
    if (raw.type == PixelType::u8)
      add_panel<std::uint8_t>(panel, pixels, statistics);
    else if (raw.type == PixelType::u16)
      add_panel<std::uint16_t>(panel, pixels, statistics);
    else
      add_panel<std::int16_t>(panel, pixels, statistics);
  }
  return statistics;
}

ShotTrace trace_shot(const ChosenRun& chosen, const Config& config, std::uint64_t shot) {
  sources::ReadOptions options;
  options.shots = sources::ShotRange{shot, 1};
  RunReader reader(chosen.files, options);
  while (const sources::RawEvent* raw = reader.next()) {
    if (raw->service != formats::Transition::l1_accept) continue;
    ShotTrace trace;
    trace.shot = shot;
    trace.main = place_of(raw->main);
    for (const sources::RawDatagram& joined : raw->joined) trace.joined.push_back(place_of(joined));
    trace.run = reader.run();
    trace.event = reader.event();
    take_frames(reader.event(), trace);
    take_refusals(reader.decoder(), trace);
    trace.reduction = trace_reduction(chosen, config, reader.run(), reader.event());
    return trace;
  }
  no_such_shot(chosen, shot, reader.source().shots_seen());
}

}  // namespace jt::app
