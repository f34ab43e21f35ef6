#include "apps/jt/twin_options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "apps/jt/common_options.hpp"
#include "apps/jt/names.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "simulator/plant_scenario.hpp"

namespace jt::app {
namespace {

std::string preset_words() {
  std::string words = "the jet:";
  for (const auto& preset : simulator::presets())
    words += fmt::format(" {} ({});", preset.name, preset.meaning);
  words.back() = '.';
  return words;
}

std::string scenario_words() {
  std::vector<std::string> names;
  for (const auto& scenario : simulator::scenarios()) names.emplace_back(scenario.name);
  return fmt::format("what happens: {}", list_in_words(names));
}

void set_plant(simulator::PlantSettings& plant, const std::string& words) {
  const std::size_t equal = words.find('=');
  double value = 0;
  const char* begin = words.data() + (equal == std::string::npos ? words.size() : equal + 1);
  const char* end = words.data() + words.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (equal == std::string::npos || error != std::errc() || stop != end)
    throw CallError(fmt::format("--set {} is not understood", words), "it changes a setting of the plant",
                    "Give it like --set dropped=0.1.");
  simulator::set(plant, words.substr(0, equal), value);
}

}  // namespace

void add_twin_options(CLI::App& command, TwinOptions& options) {
  command.add_option("--cfg", options.cfg, "the config; without, the built-in one (config/sim.yml)")
      ->type_name("FILE");
  command.add_option("--exp", options.exp, "the experiment's name instead of the config's")
      ->type_name("NAME");
  command
      .add_option("--detector", options.detector,
                  fmt::format("{} instead of the config's", list_in_words(simulator::twin_detector_names())))
      ->type_name("KIND");
  command.add_option("--preset", options.preset, preset_words())->type_name("NAME");
  command.add_option("--scenario", options.scenario, scenario_words())->type_name("NAME");
  command.add_option("--set", options.set, "a setting of the plant, like dropped=0.1; may be repeated")
      ->type_name("NAME=VALUE");
  command.add_option("--seed", options.seed, "another history and other noise (default 1)")->type_name("S");
}

Config twin_config(const TwinOptions& options) {
  if (options.cfg) return load_config(*options.cfg);
  return parse_config(std::string(built_in_config()), built_in_config_name);
}

simulator::TwinSettings twin_settings(const TwinOptions& options, const Config& config) {
  simulator::TwinSettings settings = twin_settings(config);
  if (options.exp) {
    if (!is_folder_name(*options.exp))
      throw CallError(fmt::format("'{}' is no name of an experiment", *options.exp),
                      "its folder is called so", "It may have letters, digits, '_' and '-'.");
    settings.experiment = *options.exp;
  }
  if (options.detector) {
    const auto kind = simulator::twin_detector_kind(*options.detector);
    if (!kind) {
      const auto names = simulator::twin_detector_names();
      throw CallError(fmt::format("the twin has no detector '{}'", *options.detector),
                      fmt::format("it has {}", list_in_words(names)),
                      fmt::format("Did you mean {}?", nearest_first(*options.detector, names).front()));
    }
    settings.detector.kind = *kind;
  }
  if (options.preset) settings.plant = simulator::preset(*options.preset);
  if (options.scenario) simulator::apply_scenario(settings.plant, *options.scenario, simulator::Mode::track);
  for (const std::string& words : options.set) set_plant(settings.plant, words);
  return settings;
}

std::uint64_t seed_of(const TwinOptions& options) {
  if (!options.seed) return 1;
  return whole_number(*options.seed, "--seed", 0, std::numeric_limits<std::uint64_t>::max());
}

}  // namespace jt::app
