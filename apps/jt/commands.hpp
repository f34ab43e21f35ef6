// The subcommands of `jt` as a list: each is one file that adds its options and gives back what to run.
// The program's door: main.cpp finds the command here; `jt help` prints the list.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jt::app {

// Runs the command with its parsed options and returns the exit code; throws SetupError, CallError,
// Interrupted.
using Run = std::function<int()>;

struct Command {
  std::string_view name;      // of one or two words: "info", "sim record"
  std::string_view usage;     // what follows the name
  std::string_view does;      // one line for `jt help`
  std::string_view story;     // a paragraph for `jt <command> --help`
  Run (*add)(CLI::App& app);  // adds its options to `app`
};

extern const Command info_command;
extern const Command calibrate_command;
extern const Command trace_command;
extern const Command live_command;
extern const Command ctl_command;
extern const Command sim_record_command;
extern const Command sim_serve_command;
extern const Command serve_command;
extern const Command pvs_command;
extern const Command watch_command;
extern const Command help_command;

std::span<const Command* const> commands();  // in the order of `jt help`
std::vector<std::string> command_names();
// Throws CallError naming the nearest commands.
const Command& find_command(const std::string& name);
// How many of the leading `words` name a command: 2 for "sim record", else 1 (known or not).
std::size_t command_words(std::span<const std::string> words);

// Parses `words` (what follows the command's name) and runs it. Throws as Run does, CallError for the
// options.
int run_command(const Command& command, std::vector<std::string> words);

std::string help_of(const Command& command);

// The whole program: returns the exit code; errors become one sentence on standard error.
int run_program(const std::vector<std::string>& words);

}  // namespace jt::app
