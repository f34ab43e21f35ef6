#include "api/command.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "api/checked_json.hpp"

namespace jt::api {
namespace {

constexpr double most_bins = 100'000;
constexpr double most_mm = 1'000;  // no axis at a beamline is longer; the envelope has the real limits

constexpr std::array forms = {
    CommandForm{"status", Receiver::live, Argument::none, 0, 0, "what it does now, with all counters"},
    CommandForm{"peak-bin", Receiver::live, Argument::whole, 0, most_bins, "sums about another bin"},
    CommandForm{"delta-bin", Receiver::live, Argument::whole, 0, most_bins, "sums so many bins on each side"},
    CommandForm{"recalibrate", Receiver::live, Argument::none, 0, 0, "takes the newest calibration"},
    CommandForm{"live-stop", Receiver::live, Argument::none, 0, 0, "ends the live process"},
    CommandForm{"status", Receiver::track, Argument::none, 0, 0, "what it does now, with its last decision"},
    CommandForm{"stop", Receiver::track, Argument::none, 0, 0, "stops the motor"},
    CommandForm{"enable", Receiver::track, Argument::none, 0, 0, "may move from now on"},
    CommandForm{"disable", Receiver::track, Argument::none, 0, 0, "does not move until enabled"},
    CommandForm{"pause", Receiver::track, Argument::none, 0, 0, "waits"},
    CommandForm{"resume", Receiver::track, Argument::none, 0, 0, "goes on"},
    CommandForm{"retune", Receiver::track, Argument::none, 0, 0, "searches afresh"},
    CommandForm{"jog", Receiver::track, Argument::millimetres, -most_mm, most_mm, "one step of so many mm"},
};

void read_value(const CheckedObject& object, const CommandForm& form, Command& command) {
  if (form.argument == Argument::none) {
    if (object.has("value")) throw NotAsAgreed(fmt::format("'{}' takes no value", form.name));
    return;
  }
  const double value = object.number("value");
  if (form.argument == Argument::whole && value != std::floor(value))
    throw NotAsAgreed(fmt::format("'{}' takes a whole number", form.name));
  if (!(form.least <= value && value <= form.most))
    throw NotAsAgreed(fmt::format("'{}' takes a value from {} to {}", form.name, form.least, form.most));
  command.value = value;
}

Command read_command(const CheckedObject& object, Receiver receiver) {
  object.only({"command", "value", "user", "host"});
  Command command;
  command.name = object.text("command", 64);
  const CommandForm* form = find_form(command.name, receiver);
  if (form == nullptr)
    throw NotAsAgreed(fmt::format("'{}' is no command of {}", command.name,
                                  receiver == Receiver::live ? "jt live" : "jt track"));
  read_value(object, *form, command);
  command.user = object.text("user", 64);
  command.host = object.text("host", 255);
  return command;
}

}  // namespace

std::span<const CommandForm> command_forms() { return forms; }

const CommandForm* find_form(std::string_view name, Receiver receiver) {
  for (const CommandForm& form : forms)
    if (form.name == name && form.receiver == receiver) return &form;
  return nullptr;
}

std::string to_text(const Command& command) {
  std::string text = fmt::format(R"({{"command":{})", json_text(command.name));
  if (command.value) text += fmt::format(R"(,"value":{})", *command.value);
  return text + fmt::format(R"(,"user":{},"host":{}}})", json_text(command.user), json_text(command.host));
}

ParsedCommand parse_command(std::string_view text, Receiver receiver) {
  try {
    return {read_command(CheckedObject(text, max_command_bytes), receiver), ""};
  } catch (const NotAsAgreed& problem) {
    return {std::nullopt, problem.what()};
  }
}

std::string to_text(const Reply& reply) {
  return fmt::format(R"({{"ok":{},"words":{},"state":{}}})", reply.ok, json_text(reply.words),
                     reply.state.empty() ? "null" : reply.state);
}

std::optional<Reply> parse_reply(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("ok") || !json["ok"].is_boolean() || !json.contains("words") ||
      !json["words"].is_string())
    return std::nullopt;
  Reply reply{json["ok"].get<bool>(), json["words"].get<std::string>(), ""};
  if (json.contains("state") && json["state"].is_object()) reply.state = json["state"].dump();
  return reply;
}

}  // namespace jt::api
