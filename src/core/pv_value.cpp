#include "core/pv_value.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <type_traits>

namespace jt {
namespace {

std::optional<double> as_number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> as_number(Choice choice) { return choice.index; }
template <class Number>
  requires std::is_arithmetic_v<Number>
std::optional<double> as_number(Number number) {
  return static_cast<double>(number);
}

std::string as_text(const std::string& text) { return text; }
std::string as_text(Choice choice) { return fmt::format("{}", choice.index); }
template <class Number>
std::string as_text(Number number) {
  return fmt::format("{}", number);
}

}  // namespace

std::string_view name(PvType type) {
  constexpr std::array<std::string_view, 7> names = {"string", "int16", "float32", "choice",
                                                     "uint8",  "int32", "float64"};
  return names[static_cast<std::size_t>(type)];
}

std::size_t element_size(PvType type) {
  constexpr std::array<std::size_t, 7> sizes = {40, 2, 4, 2, 1, 4, 8};
  return sizes[static_cast<std::size_t>(type)];
}

std::size_t PvValue::count() const {
  return std::visit([](const auto& array) { return array.size(); }, elements_);
}

std::optional<double> PvValue::number(std::size_t index) const {
  return std::visit(
      [&](const auto& array) -> std::optional<double> {
        if (index >= array.size()) return std::nullopt;
        return as_number(array[index]);
      },
      elements_);
}

std::string PvValue::text(std::size_t index) const {
  return std::visit(
      [&](const auto& array) -> std::string {
        if (index >= array.size()) return {};
        return as_text(array[index]);
      },
      elements_);
}

std::vector<double> PvValue::numbers() const {
  return std::visit(
      [](const auto& array) {
        std::vector<double> numbers;
        numbers.reserve(array.size());
        for (const auto& element : array)
          numbers.push_back(as_number(element).value_or(std::numeric_limits<double>::quiet_NaN()));
        return numbers;
      },
      elements_);
}

bool PvValue::finite() const {
  return std::visit(
      [](const auto& array) {
        for (const auto& element : array) {
          const std::optional<double> number = as_number(element);
          if (number && !std::isfinite(*number)) return false;  // "nan" as a string is one, too
        }
        return true;
      },
      elements_);
}

}  // namespace jt
