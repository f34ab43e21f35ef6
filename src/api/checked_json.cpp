#include "api/checked_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace jt::api {
namespace {

using nlohmann::json;

// Nesting is refused while it is parsed, so that "[[[[..." cannot use up the stack.
json parse_flat(std::string_view text) {
  bool nested = false;
  const auto watch = [&nested](int depth, json::parse_event_t event, json&) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth > 0) nested = true;
    return true;
  };
  json value = json::parse(text, watch, false);
  if (nested) throw NotAsAgreed("its values are nested");
  if (value.is_discarded()) throw NotAsAgreed("it is no JSON");
  if (!value.is_object()) throw NotAsAgreed("it is no JSON object");
  return value;
}

}  // namespace

std::string json_text(std::string_view text) {
  return json(text).dump(-1, ' ', true, json::error_handler_t::replace);
}

CheckedObject::CheckedObject(std::string_view text, std::size_t most_bytes) {
  if (text.size() > most_bytes) throw NotAsAgreed(fmt::format("it is longer than {} bytes", most_bytes));
  object_ = parse_flat(text);
}

bool CheckedObject::has(std::string_view key) const { return object_.contains(key); }

const json& CheckedObject::value(std::string_view key) const {
  const auto found = object_.find(key);
  if (found == object_.end()) throw NotAsAgreed(fmt::format("{} is missing", key));
  return *found;
}

std::string CheckedObject::text(std::string_view key, std::size_t most_bytes) const {
  const json& found = value(key);
  if (!found.is_string()) throw NotAsAgreed(fmt::format("{} is no text", key));
  const auto& text = found.get_ref<const std::string&>();
  if (text.size() > most_bytes) throw NotAsAgreed(fmt::format("{} is longer than {} bytes", key, most_bytes));
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    throw NotAsAgreed(fmt::format("{} holds control characters", key));
  return text;
}

std::string CheckedObject::text_or_null(std::string_view key, std::size_t most_bytes) const {
  return value(key).is_null() ? "" : text(key, most_bytes);
}

std::uint64_t CheckedObject::whole(std::string_view key, std::uint64_t most) const {
  const json& found = value(key);
  if (!found.is_number_unsigned()) throw NotAsAgreed(fmt::format("{} is no whole number >= 0", key));
  const auto number = found.get<std::uint64_t>();
  if (number > most) throw NotAsAgreed(fmt::format("{} is above {}", key, most));
  return number;
}

double CheckedObject::number(std::string_view key) const {
  const json& found = value(key);
  if (!found.is_number()) throw NotAsAgreed(fmt::format("{} is no number", key));
  const double number = found.get<double>();
  if (!std::isfinite(number)) throw NotAsAgreed(fmt::format("{} is not finite", key));
  return number;
}

double CheckedObject::number_or_nan(std::string_view key) const {
  return value(key).is_null() ? std::numeric_limits<double>::quiet_NaN() : number(key);
}

bool CheckedObject::boolean(std::string_view key) const {
  const json& found = value(key);
  if (!found.is_boolean()) throw NotAsAgreed(fmt::format("{} is neither true nor false", key));
  return found.get<bool>();
}

void CheckedObject::only(std::initializer_list<std::string_view> keys) const {
  for (const auto& [key, ignored] : object_.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      throw NotAsAgreed(fmt::format("'{}' is unknown", key.substr(0, 64)));
}

}  // namespace jt::api
