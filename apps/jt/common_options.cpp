#include "apps/jt/common_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "apps/jt/names.hpp"
#include "core/errors.hpp"

namespace jt::app {
namespace {

// A setting with the place it came from, for sentences.
struct Said {
  std::string value, where;
};

std::optional<Said> from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return Said{value, fmt::format("environment variable {}", name)};
}

std::optional<Said> first_said(const std::optional<std::string>& option, std::string_view option_name,
                               const char* environment) {
  if (option) return Said{*option, std::string(option_name)};
  return from_environment(environment);
}

// "xcsx39718", or "xcs/xcsx39718" as the DAQ's own data source strings allow.
void take_experiment(const Said& said, RunChoice& choice) {
  std::string_view experiment = said.value;
  if (const auto slash = experiment.find('/'); slash != std::string_view::npos) {
    choice.hutch = experiment.substr(0, slash);
    experiment.remove_prefix(slash + 1);
  }
  const bool hutch_is_fine = choice.hutch.empty() || is_folder_name(choice.hutch);
  if (!is_folder_name(experiment) || !hutch_is_fine)
    throw CallError(fmt::format("{}: '{}' is no experiment", said.where, said.value),
                    "names of experiments have letters, digits, '_' and '-'",
                    "What is it called in the logbook?");
  choice.experiment = experiment;
}

}  // namespace

std::uint64_t whole_number(const std::string& text, std::string_view option, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
    throw CallError(fmt::format("{} is '{}'", option, text),
                    fmt::format("it must be a whole number from {} to {}", low, high),
                    fmt::format("For example {} {}?", option, low + 1));
  return value;
}

void add_common_options(CLI::App& command, CommonOptions& options) {
  command.add_option("--cfg", options.cfg, "the hutch's config file (YAML)")->type_name("FILE");
  command.add_option("--exp", options.exp, "the experiment; wins over EXPERIMENT and the config")
      ->type_name("NAME");
  command.add_option("--run", options.run, "the run; wins over RUN_NUM and the config")->type_name("N");
  command
      .add_option("--data-root", options.data_root,
                  "where <hutch>/<experiment> lies; otherwise SIT_PSDM_DATA, otherwise the facility's places")
      ->type_name("DIR");
  command.add_option("--ffb-root", options.ffb_root, "the same for the fast feedback storage (ffb: true)")
      ->type_name("DIR");
  command.add_flag("--json", options.json, "print the result as JSON on standard output, and nothing else");
}

Config config_of(const CommonOptions& options) { return options.cfg ? load_config(*options.cfg) : Config{}; }

RunChoice choose_run(const CommonOptions& options, const Config& config) {
  RunChoice choice;
  if (const auto said = first_said(options.exp, "--exp", "EXPERIMENT"))
    take_experiment(*said, choice);
  else if (config.experiment)
    choice.experiment = *config.experiment;
  else
    missing_key(config, "experiment", "to find the run's files", "Give --exp NAME, or set it in the config.");

  if (choice.hutch.empty()) choice.hutch = config.hutch.value_or("");
  if (choice.hutch.empty() && !config.file.empty())
    missing_key(config, "hutch", "to find the run's files", "Set it in the config, like hutch: 'xcs'.");

  if (const auto said = first_said(options.run, "--run", "RUN_NUM"))
    choice.run = {static_cast<int>(whole_number(said->value, said->where, 1, 999'999'999))};
  else if (config.run)
    choice.run = {*config.run};
  else
    missing_key(config, "run", "to find its files", "Give --run N, or set it in the config.");
  return choice;
}

sources::Places places_of(const CommonOptions& options, const Config& config) {
  sources::Places places;
  places.data_root = options.data_root.value_or("");
  places.ffb_root = options.ffb_root.value_or("");
  const char* root = std::getenv("SIT_PSDM_DATA");
  places.sit_psdm_data = root == nullptr ? "" : root;
  places.ffb = config.ffb && (!options.data_root || options.ffb_root);
  return places;
}

}  // namespace jt::app
