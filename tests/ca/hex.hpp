// Bytes written by hand in tests: hex digits, blanks ignored; and bytes shown the same way.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "ca/protocol.hpp"

namespace jt::ca::test {

inline Bytes hex(std::string_view words) {
  Bytes out;
  int high = -1;
  for (const char c : words) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) continue;  // a blank or a divider
    if (high < 0) {
      high = static_cast<int>(digit);
    } else {
      out.push_back(static_cast<std::byte>(high * 16 + static_cast<int>(digit)));
      high = -1;
    }
  }
  return out;
}

inline std::string shown(View bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0 && i % 4 == 0) out += ' ';
    out += fmt::format("{:02x}", std::to_integer<int>(bytes[i]));
  }
  return out;
}

}  // namespace jt::ca::test
