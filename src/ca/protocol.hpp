// Channel Access messages as bytes: header, extended header, commands, status codes. Minor version 13.
// Below stop 6 of the walk: how PVs travel when this program serves them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace jt::ca {

using Bytes = std::vector<std::byte>;
using View = std::span<const std::byte>;

enum class Command : std::uint16_t {
  version = 0,
  event_add = 1,
  event_cancel = 2,
  write = 4,
  search = 6,
  events_off = 8,
  events_on = 9,
  error = 11,
  clear_channel = 12,
  beacon = 13,
  not_found = 14,
  read_notify = 15,
  repeater_confirm = 17,
  create_channel = 18,
  write_notify = 19,
  client_name = 20,
  host_name = 21,
  access_rights = 22,
  echo = 23,
  repeater_register = 24,
  create_channel_failed = 26,
  server_disconnected = 27,
};

// Status codes (ECA). Success has bit 0 set.
enum class Status : std::uint32_t {
  normal = 1,
  too_large = 72,
  bad_type = 114,
  internal = 0x8e,  // what the reference server says to a request that makes no sense, before it hangs up
  get_failed = 152,
  put_failed = 160,
  bad_count = 176,
  disconnected = 192,
  no_read_access = 368,
  no_write_access = 376,
};
constexpr bool good(Status status) { return (static_cast<std::uint32_t>(status) & 1) != 0; }

inline constexpr std::uint16_t minor_version = 13;
inline constexpr std::uint32_t any_address = 0xFFFFFFFF;  // "the sender of this message"; also "no channel"
inline constexpr std::size_t largest_payload = 16u << 20;
inline constexpr std::size_t longest_name = 500;

struct Header {
  Command command = Command::version;
  std::uint32_t size = 0;  // of the payload, padding included
  std::uint16_t type = 0;
  std::uint32_t count = 0;
  std::uint32_t p1 = 0;
  std::uint32_t p2 = 0;
};

// A message in somebody's buffer.
struct Message {
  Header header;
  View raw_header;  // 16 or 24 bytes, as received: error replies repeat it
  View payload;
};

enum class Found { message, incomplete, malformed };

// Takes the first whole message off `input`. Malformed: a payload above `most_payload` or not padded to 8.
Found take_message(View& input, Message& message, std::size_t most_payload = largest_payload);

// Appends the header of a message with `size` payload bytes (padded here to a multiple of 8), extended where
// needed, and room of zeros for the payload; returns where the payload starts in `out`.
std::size_t append_message(Bytes& out, Header header, std::size_t size);
// The same with a payload.
void append_message(Bytes& out, Header header, View payload);

constexpr std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

// Words up to the first NUL, or all of it.
std::string_view words_of(View bytes);

// Big-endian numbers at `at`; the caller has checked that they lie inside.
std::uint16_t get16(const std::byte* at);
std::uint32_t get32(const std::byte* at);
void set16(std::byte* at, std::uint16_t value);
void set32(std::byte* at, std::uint32_t value);

}  // namespace jt::ca
