// A command to `live` or `track`, and the answer: checked against what each command takes.
// Beside the walk: `jt ctl` sends one to a command port (command_port.hpp), which answers with one reply.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jt::api {

// What a command takes besides its name.
enum class Argument : std::uint8_t { none, whole, millimetres };
// Whom it is for.
enum class Receiver : std::uint8_t { live, track };

struct CommandForm {
  std::string_view name;
  Receiver receiver = Receiver::live;
  Argument argument = Argument::none;
  double least = 0, most = 0;  // of the argument
  std::string_view does;       // one line for help
};
// Both ends know the same list. `status` exists for both receivers.
std::span<const CommandForm> command_forms();
const CommandForm* find_form(std::string_view name, Receiver receiver);

struct Command {
  std::string name;
  std::optional<double> value;  // there exactly when its form takes one; finite, within its range
  // Who asks, as they say themselves; `peer` is what the network says.
  std::string user, host, peer;
};

inline constexpr std::size_t max_command_bytes = 4096;

std::string to_text(const Command& command);
struct ParsedCommand {
  std::optional<Command> command;
  std::string problem;  // a sentence's end for the reply: "'peek-bin' is no command of live"
};
ParsedCommand parse_command(std::string_view text, Receiver receiver);

// The answer: ok, words for people, and the receiver's state as the text of one JSON object (may be empty).
struct Reply {
  bool ok = false;
  std::string words;
  std::string state;
};
std::string to_text(const Reply& reply);
// Nothing when it is not a reply.
std::optional<Reply> parse_reply(std::string_view text);

}  // namespace jt::api
