#include "formats/xtc/epics.hpp"

#include <limits>

namespace jt::formats::xtc {
namespace {

// Where the value lies after status, severity and stamp: EPICS' db_access.h pads it to its own size.
struct ValuePlace {
  std::size_t offset, size;
};
constexpr ValuePlace value_place(std::int16_t dbr_time_type) {
  switch (dbr_time_type) {
    case 14:
      return {20, 40};  // string
    case 15:
      return {22, 2};  // short
    case 16:
      return {20, 4};  // float
    case 17:
      return {22, 2};  // enum
    case 18:
      return {23, 1};  // char
    case 19:
      return {20, 4};  // long
    default:
      return {24, 8};  // double
  }
}

double read_value(Bytes payload, std::int16_t dbr_time_type) {
  const std::size_t at = value_place(dbr_time_type).offset;
  switch (dbr_time_type) {
    case 14:
      return std::numeric_limits<double>::quiet_NaN();
    case 15:
      return load<std::int16_t>(payload, at);
    case 16:
      return load<float>(payload, at);
    case 17:
      return load<std::uint16_t>(payload, at);
    case 18:
      return load<std::uint8_t>(payload, at);
    case 19:
      return load<std::int32_t>(payload, at);
    default:
      return load<double>(payload, at);
  }
}

}  // namespace

Read<std::vector<EpicsAlias>> read_epics_config(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < 4) return Refusal::payload_too_short;
  const auto count = load<std::int32_t>(payload, 0);
  if (count < 0 || !holds(payload, 4, static_cast<std::uint32_t>(count), layout::epics_config_entry_size))
    return Refusal::payload_too_short;
  std::vector<EpicsAlias> aliases;
  std::size_t at = 4;
  for (std::int32_t i = 0; i < count; ++i, at += layout::epics_config_entry_size)
    aliases.push_back({load<std::int16_t>(payload, at),
                       text_field(payload, at + layout::epics_alias_offset, layout::epics_alias_size),
                       load<float>(payload, at + layout::epics_interval_offset)});
  return aliases;
}

Read<EpicsHeader> read_epics_header(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < layout::epics_header_size) return Refusal::payload_too_short;
  const EpicsHeader header{load<std::int16_t>(payload, 0), load<std::int16_t>(payload, 2),
                           load<std::int16_t>(payload, 4)};
  if (!header.is_ctrl() && !header.is_time()) return Refusal::unknown_version;
  return header;
}

Read<std::string> read_epics_name(Bytes payload) {
  if (payload.size() < layout::epics_header_size + layout::epics_name_size) return Refusal::payload_too_short;
  return text_field(payload, layout::epics_header_size, layout::epics_name_size);
}

Read<EpicsValue> read_epics_value(Bytes payload) {
  const Read<EpicsHeader> header = read_epics_header(payload, 1);
  if (!header) return header.refusal();
  if (!header->is_time()) return Refusal::unknown_version;
  const ValuePlace place = value_place(header->dbr_type);
  if (header->count < 1 || payload.size() < place.offset + place.size) return Refusal::payload_too_short;
  return EpicsValue{.pv_id = header->pv_id,
                    .status = load<std::int16_t>(payload, layout::epics_status_offset),
                    .severity = load<std::int16_t>(payload, layout::epics_status_offset + 2),
                    .time = {load<std::uint32_t>(payload, layout::epics_stamp_offset) + layout::epics_epoch,
                             load<std::uint32_t>(payload, layout::epics_stamp_offset + 4)},
                    .value = read_value(payload, header->dbr_type)};
}

}  // namespace jt::formats::xtc
