#include "publish/pv_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "core/errors.hpp"

namespace jt::publish {
namespace {

struct Row {
  PvRole role;
  std::string_view ending;  // behind "<HUTCH>:JTRK:"
  PvKind kind;
  std::string_view units;
  int precision;
  std::string_view meaning;
};

constexpr int in_pv_map = 4;  // the first rows
constexpr std::array<Row, static_cast<std::size_t>(PvRole::count_)> rows = {{
    {PvRole::ring, "REQ:DIFF_INTENSITY", PvKind::number, "", 3, "intensity of the ring, last good shot"},
    {PvRole::i0, "REQ:I0", PvKind::number, "", 6, "incoming intensity i0, last shot"},
    {PvRole::ratio, "REQ:RATIO", PvKind::number, "", 6, "ring / i0, last good shot"},
    {PvRole::dropped, "REQ:DROPPED", PvKind::number, "", 0, "1: the last shot was dropped, 0: it was good"},
    {PvRole::shot, "SHOT", PvKind::array, "", 6,
     "one shot: sec, nsec, fiducial, i0, ring, ratio, dropped (nan: no value)"},
    {PvRole::profile, "PROFILE", PvKind::array, "", 3, "mean radial profile of a second's good shots"},
    {PvRole::profile_state, "PROFILE:STATE", PvKind::words, "", 0, "the profile against the calibration's"},
    {PvRole::run, "RUN", PvKind::number, "", 0, "run"},
    {PvRole::origin, "ORIGIN", PvKind::words, "", 0, "live, replay or sim"},
    {PvRole::transition, "TRANSITION", PvKind::words, "", 0, "the DAQ's last transition"},
    {PvRole::window_id, "WINDOW", PvKind::number, "", 0, "changes with calibration, peak and delta"},
    {PvRole::peak_bin, "PEAK_BIN", PvKind::number, "bin", 0, "middle of the window that is summed"},
    {PvRole::delta_bin, "DELTA_BIN", PvKind::number, "bin", 0, "the window goes so far to both sides"},
    {PvRole::shots_in, "SHOTS_IN", PvKind::number, "shots", 0, "shots that the source gave"},
    {PvRole::shots_out, "SHOTS_OUT", PvKind::number, "shots", 0, "shots that left, with value or cause"},
    {PvRole::shots_good, "SHOTS_GOOD", PvKind::number, "shots", 0, "shots with a value"},
    {PvRole::shots_per_s, "RATE", PvKind::number, "1/s", 1, "shots that left, per second"},
    {PvRole::age, "AGE", PvKind::number, "s", 3, "since the newest shot could be read"},
    {PvRole::heartbeat, "HEARTBEAT", PvKind::number, "", 0, "counts up once a second"},
}};

// What Channel Access and a database file take: no blanks, quotes or controls; 60 characters (EPICS base).
void require_name(const std::string& name) {
  const bool good =
      !name.empty() && name.size() <= 60 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("_-:.[]<>;").find(static_cast<char>(c)) != std::string_view::npos;
      });
  if (!good)
    throw SetupError(fmt::format("'{}' cannot be a PV", name),
                     "names have 1 to 60 letters, digits and _-:.[]<>;", "Look at pv_map in the config?");
}

}  // namespace

std::vector<PvInfo> pv_table(std::string_view hutch, const std::map<int, std::string>& pv_map) {
  std::string place(hutch);
  std::transform(place.begin(), place.end(), place.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::vector<PvInfo> pvs;
  std::set<std::string> seen;
  for (const Row& row : rows) {
    const int number = static_cast<int>(pvs.size()) + 1;
    PvInfo pv{row.role,           fmt::format("{}:JTRK:{}", place, row.ending),
              row.kind,           row.units,
              row.precision,      row.meaning,
              number <= in_pv_map};
    if (const auto given = pv_map.find(number); pv.in_pv_map && given != pv_map.end())
      pv.name = given->second;
    require_name(pv.name);
    if (!seen.insert(pv.name).second)
      throw SetupError(fmt::format("the PV {} is there twice", pv.name), "one name is one value",
                       "Look at pv_map in the config?");
    pvs.push_back(std::move(pv));
  }
  return pvs;
}

std::string notepad_records(const std::vector<PvInfo>& pvs) {
  std::string text;
  for (const PvInfo& pv : pvs) {
    if (!pv.in_pv_map) continue;
    // DESC takes 40 characters (EPICS base).
    text += fmt::format(
        "record(ao, \"{}\") {{\n  field(DESC, \"{}\")\n  field(PREC, \"{}\")\n  field(EGU, \"{}\")\n}}\n",
        pv.name, pv.meaning.substr(0, 40), pv.precision, pv.units);
  }
  return text;
}

std::string archiver_list(const std::vector<PvInfo>& pvs) {
  std::string text;
  for (const PvInfo& pv : pvs)
    if (pv.kind == PvKind::number) text += pv.name + " 1 Monitor\n";
  return text;
}

}  // namespace jt::publish
