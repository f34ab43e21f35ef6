// JSON from the network, read with suspicion: size, depth, types and ranges are checked before use.
// Under every message that comes in: shots (shot_message.hpp) and commands (command.hpp).
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace jt::api {

// The message is not what was agreed; what() says how, for a reply or a counter. Stays inside this library.
class NotAsAgreed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A text as JSON spells it, quotes included; bytes that are no UTF-8 are replaced.
std::string json_text(std::string_view text);

// One JSON object whose values are numbers, texts, booleans or null: no message has any nesting. Every reader
// throws NotAsAgreed when the key is missing or its value is another kind.
class CheckedObject {
 public:
  CheckedObject(std::string_view text, std::size_t most_bytes);

  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] std::string text(std::string_view key, std::size_t most_bytes) const;
  [[nodiscard]] std::string text_or_null(std::string_view key, std::size_t most_bytes) const;  // null: empty
  [[nodiscard]] std::uint64_t whole(std::string_view key, std::uint64_t most) const;
  [[nodiscard]] double number(std::string_view key) const;         // finite
  [[nodiscard]] double number_or_nan(std::string_view key) const;  // null: NaN
  [[nodiscard]] bool boolean(std::string_view key) const;
  // Throws when there are others than these.
  void only(std::initializer_list<std::string_view> keys) const;

 private:
  [[nodiscard]] const nlohmann::json& value(std::string_view key) const;
  nlohmann::json object_;
};

}  // namespace jt::api
