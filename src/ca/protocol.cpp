#include "ca/protocol.hpp"

#include <algorithm>
#include <cstring>

namespace jt::ca {
namespace {

constexpr std::size_t plain_header = 16, extended_header = 24;

bool needs_extended(std::size_t size, std::uint32_t count) { return size >= 0xFFFF || count >= 0xFFFF; }

}  // namespace

std::uint16_t get16(const std::byte* at) {
  return static_cast<std::uint16_t>((std::to_integer<unsigned>(at[0]) << 8) |
                                    std::to_integer<unsigned>(at[1]));
}
std::uint32_t get32(const std::byte* at) { return (std::uint32_t{get16(at)} << 16) | get16(at + 2); }
void set16(std::byte* at, std::uint16_t value) {
  at[0] = static_cast<std::byte>(value >> 8);
  at[1] = static_cast<std::byte>(value & 0xFF);
}
void set32(std::byte* at, std::uint32_t value) {
  set16(at, static_cast<std::uint16_t>(value >> 16));
  set16(at + 2, static_cast<std::uint16_t>(value & 0xFFFF));
}

Found take_message(View& input, Message& message, std::size_t most_payload) {
  if (input.size() < plain_header) return Found::incomplete;
  const std::byte* at = input.data();
  Header header;
  header.command = static_cast<Command>(get16(at));
  header.size = get16(at + 2);
  header.type = get16(at + 4);
  header.count = get16(at + 6);
  header.p1 = get32(at + 8);
  header.p2 = get32(at + 12);
  std::size_t header_size = plain_header;
  if (header.size == 0xFFFF && header.count == 0) {
    if (input.size() < extended_header) return Found::incomplete;
    header.size = get32(at + 16);
    header.count = get32(at + 20);
    header_size = extended_header;
  }
  if (header.size > most_payload || header.size % 8 != 0) return Found::malformed;
  if (input.size() - header_size < header.size) return Found::incomplete;
  message = {header, input.first(header_size), input.subspan(header_size, header.size)};
  input = input.subspan(header_size + header.size);
  return Found::message;
}

std::size_t append_message(Bytes& out, Header header, std::size_t size) {
  size = padded(size);
  const bool extended = needs_extended(size, header.count);
  const std::size_t start = out.size();
  out.resize(start + (extended ? extended_header : plain_header) + size);
  std::byte* at = out.data() + start;
  set16(at, static_cast<std::uint16_t>(header.command));
  set16(at + 2, extended ? std::uint16_t{0xFFFF} : static_cast<std::uint16_t>(size));
  set16(at + 4, header.type);
  set16(at + 6, extended ? std::uint16_t{0} : static_cast<std::uint16_t>(header.count));
  set32(at + 8, header.p1);
  set32(at + 12, header.p2);
  if (!extended) return start + plain_header;
  set32(at + 16, static_cast<std::uint32_t>(size));
  set32(at + 20, header.count);
  return start + extended_header;
}

void append_message(Bytes& out, Header header, View payload) {
  const std::size_t at = append_message(out, header, payload.size());
  if (!payload.empty()) std::memcpy(out.data() + at, payload.data(), payload.size());
}

std::string_view words_of(View bytes) {
  const auto end = std::find(bytes.begin(), bytes.end(), std::byte{0});
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(end - bytes.begin())};
}

}  // namespace jt::ca
