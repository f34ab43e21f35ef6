// What reading one leaf gives: the value, or the cause why not; and small helps to read fields safely.
// Used by every family of types below `decode()`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "formats/event.hpp"
#include "formats/xtc/datagram.hpp"

namespace jt::formats::xtc {

template <class T>
class Read {
 public:
  Read(T value) : content_(std::move(value)) {}  // NOLINT: `return value;` is the point
  Read(Refusal refusal) : content_(refusal) {}   // NOLINT
  explicit operator bool() const { return content_.index() == 0; }
  const T& operator*() const { return *std::get_if<0>(&content_); }
  T& operator*() { return *std::get_if<0>(&content_); }
  const T* operator->() const { return std::get_if<0>(&content_); }
  T* operator->() { return std::get_if<0>(&content_); }
  [[nodiscard]] Refusal refusal() const { return *std::get_if<1>(&content_); }

 private:
  std::variant<T, Refusal> content_;
};

// True when `count` records of `record` bytes lie in `bytes` from `offset` on. No overflow: all in 64 bits,
// and no length word of the formats has more than 32.
inline bool holds(Bytes bytes, std::size_t offset, std::uint64_t count, std::size_t record) {
  return offset <= bytes.size() && count * record <= bytes.size() - offset;
}

// A text field of `size` bytes: up to its first NUL.
inline std::string text_field(Bytes bytes, std::size_t offset, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size && bytes[offset + i] != std::byte{0}; ++i)
    text.push_back(static_cast<char>(bytes[offset + i]));
  return text;
}

}  // namespace jt::formats::xtc
