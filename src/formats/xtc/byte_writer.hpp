// Writes little-endian fields one after the other: the mirror of load<T>().
// Used by the encoder, which the simulator and the tests write real runs with.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "formats/xtc/datagram.hpp"

namespace jt::formats::xtc {

class ByteWriter {
 public:
  template <class T>
  ByteWriter& put(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
    return *this;
  }
  template <class T>
  ByteWriter& put_all(std::span<const T> values) {
    return bytes(std::as_bytes(values));
  }
  // A text field of `size` bytes, cut or filled with NUL; the last byte is always NUL.
  ByteWriter& text(std::string_view words, std::size_t size) {
    words = words.substr(0, size - 1);
    bytes(std::as_bytes(std::span(words.data(), words.size())));
    return zeros(size - words.size());
  }
  ByteWriter& bytes(Bytes more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }
  ByteWriter& zeros(std::size_t count) {
    bytes_.resize(bytes_.size() + count);
    return *this;
  }
  // Fills with zeros up to `size`.
  ByteWriter& up_to(std::size_t size) {
    if (bytes_.size() < size) bytes_.resize(size);
    return *this;
  }
  ByteWriter& pad_to_multiple_of(std::size_t unit) { return zeros((unit - bytes_.size() % unit) % unit); }
  template <class T>
  void overwrite(std::size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] Bytes view() const { return bytes_; }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace jt::formats::xtc
