// Saves and restores the state of a strategy as one line of text: numbers that read back exactly.
// Behind `Strategy::save` and `restore` (stop 8 of the walk); every stateful part lists its `fields` once.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/errors.hpp"

namespace jt::control {

// `archive(a, b, c)` writes or reads its arguments in order. Understood: numbers, bool, enums, optionals,
// vectors, and anything with `template <class A> void fields(A& archive)`.
class StateWriter {
 public:
  template <class... T>
  void operator()(T&... values) {
    (write(values), ...);
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  template <class T>
  void write(T& value) {
    if constexpr (std::same_as<T, bool>) {
      put(value ? 1 : 0);
    } else if constexpr (std::is_enum_v<T>) {
      put(static_cast<long>(value));
    } else if constexpr (std::is_arithmetic_v<T>) {
      put(value);
    } else {
      value.fields(*this);
    }
  }
  template <class T>
  void write(std::optional<T>& value) {
    put(value ? 1 : 0);
    if (value) write(*value);
  }
  template <class T>
  void write(std::vector<T>& values) {
    put(values.size());
    for (T& value : values) write(value);
  }
  template <class Number>
  void put(Number number) {
    char word[40];
    const auto end = std::to_chars(word, word + sizeof word, number).ptr;
    text_.append(word, end);
    text_ += ' ';
  }
  std::string text_;
};

class StateReader {
 public:
  explicit StateReader(std::string_view text) : rest_(text) {}
  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  // Throws SetupError unless all of the text has been used.
  void finish() const {
    if (!rest_.empty()) fail();
  }

 private:
  [[noreturn]] static void fail() {
    throw SetupError("the saved state does not fit this strategy", "it could not go on where it was",
                     "Start without it, or use the version that wrote it.");
  }
  template <class T>
  void read(T& value) {
    if constexpr (std::same_as<T, bool>) {
      value = take<int>() != 0;
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(take<long>());
    } else if constexpr (std::is_arithmetic_v<T>) {
      value = take<T>();
    } else {
      value.fields(*this);
    }
  }
  template <class T>
  void read(std::optional<T>& value) {
    value.reset();
    if (take<int>() != 0) read(value.emplace());
  }
  template <class T>
  void read(std::vector<T>& values) {
    const auto size = take<std::size_t>();
    if (size > rest_.size()) fail();  // every element takes at least a character and a space
    values.assign(size, T{});
    for (T& value : values) read(value);
  }
  template <class Number>
  Number take() {
    Number number{};
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc{} || end == rest_.data() + rest_.size() || *end != ' ') fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 1);
    return number;
  }
  std::string_view rest_;
};

}  // namespace jt::control
