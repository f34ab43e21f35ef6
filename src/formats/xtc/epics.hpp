// EPICS PVs that the DAQ records beside the shots: names from Configure, values from L1Accept.
// Read by `decode()`; values end in Event::pvs, names in RunDescription::pvs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_epics = 13, type_epics_config = 54;

// EpicsConfig v1: i32 count, then count x 72.
struct EpicsAlias {
  std::int16_t pv_id = 0;
  std::string alias;
  float interval = 0;  // seconds between two records; 0 = each shot
  bool operator==(const EpicsAlias&) const = default;
};
Read<std::vector<EpicsAlias>> read_epics_config(Bytes payload, std::uint16_t version);

// Epics v1, either form: i16 pv id, i16 DBR type, i16 element count. CTRL records (types 28..34, in
// Configure) have the PV's name at +6; TIME records (14..20, in L1Accept) have status, severity, stamp at +8.
struct EpicsHeader {
  std::int16_t pv_id = 0, dbr_type = 0, count = 0;
  [[nodiscard]] bool is_ctrl() const { return dbr_type >= 28 && dbr_type <= 34; }
  [[nodiscard]] bool is_time() const { return dbr_type >= 14 && dbr_type <= 20; }
};
Read<EpicsHeader> read_epics_header(Bytes payload, std::uint16_t version);

// The PV name of a CTRL record.
Read<std::string> read_epics_name(Bytes payload);

// Status, time and first element of a TIME record; a string's value is NaN.
struct EpicsValue {
  std::int16_t pv_id = 0, status = 0, severity = 0;
  ShotTime time;  // Unix epoch; EPICS counts from 1990
  double value = 0;
};
Read<EpicsValue> read_epics_value(Bytes payload);

namespace layout {
inline constexpr std::size_t epics_config_entry_size = 72, epics_alias_offset = 2, epics_alias_size = 64,
                             epics_interval_offset = 68, epics_header_size = 6, epics_name_size = 64,
                             epics_status_offset = 8, epics_stamp_offset = 12;
inline constexpr std::uint32_t epics_epoch = 631152000;  // 1990-01-01 UTC in Unix seconds
}  // namespace layout

}  // namespace jt::formats::xtc
