#include "apps/jt/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

#include "apps/jt/output.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::app {
namespace {

// Help with our own line of usage; the rest as CLI11 lays it out.
class HelpPage : public CLI::Formatter {
 public:
  explicit HelpPage(const Command& command) : command_(command) { column_width(28); }
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("Usage: jt {} {}\n", command_.name, command_.usage);
  }

 private:
  const Command& command_;
};

std::unique_ptr<CLI::App> make_app(const Command& command) {
  auto app = std::make_unique<CLI::App>(std::string(command.story), fmt::format("jt {}", command.name));
  app->allow_extras();  // unknown words are our own sentence, with the nearest known option
  app->formatter(std::make_shared<HelpPage>(command));
  return app;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

[[noreturn]] void refuse_word(const Command& command, const CLI::App& app, const std::string& word) {
  const std::string help = fmt::format("'jt {} --help' shows them all.", command.name);
  if (!word.starts_with("-"))
    throw CallError(fmt::format("'{}' is not expected here", word),
                    fmt::format("jt {} takes options", command.name), help);
  const std::string option = word.substr(0, word.find('='));
  throw CallError(
      fmt::format("unknown option '{}'", option), fmt::format("jt {} has no such option", command.name),
      fmt::format("Did you mean '{}'? {}", nearest_first(option, option_names(app)).front(), help));
}

}  // namespace

std::span<const Command* const> commands() {
  static constexpr std::array<const Command*, 11> all = {
      &info_command,  &calibrate_command, &trace_command,      &live_command,      &ctl_command, &pvs_command,
      &watch_command, &serve_command,     &sim_record_command, &sim_serve_command, &help_command};
  return all;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command* command : commands()) names.emplace_back(command->name);
  return names;
}

const Command& find_command(const std::string& name) {
  for (const Command* command : commands())
    if (command->name == name) return *command;
  throw CallError(fmt::format("unknown command '{}'", name),
                  fmt::format("the commands are {}", list_in_words(command_names())),
                  fmt::format("Did you mean 'jt {}'?", nearest_first(name, command_names()).front()));
}

std::size_t command_words(std::span<const std::string> words) {
  if (words.size() < 2) return 1;
  const std::string both = words[0] + " " + words[1];
  const std::vector<std::string> names = command_names();
  return std::find(names.begin(), names.end(), both) != names.end() ? 2 : 1;
}

std::string help_of(const Command& command) {
  const std::unique_ptr<CLI::App> app = make_app(command);
  command.add(*app);
  return app->help();
}

int run_command(const Command& command, std::vector<std::string> words) {
  const std::unique_ptr<CLI::App> app = make_app(command);
  const Run run = command.add(*app);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app->parse(words);
  } catch (const CLI::CallForHelp&) {
    print(help_of(command));
    return 0;
  } catch (const CLI::ParseError& error) {
    throw CallError(fmt::format("jt {}: {}", command.name, error.what()), "the command cannot be understood",
                    fmt::format("'jt {} --help' shows how it is called.", command.name));
  }
  if (const std::vector<std::string> extras = app->remaining(); !extras.empty())
    refuse_word(command, *app, extras.front());
  return run();
}

}  // namespace jt::app
