#include "sources/monitor_protocol.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "core/errors.hpp"

namespace jt::sources::monitor {

namespace {

constexpr std::size_t longest_tag = 200;  // file names end at 255 letters, our longest prefix has 24

template <class T>
void put(MessageBytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

}  // namespace

Names::Names(std::string_view tag) {
  if (tag.empty() || tag.size() > longest_tag || tag.find('/') != std::string_view::npos ||
      tag.find('\0') != std::string_view::npos)
    throw CallError(fmt::format("'{}' cannot be a shared-memory tag", tag),
                    "it becomes part of file names: 1 to 200 letters without a slash",
                    "Ask the DAQ's operators for the tag (often 'psana')?");
  shared_memory = fmt::format("/PdsMonitorSharedMemory_{}", tag);
  discovery = fmt::format("/PdsFromMonitorDiscovery_{}", tag);
  request = fmt::format("/PdsRequestQueue_{}", tag);
  shuffle = fmt::format("/PdsShuffleQueue_{}", tag);
  events_ = fmt::format("/PdsToMonitorEvQueue_{}", tag);
}

std::string Names::events(unsigned index) const { return fmt::format("{}_{}", events_, index); }

MessageBytes encode(const Message& message) {
  MessageBytes bytes{};
  put(bytes, 0, message.index);
  put(bytes, 4,
      static_cast<std::uint32_t>(message.buffers | message.slots << 8 | message.return_queue << 16));
  put(bytes, 8, message.buffer_size & largest_buffer);
  put(bytes, 12, std::uint32_t{0});
  return bytes;
}

std::optional<Message> decode(std::span<const std::byte> bytes) {
  if (bytes.size() != message_size) return std::nullopt;
  using formats::xtc::load;
  const auto counts = load<std::uint32_t>(bytes, 4);
  return Message{.index = load<std::int32_t>(bytes, 0),
                 .buffers = static_cast<std::uint8_t>(counts & 0xff),
                 .slots = static_cast<std::uint8_t>(counts >> 8 & 0xff),
                 .return_queue = static_cast<std::uint8_t>(counts >> 16 & 0xff),
                 .buffer_size = load<std::uint32_t>(bytes, 8) & largest_buffer};
}

Message Layout::message(std::int32_t index) const {
  return {.index = index,
          .buffers = static_cast<std::uint8_t>(buffers()),
          .slots = static_cast<std::uint8_t>(slots),
          .return_queue = static_cast<std::uint8_t>(distributed ? slots : 0),
          .buffer_size = buffer_size};
}

std::optional<Layout> layout_of(const Message& greeting) {
  const bool fits = greeting.buffers > transition_buffers && greeting.slots > 0 && greeting.index >= 0 &&
                    greeting.index < greeting.slots &&
                    (greeting.return_queue == 0 || greeting.return_queue == greeting.slots) &&
                    greeting.buffer_size >= formats::xtc::datagram_header_size;
  if (!fits) return std::nullopt;
  return Layout{.event_buffers = greeting.buffers - transition_buffers,
                .slots = greeting.slots,
                .slot = static_cast<unsigned>(greeting.index),
                .distributed = greeting.return_queue != 0,
                .buffer_size = greeting.buffer_size};
}

InBuffer look_into(std::span<const std::byte> buffer) {
  InBuffer seen;
  if (buffer.size() < seen.header_bytes.size()) {
    seen.bad = BadBuffer::bad_header;
    return seen;
  }
  std::memcpy(seen.header_bytes.data(), buffer.data(), seen.header_bytes.size());
  const auto header = formats::xtc::read_header(seen.header_bytes);
  if (!header) {
    seen.bad = BadBuffer::bad_header;
  } else if (header->size() > buffer.size()) {
    seen.bad = BadBuffer::too_large;
  } else {
    seen.header = *header;
    seen.bytes = buffer.first(static_cast<std::size_t>(header->size()));
  }
  return seen;
}

bool unchanged(const InBuffer& seen) {
  return !seen.bad && std::memcmp(seen.header_bytes.data(), seen.bytes.data(), seen.header_bytes.size()) == 0;
}

}  // namespace jt::sources::monitor
