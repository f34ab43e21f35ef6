// What the DAQ's control says of the run: aliases of sources, who takes part (partition), scan values.
// Read from Configure and BeginCalibCycle; names end in RunDescription.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_control_config = 10, type_alias_config = 69, type_partition_config = 79;

// AliasConfig v1: u32 count, then count x 40. The process id of a source is not set here.
struct SourceAlias {
  Src src;
  std::string alias;
  bool operator==(const SourceAlias&) const = default;
};
Read<std::vector<SourceAlias>> read_alias_config(Bytes payload, std::uint16_t version);

// PartitionConfig v1 (one 64-bit BLD mask), v2 (mask of any number of words).
struct PartitionConfig {
  std::vector<std::uint32_t> bld_mask;  // bit k of word k / 32
  struct Source {
    Src src;
    std::uint32_t readout_group = 0;
    bool operator==(const Source&) const = default;
  };
  std::vector<Source> sources;
};
Read<PartitionConfig> read_partition_config(Bytes payload, std::uint16_t version);

// ControlConfig v4: how long a calibration cycle (scan step) is and what was set for it.
struct ControlConfig {
  std::uint32_t events = 0;  // 29 bits
  bool uses_l3t_events = false, uses_duration = false, uses_events = false;
  ShotTime duration;
  struct Pv {
    static constexpr std::uint32_t not_array = 0xffffffff;
    std::string name;
    std::uint32_t index = not_array;
    double value = 0;
    bool operator==(const Pv&) const = default;
  };
  struct Monitored {
    std::string name;
    std::uint32_t index = Pv::not_array;
    double low = 0, high = 0;
    bool operator==(const Monitored&) const = default;
  };
  struct Label {
    std::string name, value;
    bool operator==(const Label&) const = default;
  };
  std::vector<Pv> controls;
  std::vector<Monitored> monitors;
  std::vector<Label> labels;
};
Read<ControlConfig> read_control_config(Bytes payload, std::uint16_t version);

namespace layout {
inline constexpr std::size_t alias_size = 40, alias_name_offset = 8, alias_name_size = 31,
                             partition_source_size = 12, control_header_size = 28, control_name_size = 128,
                             control_pv_size = 140, control_monitor_size = 148, control_label_size = 384,
                             control_label_value_size = 256;
}

}  // namespace jt::formats::xtc
