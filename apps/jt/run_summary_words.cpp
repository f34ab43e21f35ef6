// A run's summary as tables for people and as JSON for programs.
#include <fmt/format.h>

#include <utility>

#include "apps/jt/run_summary.hpp"
#include "apps/jt/words.hpp"

namespace jt::app {
namespace {

using Json = nlohmann::ordered_json;

Json shape_json(const Shape& shape) {
  if (!shape.known()) return nullptr;
  if (shape.panels == 1) return Json::array({shape.rows, shape.cols});
  return Json::array({shape.panels, shape.rows, shape.cols});
}

// Null where the folder is not known; a folder that may not be looked into is among the notes.
Json constants_json(const RunSummary& summary, std::size_t detector) {
  if (summary.constants.empty()) return nullptr;
  Json files = Json::object();
  for (const DeployedConstants::File& file : summary.constants[detector].files)
    files[file.kind] = file.path.string();
  return files;
}

Json notes_json(const RunSummary& summary) {
  Json notes = summary.notes;
  for (const DeployedConstants& deployed : summary.constants)
    if (!deployed.trouble.empty()) notes.push_back(deployed.trouble);
  return notes;
}

Json detectors_json(const RunSummary& summary) {
  Json list = Json::array();
  for (std::size_t i = 0; i < summary.run.detectors.size(); ++i) {
    const formats::DetectorInfo& detector = summary.run.detectors[i];
    list.push_back({{"alias", detector.alias},
                    {"source", detector.source},
                    {"type", formats::name(detector.kind)},
                    {"shape", shape_json(detector.shape)},
                    {"config", detector.config_type},
                    {"shots", summary.frames[i]},
                    {"constants", constants_json(summary, i)}});
  }
  return list;
}

Json monitors_json(const RunSummary& summary) {
  Json list = Json::array();
  for (std::size_t i = 0; i < summary.run.monitors.size(); ++i) {
    const formats::MonitorInfo& monitor = summary.run.monitors[i];
    const auto names = formats::quantities(monitor.kind);
    Json quantities = Json::object();
    for (std::size_t q = 0; q < summary.monitors[i].size(); ++q) {
      const Spread& spread = summary.monitors[i][q];
      quantities[std::string(names[q])] = {{"shots", spread.count()},
                                           {"mean", spread.mean()},
                                           {"std", spread.std()},
                                           {"min", spread.min()},
                                           {"max", spread.max()}};
    }
    list.push_back({{"name", monitor.name}, {"source", monitor.source}, {"quantities", quantities}});
  }
  return list;
}

Json files_json(const RunSummary& summary) {
  Json list = Json::array();
  for (const sources::ChunkSummary& file : summary.files)
    list.push_back({{"file", file.name},
                    {"stream", file.stream},
                    {"chunk", file.chunk},
                    {"bytes", file.bytes},
                    {"datagrams", file.datagrams},
                    {"shots", file.shots},
                    {"index", file.index_used},
                    {"in_progress", file.in_progress}});
  return list;
}

Json time_json(ShotTime time) { return {{"sec", time.sec}, {"nsec", time.nsec}}; }

template <class Counts>
Json counts_json(const Counts& counts) {
  Json causes = Json::object();
  counts.each([&](auto cause, std::uint64_t count) { causes[std::string(name(cause))] = count; });
  return causes;
}

constexpr auto left = Table::Align::left;
constexpr auto right = Table::Align::right;

std::string heading(const ChosenRun& chosen, const RunSummary& summary) {
  const std::string who = chosen.experiment.empty() ? std::string("Files")
                                                    : fmt::format("{} {}", chosen.hutch, chosen.experiment);
  const std::string which = chosen.run.value == 0 ? "" : fmt::format(", run {}", chosen.run.value);
  if (summary.shots == 0) return fmt::format("{}{}: no shots\n", who, which);
  return fmt::format("{}{}: {}, {} from {} to {}\n", who, which, count_words(summary.shots, "shot", "shots"),
                     duration_words(seconds_between(summary.first, summary.last)), time_words(summary.first),
                     time_words(summary.last));
}

std::string section(std::string_view title, const Table& table) {
  return fmt::format("\n{}\n{}", title, table.empty() ? "  none\n" : table.text());
}

std::string detectors_words(const RunSummary& summary) {
  Table table({"alias", "source", "type", "shape", "shots"}, {left, left, left, left, right});
  for (std::size_t i = 0; i < summary.run.detectors.size(); ++i) {
    const formats::DetectorInfo& detector = summary.run.detectors[i];
    table.add({detector.alias.empty() ? "-" : printable(detector.alias), printable(detector.source),
               std::string(formats::name(detector.kind)), shape_words(detector.shape),
               fmt::to_string(summary.frames[i])});
  }
  return section("Detectors", table);
}

// Panels without pedestals can not be calibrated: said here, before a calibration is tried.
std::string constants_words(const RunSummary& summary) {
  Table table({"detector", "constant", "file"});
  std::string troubles;
  for (std::size_t i = 0; i < summary.constants.size(); ++i) {
    const formats::DetectorInfo& detector = summary.run.detectors[i];
    const DeployedConstants& deployed = summary.constants[i];
    std::string shown = printable(detector.alias.empty() ? detector.source : detector.alias);
    const bool has_pedestals = !deployed.files.empty() && deployed.files.front().kind == "pedestals";
    if (!deployed.trouble.empty())
      troubles += fmt::format("  {}: {}\n", shown, printable(deployed.trouble));
    else if (!has_pedestals && !formats::is_camera(detector.kind))
      table.add({std::exchange(shown, ""), "pedestals", "none for this run: it cannot be calibrated"});
    for (const DeployedConstants::File& file : deployed.files)
      table.add({std::exchange(shown, ""), file.kind, printable(file.path.string())});
  }
  if (table.empty() && troubles.empty()) return "";
  return "\nConstants of this run\n" + (table.empty() ? "" : table.text()) + troubles;
}

std::string codes_words(const RunSummary& summary) {
  Table table({"code", "shots"}, {right, right});
  for (const auto& [code, count] : summary.event_codes)
    table.add({fmt::to_string(code), fmt::to_string(count)});
  std::string evrs;
  for (const formats::RunDescription::Evr& evr : summary.run.evrs)
    evrs += fmt::format("{}{}{}", evrs.empty() ? "" : ", ", printable(evr.source),
                        evr.alias.empty() ? "" : fmt::format(" = {}", printable(evr.alias)));
  return section(evrs.empty() ? "Event codes" : fmt::format("Event codes ({})", evrs), table);
}

std::string monitors_words(const RunSummary& summary) {
  Table table({"monitor", "quantity", "shots", "mean", "spread", "lowest", "highest"},
              {left, left, right, right, right, right, right});
  for (std::size_t i = 0; i < summary.run.monitors.size(); ++i) {
    const formats::MonitorInfo& monitor = summary.run.monitors[i];
    const auto names = formats::quantities(monitor.kind);
    std::string shown = printable(monitor.name);
    for (std::size_t q = 0; q < summary.monitors[i].size(); ++q) {
      const Spread& spread = summary.monitors[i][q];
      const bool constant = spread.min() == spread.max() && q != 0;
      if (spread.count() == 0 || constant) continue;
      table.add({shown, std::string(names[q]), fmt::to_string(spread.count()), number_words(spread.mean()),
                 number_words(spread.std(), 4), number_words(spread.min()), number_words(spread.max())});
      shown.clear();
    }
  }
  return section("Monitors (mean and spread over all shots; what never changes is left out, --json has it)",
                 table);
}

std::string damage_words(const RunSummary& summary) {
  Table table({"kind", "times"}, {left, right});
  summary.damage.each([&](formats::Refusal cause, std::uint64_t count) {
    table.add({std::string(formats::name(cause)), fmt::to_string(count)});
  });
  const std::string shots = count_words(summary.damaged_shots, "shot", "shots");
  return section(fmt::format("Damage and remarks ({} damaged)", shots), table) +
         (summary.by_index ? "  by the index: --whole counts damage inside of frames too\n" : "");
}

std::string files_words(const RunSummary& summary) {
  Table table({"stream", "chunk", "size", "datagrams", "shots", "index", "file"},
              {right, right, right, right, right, left, left});
  for (const sources::ChunkSummary& file : summary.files)
    table.add({fmt::format("s{:02}", file.stream), fmt::format("c{:02}", file.chunk), byte_words(file.bytes),
               fmt::to_string(file.datagrams), fmt::to_string(file.shots), file.index_used ? "yes" : "no",
               printable(file.name) + (file.in_progress ? " (still being written)" : "")});
  std::string words = section("Files", table);
  for (const std::string& note : summary.notes) words += fmt::format("  note: {}\n", printable(note));
  return words;
}

}  // namespace

Json summary_json(const ChosenRun& chosen, const RunSummary& summary) {
  Json codes = Json::object();
  for (const auto& [code, count] : summary.event_codes) codes[fmt::to_string(code)] = count;
  Json evrs = Json::array();
  for (const auto& evr : summary.run.evrs) evrs.push_back({{"alias", evr.alias}, {"source", evr.source}});
  Json time = nullptr;
  if (summary.shots != 0)
    time = {{"first", time_json(summary.first)},
            {"last", time_json(summary.last)},
            {"seconds", seconds_between(summary.first, summary.last)}};
  return {{"hutch", chosen.hutch},
          {"experiment", chosen.experiment},
          {"run", chosen.run.value},
          {"shots", summary.shots},
          {"damaged_shots", summary.damaged_shots},
          {"joined_control_datagrams", summary.joined},
          {"read", summary.by_index ? "index" : "whole"},
          {"time", time},
          {"detectors", detectors_json(summary)},
          {"evrs", evrs},
          {"event_codes", codes},
          {"monitors", monitors_json(summary)},
          {"damage", counts_json(summary.damage)},
          {"transitions", summary.transitions},
          {"files", files_json(summary)},
          {"file_troubles", counts_json(summary.troubles)},
          {"notes", notes_json(summary)}};
}

std::string summary_words(const ChosenRun& chosen, const RunSummary& summary) {
  return heading(chosen, summary) + detectors_words(summary) + constants_words(summary) +
         codes_words(summary) + monitors_words(summary) + damage_words(summary) + files_words(summary);
}

}  // namespace jt::app
