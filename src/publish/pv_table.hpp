// The PVs of the live process: names, meanings, units. One table for the server, `jt pvs` and the documents.
// Beside stop 6 of the walk: it says what PvHost serves and what a notepad IOC has to hold.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jt::publish {

enum class PvRole : std::uint8_t {
  ring,
  i0,
  ratio,
  dropped,
  shot,
  profile,
  profile_state,
  run,
  origin,
  transition,
  window_id,
  peak_bin,
  delta_bin,
  shots_in,
  shots_out,
  shots_good,
  shots_per_s,
  age,
  heartbeat,
  count_
};

enum class PvKind : std::uint8_t { number, words, array };

struct PvInfo {
  PvRole role = PvRole::ring;
  std::string name;
  PvKind kind = PvKind::number;
  std::string_view units;  // "" is a pure number, or what detector and monitor give
  int precision = 0;
  std::string_view meaning;
  bool in_pv_map = false;  // the four of the config's pv_map, which a notepad IOC can hold as well
};

// All PVs of a hutch. `pv_map` is the config's: 1 to 4 name ring, i0, ratio and dropped; what is not named
// there is "<HUTCH>:JTRK:REQ:DIFF_INTENSITY" and so on. Throws SetupError for a name that cannot be one, or
// that is there twice.
std::vector<PvInfo> pv_table(std::string_view hutch, const std::map<int, std::string>& pv_map);

// Records (EPICS database text) of the pv_map's PVs for a notepad IOC.
std::string notepad_records(const std::vector<PvInfo>& pvs);
// One name per line with how it is archived: those of every shot at most once a second.
std::string archiver_list(const std::vector<PvInfo>& pvs);

}  // namespace jt::publish
