// Messages from the network against any bytes: a shot, a command or a reply, or a reason; what was accepted
// holds.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/command.hpp"
#include "api/shot_message.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void try_command(std::string_view text, jt::api::Receiver receiver) {
  const auto parsed = jt::api::parse_command(text, receiver);
  require(parsed.command.has_value() == parsed.problem.empty());
  if (!parsed.command) return;
  const auto* form = jt::api::find_form(parsed.command->name, receiver);
  require(form != nullptr);
  require((form->argument != jt::api::Argument::none) == parsed.command->value.has_value());
  if (parsed.command->value) require(std::isfinite(*parsed.command->value));
  require(jt::api::parse_command(jt::api::to_text(*parsed.command), receiver).command.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto shot = jt::api::parse_shot(text);
  require(shot.message.has_value() == shot.problem.empty());
  if (shot.message) {
    require(!std::isinf(shot.message->i0));
    require(jt::api::parse_shot(jt::api::to_text(*shot.message)).message.has_value());
  }
  try_command(text, jt::api::Receiver::live);
  try_command(text, jt::api::Receiver::track);
  static_cast<void>(jt::api::parse_reply(text));
  return 0;
}
