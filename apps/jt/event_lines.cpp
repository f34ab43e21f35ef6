#include "apps/jt/event_lines.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include "apps/jt/output.hpp"
#include "apps/jt/words.hpp"
#include "formats/xtc/datagram.hpp"

namespace jt::app {
namespace {

using Json = nlohmann::ordered_json;
namespace xtc = formats::xtc;

std::string crc32_text(xtc::Bytes bytes) {
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  return fmt::format("{:08x}", crc);
}

std::string type_words(xtc::TypeId type) {
  const std::string_view name = xtc::type_name(type.id());
  return name.empty() ? fmt::format("Type{}", type.id()) : std::string(name);
}

Json contributions_json(xtc::Bytes datagram) {
  Json list = Json::array();
  const auto on_leaf = [&](const xtc::Leaf& leaf) {
    list.push_back({{"source", xtc::psana_text(leaf.header.src)},
                    {"type", leaf.header.type.id()},
                    {"type_name", type_words(leaf.header.type)},
                    {"version", leaf.header.type.version()},
                    {"damage", leaf.header.damage},
                    {"size", leaf.payload.size()},
                    {"crc32", crc32_text(leaf.payload)}});
  };
  xtc::walk(datagram, on_leaf, [](formats::Refusal, xtc::Src) {});
  return list;
}

Json i0_json(const formats::Event& shot, const formats::RunDescription& run) {
  Json i0 = Json::object();
  for (const formats::MonitorReading& reading : shot.readings) {
    const formats::MonitorInfo& monitor = run.monitors[reading.monitor];
    Json values = Json::object();
    std::size_t at = 0;
    for (const std::string_view quantity : formats::quantities(monitor.kind))
      values[std::string(quantity)] = reading.values[at++];  // NaN and infinities become null when printed
    i0[monitor.name] = std::move(values);
  }
  return i0;
}

Table events_table() {
  constexpr auto left = Table::Align::left;
  constexpr auto right = Table::Align::right;
  return Table(
      {"file", "offset", "size", "service", "time", "fiducial", "damage", "event codes", "contributions"},
      {left, right, right, left, left, right, right, left, right});
}

std::vector<std::string> event_cells(const Json& event) {
  std::string codes;
  for (const Json& code : event["event_codes"])
    codes += fmt::format("{}{}", codes.empty() ? "" : " ", code.get<int>());
  const ShotTime time{event["sec"].get<std::uint32_t>(), event["nsec"].get<std::uint32_t>()};
  return {printable(event["file"].get<std::string>()),
          event["offset"].dump(),
          event["size"].dump(),
          event["service"].get<std::string>(),
          time_words(time),
          event["fiducial"].dump(),
          fmt::format("{:x}", event["damage"].get<std::uint32_t>()),
          codes,
          fmt::to_string(event["contributions"].size())};
}

}  // namespace

Json event_json(const sources::RawDatagram& raw, const formats::Event* shot,
                const formats::RunDescription& run) {
  const xtc::DatagramHeader header = xtc::read_header(raw.bytes).value();
  Json codes = Json::array();
  if (shot != nullptr)
    for (const EventCode code : shot->codes) codes.push_back(code.value);
  return {{"file", raw.file},
          {"offset", raw.offset},
          {"size", header.size()},
          {"service", formats::name(header.service)},
          {"sec", header.time.sec},
          {"nsec", header.time.nsec},
          {"fiducial", header.fiducial.value},
          {"ticks", header.ticks},
          {"vector", header.vector},
          {"env", header.env},
          {"damage", header.root.damage},
          {"event_codes", codes},
          {"i0", shot == nullptr ? Json::object() : i0_json(*shot, run)},
          {"contributions", contributions_json(raw.bytes)}};
}

void print_event_lines(const ChosenRun& chosen, bool json) {
  sources::ReadOptions options;
  options.give = sources::ReadOptions::Give::every_datagram;
  options.use_index = false;
  RunReader reader(chosen.files, options);
  Table table = events_table();
  while (const sources::RawEvent* raw = reader.next()) {
    const bool shot = raw->service == formats::Transition::l1_accept;
    const Json event = event_json(raw->main, shot ? &reader.event() : nullptr, reader.run());
    if (json)
      print_json(event);
    else
      table.add(event_cells(event));
  }
  if (!json) print(table.text());
}

}  // namespace jt::app
