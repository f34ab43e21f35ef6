#include "formats/xtc/control.hpp"

namespace jt::formats::xtc {
namespace {

Src read_src(Bytes bytes, std::size_t at) {
  return {load<std::uint32_t>(bytes, at), load<std::uint32_t>(bytes, at + 4)};
}

std::string name_at(Bytes bytes, std::size_t at) { return text_field(bytes, at, layout::control_name_size); }

}  // namespace

Read<std::vector<SourceAlias>> read_alias_config(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < 4) return Refusal::payload_too_short;
  const auto count = load<std::uint32_t>(payload, 0);
  if (!holds(payload, 4, count, layout::alias_size)) return Refusal::payload_too_short;
  std::vector<SourceAlias> aliases;
  for (std::size_t at = 4, i = 0; i < count; ++i, at += layout::alias_size)
    aliases.push_back({read_src(payload, at),
                       text_field(payload, at + layout::alias_name_offset, layout::alias_name_size)});
  return aliases;
}

Read<PartitionConfig> read_partition_config(Bytes payload, std::uint16_t version) {
  if (version != 1 && version != 2) return Refusal::unknown_version;
  // v1: u64 mask, u32 sources, then they follow at once. v2: u32 words, u32 sources, then the words.
  const std::size_t header = version == 1 ? 12 : 8;
  if (payload.size() < header) return Refusal::payload_too_short;
  const std::uint64_t words = version == 1 ? 2 : load<std::uint32_t>(payload, 0);
  const std::uint64_t sources = load<std::uint32_t>(payload, version == 1 ? 8 : 4);
  const std::size_t mask_at = version == 1 ? 0 : 8;
  if (!holds(payload, mask_at, words, 4)) return Refusal::payload_too_short;
  std::size_t at = version == 1 ? header : mask_at + words * 4;
  if (!holds(payload, at, sources, layout::partition_source_size)) return Refusal::payload_too_short;

  PartitionConfig config;
  for (std::size_t i = 0; i < words; ++i)
    config.bld_mask.push_back(load<std::uint32_t>(payload, mask_at + 4 * i));
  for (std::size_t i = 0; i < sources; ++i, at += layout::partition_source_size)
    config.sources.push_back({read_src(payload, at), load<std::uint32_t>(payload, at + 8)});
  return config;
}

Read<ControlConfig> read_control_config(Bytes payload, std::uint16_t version) {
  if (version != 4) return Refusal::unknown_version;
  if (payload.size() < layout::control_header_size) return Refusal::payload_too_short;
  const auto flags = load<std::uint32_t>(payload, 0);
  const std::uint64_t controls = load<std::uint32_t>(payload, 16),
                      monitors = load<std::uint32_t>(payload, 20), labels = load<std::uint32_t>(payload, 24);
  const std::uint64_t tables = controls * layout::control_pv_size + monitors * layout::control_monitor_size +
                               labels * layout::control_label_size;
  if (!holds(payload, layout::control_header_size, 1, tables)) return Refusal::payload_too_short;

  ControlConfig config{.events = flags & 0x1fffffff,
                       .uses_l3t_events = (flags >> 29 & 1) != 0,
                       .uses_duration = (flags >> 30 & 1) != 0,
                       .uses_events = (flags >> 31) != 0,
                       .duration = {load<std::uint32_t>(payload, 12), load<std::uint32_t>(payload, 8)},
                       .controls = {},
                       .monitors = {},
                       .labels = {}};
  std::size_t at = layout::control_header_size;
  for (std::uint64_t i = 0; i < controls; ++i, at += layout::control_pv_size)
    config.controls.push_back(
        {name_at(payload, at), load<std::uint32_t>(payload, at + 128), load<double>(payload, at + 132)});
  for (std::uint64_t i = 0; i < monitors; ++i, at += layout::control_monitor_size)
    config.monitors.push_back({name_at(payload, at), load<std::uint32_t>(payload, at + 128),
                               load<double>(payload, at + 132), load<double>(payload, at + 140)});
  for (std::uint64_t i = 0; i < labels; ++i, at += layout::control_label_size)
    config.labels.push_back({name_at(payload, at), text_field(payload, at + layout::control_name_size,
                                                              layout::control_label_value_size)});
  return config;
}

}  // namespace jt::formats::xtc
