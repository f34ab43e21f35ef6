#include "epics/dbr_values.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "epics/libca.hpp"

namespace jt::epics {
namespace {

constexpr std::size_t string_size = 40;
constexpr std::size_t choice_name_size = 26;
constexpr std::size_t most_choices = 16;
constexpr std::int64_t seconds_from_1970_to_1990 = 631152000;

// Where the value begins in DBR_TIME_*, by base type: the C structures' own padding.
constexpr std::array<std::size_t, 7> time_value_offset{12, 14, 12, 14, 15, 12, 16};

template <class T>
T read_at(const void* from, std::size_t offset) {
  T value{};
  std::memcpy(&value, static_cast<const std::byte*>(from) + offset, sizeof value);
  return value;
}

// Up to the first NUL, at most `size` characters.
std::string text_at(const void* from, std::size_t offset, std::size_t size) {
  const char* begin = static_cast<const char*>(from) + offset;
  return {begin, std::find(begin, begin + size, '\0')};
}

template <class T>
PvValue elements_at(const void* from, std::size_t offset, std::size_t count) {
  std::vector<T> elements(count);
  if constexpr (std::is_same_v<T, std::string>) {
    for (std::size_t i = 0; i < count; ++i)
      elements[i] = text_at(from, offset + i * string_size, string_size);
  } else if constexpr (std::is_same_v<T, Choice>) {
    for (std::size_t i = 0; i < count; ++i) elements[i].index = read_at<std::uint16_t>(from, offset + 2 * i);
  } else if (count > 0) {
    std::memcpy(elements.data(), static_cast<const std::byte*>(from) + offset, count * sizeof(T));
  }
  return elements;
}

PvValue value_at(PvType type, const void* from, std::size_t offset, std::size_t count) {
  switch (type) {
    case PvType::string:
      return elements_at<std::string>(from, offset, count);
    case PvType::int16:
      return elements_at<std::int16_t>(from, offset, count);
    case PvType::float32:
      return elements_at<float>(from, offset, count);
    case PvType::choice:
      return elements_at<Choice>(from, offset, count);
    case PvType::uint8:
      return elements_at<std::uint8_t>(from, offset, count);
    case PvType::int32:
      return elements_at<std::int32_t>(from, offset, count);
    case PvType::float64:
      break;
  }
  return elements_at<double>(from, offset, count);
}

AlarmSeverity severity_at(const void* dbr) {
  const int severity = read_at<std::int16_t>(dbr, 2);
  return severity >= 0 && severity <= 3 ? static_cast<AlarmSeverity>(severity) : AlarmSeverity::invalid;
}

PvDetails numeric_details(const void* dbr) {
  PvDetails details;
  details.precision = read_at<std::int16_t>(dbr, 4);
  details.units = text_at(dbr, 8, 8);
  const auto limit = [&](std::size_t index) { return read_at<double>(dbr, 16 + 8 * index); };
  details.display_high = limit(0);
  details.display_low = limit(1);
  details.alarm_high = limit(2);
  details.warning_high = limit(3);
  details.warning_low = limit(4);
  details.alarm_low = limit(5);
  details.control_high = limit(6);
  details.control_low = limit(7);
  return details;
}

PvDetails choice_details(const void* dbr) {
  PvDetails details;
  const int count = read_at<std::int16_t>(dbr, 4);
  const auto known = static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(most_choices)));
  for (std::size_t i = 0; i < known; ++i)
    details.choices.push_back(text_at(dbr, 6 + i * choice_name_size, choice_name_size));
  return details;
}

std::optional<std::vector<std::byte>> string_buffer(const std::vector<std::string>& texts) {
  std::vector<std::byte> buffer(texts.size() * string_size);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() >= string_size) return std::nullopt;
    std::memcpy(buffer.data() + i * string_size, texts[i].data(), texts[i].size());
  }
  return buffer;
}

}  // namespace

std::optional<PvSample> read_time_sample(long dbr_type, long count, const void* dbr) {
  const long base = dbr_type - dbr_time(0);
  if (dbr == nullptr || base < 0 || base > 6 || count < 0) return std::nullopt;
  PvSample sample;
  const auto status = read_at<std::int16_t>(dbr, 0);
  sample.alarm = {severity_at(dbr), static_cast<std::uint16_t>(status)};
  const auto seconds = read_at<std::uint32_t>(dbr, 4);
  // Zero: the record has never been processed.
  if (seconds != 0) sample.time = {seconds_from_1970_to_1990 + seconds, read_at<std::uint32_t>(dbr, 8)};
  sample.value = value_at(static_cast<PvType>(base), dbr, time_value_offset[static_cast<std::size_t>(base)],
                          static_cast<std::size_t>(count));
  return sample;
}

std::optional<PvDetails> read_details(long dbr_type, const void* dbr) {
  if (dbr == nullptr) return std::nullopt;
  if (dbr_type == dbr_ctrl(static_cast<long>(PvType::float64))) return numeric_details(dbr);
  if (dbr_type == dbr_ctrl(static_cast<long>(PvType::choice))) return choice_details(dbr);
  return std::nullopt;
}

std::optional<std::vector<std::byte>> put_buffer(const PvValue& value) {
  if (value.count() == 0) return std::nullopt;
  return std::visit(
      [](const auto& elements) -> std::optional<std::vector<std::byte>> {
        using T = typename std::decay_t<decltype(elements)>::value_type;
        if constexpr (std::is_same_v<T, std::string>) {
          return string_buffer(elements);
        } else {
          static_assert(std::is_trivially_copyable_v<T>);
          const std::byte* begin = reinterpret_cast<const std::byte*>(elements.data());
          return std::vector<std::byte>(begin, begin + elements.size() * sizeof(T));
        }
      },
      value.elements());
}

}  // namespace jt::epics
