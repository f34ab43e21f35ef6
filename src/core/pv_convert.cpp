#include "core/pv_convert.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace jt {
namespace {

constexpr std::size_t most_text = 39;   // a DBR_STRING holds 40 bytes with its end
constexpr double longest_fixed = 1e15;  // larger ones need the exponent to fit into a string

std::string number_in_words(double number, int precision) {
  if (!std::isfinite(number)) return fmt::format("{}", number);
  const int digits = std::clamp(precision, 0, 15);
  std::string words = std::fabs(number) < longest_fixed ? fmt::format("{:.{}f}", number, digits)
                                                        : fmt::format("{:.{}e}", number, digits);
  if (words.size() > most_text) words = fmt::format("{:g}", number);
  return words;
}

// How many states a choice may point at: those named, or any when none is.
bool is_choice(double index, const PvDetails& details) {
  const std::size_t known = details.choices.empty() ? 65536 : details.choices.size();
  return index >= 0 && index < static_cast<double>(known);
}

std::optional<Choice> to_choice(const std::string& text, const PvDetails& details) {
  const auto found = std::find(details.choices.begin(), details.choices.end(), text);
  if (found != details.choices.end())
    return Choice{static_cast<std::uint16_t>(found - details.choices.begin())};
  const std::optional<double> index = PvValue(text).number();
  if (!index || !is_choice(*index, details)) return std::nullopt;
  return Choice{static_cast<std::uint16_t>(*index)};
}

template <class To>
std::optional<To> to_integer(double number) {
  if (std::isnan(number)) return std::nullopt;
  constexpr double low = std::numeric_limits<To>::min(), high = std::numeric_limits<To>::max();
  return static_cast<To>(std::clamp(number, low, high));
}

// One element, from any type to any type.
template <class To, class From>
std::optional<To> convert_one(const From& from, const PvDetails& details) {
  if constexpr (std::is_same_v<To, From>) {
    return from;
  } else if constexpr (std::is_same_v<To, std::string>) {
    if constexpr (std::is_same_v<From, Choice>)
      return from.index < details.choices.size() ? details.choices[from.index]
                                                 : fmt::format("{}", from.index);
    else if constexpr (std::is_floating_point_v<From>)
      return number_in_words(static_cast<double>(from), details.precision);
    else
      return fmt::format("{}", from);
  } else if constexpr (std::is_same_v<From, std::string>) {
    if constexpr (std::is_same_v<To, Choice>) {
      return to_choice(from, details);
    } else {
      const std::optional<double> number = PvValue(from).number();
      if (!number) return std::nullopt;
      return convert_one<To>(*number, details);
    }
  } else if constexpr (std::is_same_v<From, Choice>) {
    return static_cast<To>(from.index);
  } else if constexpr (std::is_same_v<To, Choice>) {
    const double number = static_cast<double>(from);
    if (!is_choice(number, details)) return std::nullopt;
    return Choice{static_cast<std::uint16_t>(number)};
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    return to_integer<To>(static_cast<double>(from));
  } else {
    return static_cast<To>(from);
  }
}

template <class To>
std::optional<PvValue> convert_all(const PvValue& value, const PvDetails& details, std::size_t count) {
  return std::visit(
      [&](const auto& from) -> std::optional<PvValue> {
        const std::size_t taken = std::min(count, from.size());
        std::vector<To> to;
        to.reserve(taken);
        for (std::size_t i = 0; i < taken; ++i) {
          std::optional<To> one = convert_one<To>(from[i], details);
          if (!one) return std::nullopt;
          to.push_back(std::move(*one));
        }
        return PvValue(std::move(to));
      },
      value.elements());
}

}  // namespace

std::optional<PvValue> convert(const PvValue& value, PvType type, const PvDetails& details,
                               std::size_t count) {
  switch (type) {
    case PvType::string:
      return convert_all<std::string>(value, details, count);
    case PvType::int16:
      return convert_all<std::int16_t>(value, details, count);
    case PvType::float32:
      return convert_all<float>(value, details, count);
    case PvType::choice:
      return convert_all<Choice>(value, details, count);
    case PvType::uint8:
      return convert_all<std::uint8_t>(value, details, count);
    case PvType::int32:
      return convert_all<std::int32_t>(value, details, count);
    case PvType::float64:
      return convert_all<double>(value, details, count);
  }
  return std::nullopt;
}

}  // namespace jt
