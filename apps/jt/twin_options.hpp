// The options that all commands of the digital twin share: which config, detector, jet and history.
// Before the walk: options win over the config's block `twin`.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include "apps/jt/config.hpp"
#include "simulator/twin_settings.hpp"

namespace jt::app {

struct TwinOptions {
  std::optional<std::string> cfg, exp, detector, preset, scenario, seed;
  std::vector<std::string> set;  // name=value
};

// Adds --cfg --exp --detector --preset --scenario --set --seed.
void add_twin_options(CLI::App& command, TwinOptions& options);

// The config that --cfg names, else the built-in one. Throws CallError.
Config twin_config(const TwinOptions& options);
// Throws CallError.
simulator::TwinSettings twin_settings(const TwinOptions& options, const Config& config);
std::uint64_t seed_of(const TwinOptions& options);  // 1 unless said

}  // namespace jt::app
