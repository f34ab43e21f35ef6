// The DAQ's shared-memory protocol as bytes: names, the 16-byte message, buffers, and what is refused in
// them. Below stop 1 of the walk; shared_memory_source.hpp (client) and shared_memory_server.hpp speak it. No
// I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/xtc/datagram.hpp"

namespace jt::sources::monitor {

// The names of everything that belongs to a tag ("psana"), as the system's calls want them.
struct Names {
  // Throws CallError for a tag that cannot be part of a name: empty, with a slash, longer than 200 letters.
  explicit Names(std::string_view tag);
  std::string shared_memory;  // /PdsMonitorSharedMemory_psana
  std::string discovery;      // /PdsFromMonitorDiscovery_psana: the server's TCP port, one message
  std::string request;        // /PdsRequestQueue_psana, /PdsShuffleQueue_psana: inside the DAQ's own server
  std::string shuffle;
  // /PdsToMonitorEvQueue_psana_<i>: 0..Q-1 lead to the clients, Q leads back to the server.
  [[nodiscard]] std::string events(unsigned index) const;

 private:
  std::string events_;
};

// Buffers beyond the N of events that hold transitions.
inline constexpr unsigned transition_buffers = 18;
inline constexpr unsigned most_buffers = 255;                    // all of them: 8 bits of a message
inline constexpr std::uint32_t largest_buffer = (1u << 28) - 1;  // 28 bits of a message
inline constexpr std::size_t message_size = 16;
inline constexpr std::size_t discovery_depth = 2;   // messages
inline constexpr std::uint16_t first_port = 32768;  // the server takes the first free one
using MessageBytes = std::array<std::byte, message_size>;

// i32 index | u32: bits 0-7 N+18, 8-15 Q, 16-23 return queue | u32: bits 0-27 buffer size | u32 0
struct Message {
  std::int32_t index = 0;    // a buffer; in the discovery queue a TCP port; in the greeting the client's slot
  std::uint8_t buffers = 0;  // all: N + 18
  std::uint8_t slots = 0;    // Q
  std::uint8_t return_queue = 0;  // 0: the next queue of the chain (serial); Q: the server's (distributed)
  std::uint32_t buffer_size = 0;
  bool operator==(const Message&) const = default;
};
MessageBytes encode(const Message& message);
// Nothing when `bytes` are not exactly one message.
std::optional<Message> decode(std::span<const std::byte> bytes);

// What the greeting promises, checked: sizes that fit together and into the memory that is there.
struct Layout {
  unsigned event_buffers = 0;  // N
  unsigned slots = 0;          // Q
  unsigned slot = 0;           // ours
  bool distributed = false;
  std::uint32_t buffer_size = 0;
  [[nodiscard]] unsigned buffers() const { return event_buffers + transition_buffers; }
  [[nodiscard]] std::uint64_t memory_size() const { return std::uint64_t{buffers()} * buffer_size; }
  [[nodiscard]] unsigned queue_depth() const { return event_buffers / slots; }  // of each client's queue
  [[nodiscard]] Message message(std::int32_t index) const;
};
// Nothing when it cannot be a greeting: no buffers, no slots, a slot that is none, a buffer that holds no
// datagram header.
std::optional<Layout> layout_of(const Message& greeting);

// Why the content of a buffer is not used.
enum class BadBuffer : std::uint8_t { bad_header, too_large };
// The datagram at the start of a buffer. The header is copied first and every check is made on the copy: a
// buffer may be written to while we look.
struct InBuffer {
  std::optional<BadBuffer> bad;
  formats::xtc::DatagramHeader header;  // the copy
  std::array<std::byte, formats::xtc::datagram_header_size> header_bytes{};
  std::span<const std::byte> bytes;  // exactly one datagram, in the buffer
};
InBuffer look_into(std::span<const std::byte> buffer);
// Whether the header still is what it was when `seen` was looked at.
bool unchanged(const InBuffer& seen);

}  // namespace jt::sources::monitor
