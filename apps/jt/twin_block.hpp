// The config's block `twin`: what the digital twin is, beside the names that the other keys give it.
// Before the walk: `jt sim` and `jt demo` make their Twin from it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "simulator/twin_settings.hpp"

namespace jt::app {

struct Config;
class YamlValue;

struct TwinBlock {
  simulator::TwinSettings settings;                // without the names
  std::optional<std::filesystem::path> ring_file;  // from the config's folder when relative
};

// Throws CallError for an unknown key, detector, preset, scenario or plant setting, and for values out of
// range.
TwinBlock read_twin_block(const YamlValue& value, std::string_view file);

// The twin of a config: the block, with hutch, experiment, aliases, event code and monitor from the keys that
// the product itself reads. Reads the ring's file. Throws CallError.
simulator::TwinSettings twin_settings(const Config& config);

// The config that `jt sim` and `jt demo` use when none is given: config/sim.yml as it was built in.
std::string_view built_in_config();
inline constexpr std::string_view built_in_config_name = "the built-in config (config/sim.yml)";

}  // namespace jt::app
