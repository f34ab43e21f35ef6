// What all commands that read a run have in common: which run, where it lies, which config.
// Before the walk: option wins over environment, environment over config.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "apps/jt/config.hpp"
#include "core/ids.hpp"
#include "sources/run_files.hpp"

namespace jt::app {

struct CommonOptions {
  std::optional<std::string> cfg, exp, run, data_root, ffb_root;
  bool json = false;
};

// Adds --cfg --exp --run --data-root --ffb-root --json.
void add_common_options(CLI::App& command, CommonOptions& options);

// The config that --cfg names, or an empty one. Throws CallError.
Config config_of(const CommonOptions& options);

// Which run, after options, environment (EXPERIMENT, RUN_NUM) and config. The hutch may be empty: the first
// three letters of the experiment then.
struct RunChoice {
  std::string hutch, experiment;
  RunNumber run;
};
// Throws CallError when one of them is missing or malformed.
RunChoice choose_run(const CommonOptions& options, const Config& config);

// What options, environment and config say of places. An explicit --data-root switches ffb off unless
// --ffb-root is given too.
sources::Places places_of(const CommonOptions& options, const Config& config);

// A whole number in [low, high] from an option; the sentence names it.
std::uint64_t whole_number(const std::string& text, std::string_view option, std::uint64_t low,
                           std::uint64_t high);

}  // namespace jt::app
