// `jt ctl`: one command to a running `jt live`, and its answer.
#include <fmt/format.h>

#include <charconv>
#include <memory>

#include "apps/jt/commands.hpp"
#include "apps/jt/live_setup.hpp"
#include "apps/jt/output.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::app {
namespace {

constexpr std::chrono::milliseconds patience{3000};

struct Options {
  CommonOptions common;
  std::vector<std::string> words;
  std::optional<std::string> keys;
};

double number_of(const std::string& text, std::string_view command) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw CallError(fmt::format("'{}' is no number", text), fmt::format("{} takes one", command),
                    "For example 'jt ctl peak-bin 13'?");
  return value;
}

[[noreturn]] void unknown(const std::string& name) {
  std::vector<std::string> names = {"live stop", "keygen"};
  for (const api::CommandForm& form : api::command_forms())
    if (form.receiver == api::Receiver::live && form.name != "live-stop") names.emplace_back(form.name);
  throw CallError(fmt::format("'{}' is no command", name), fmt::format("there are {}", list_in_words(names)),
                  fmt::format("Did you mean 'jt ctl {}'?", nearest_first(name, names).front()));
}

// "peak-bin 13" or "live stop" as the message that is sent.
api::Command command_of(std::vector<std::string> words) {
  if (words.empty())
    throw CallError("no command was given", "jt ctl sends one", "For example 'jt ctl status'?");
  if (words.size() == 2 && words[0] == "live" && words[1] == "stop") words = {"live-stop"};
  const api::CommandForm* form = api::find_form(words[0], api::Receiver::live);
  if (form == nullptr) unknown(words[0]);
  const std::size_t expected = form->argument == api::Argument::none ? 1 : 2;
  if (words.size() != expected)
    throw CallError(fmt::format("'{}' takes {}", words[0], expected == 1 ? "nothing more" : "one number"),
                    "the command would not be understood", "'jt ctl --help' shows them.");
  api::Command command{words[0], {}, user_name(), host_name(), ""};
  if (expected == 2) command.value = number_of(words[1], words[0]);
  const api::ParsedCommand checked = api::parse_command(api::to_text(command), api::Receiver::live);
  if (!checked.command)
    throw CallError(checked.problem, "the live process would refuse it", "'jt ctl --help' shows them.");
  return command;
}

int keygen(const Options& options) {
  if (!options.keys) throw CallError("--keys is missing", "the new keys go there", "Give --keys DIR?");
  api::write_new_keys(*options.keys);
  print(
      fmt::format("new keys in {0}: set api_msg.keys: '{0}' on both hosts; the console needs client.key and "
                  "server.pub only\n",
                  *options.keys));
  return 0;
}

int run(const Options& options) {
  if (!options.words.empty() && options.words[0] == "keygen") return keygen(options);
  const api::Command command = command_of(options.words);
  const Config config = config_of(options.common);
  const api::Endpoint there = live_ports(config).command;
  std::optional<api::ClientKeys> keys;
  if (options.keys || config.api_keys)
    keys = api::read_client_keys(options.keys ? *options.keys : config.api_keys->string());
  const auto reply = api::ask(there, keys, command, patience);
  if (!reply)
    throw SetupError(fmt::format("no answer from {}:{}", there.host, there.port),
                     "the command did not reach a live process",
                     "Is 'jt live' running there, with the same config?");
  const auto state = nlohmann::ordered_json::parse(reply->state.empty() ? "null" : reply->state);
  if (options.common.json)
    print_json({{"ok", reply->ok}, {"words", reply->words}, {"state", state}});
  else
    print(reply->words.empty() ? state.dump(1) + "\n" : reply->words + "\n");
  return reply->ok ? 0 : 1;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_common_options(app, options->common);
  app.add_option("--keys", options->keys, "the folder of keys, for another host")->type_name("DIR");
  app.add_option("words", options->words,
                 "status | peak-bin N | delta-bin N | recalibrate | live stop | keygen")
      ->type_name("COMMAND");
  return [options] { return run(*options); };
}

}  // namespace

const Command ctl_command = {
    "ctl", "--cfg FILE status | peak-bin N | delta-bin N | recalibrate | live stop | keygen --keys DIR",
    "talks to a running 'jt live'",
    "Sends one command to a running 'jt live' and prints its answer. A change takes effect at one shot "
    "boundary\n"
    "for all workers; the window's id on the stream changes with it. Exit code 1: refused, or no answer.",
    add};

}  // namespace jt::app
