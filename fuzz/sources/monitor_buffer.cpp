// Fuzzes what a client reads of the DAQ's shared memory: the greeting, the messages of its queue, the
// buffers. Input: 16 bytes of greeting, then pieces: 1 byte how, 2 bytes length, that many bytes. Whatever
// they are, nothing is read outside of a buffer, and what is given on is one datagram of the size that its
// header tells.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "formats/xtc/decoder.hpp"
#include "sources/monitor_protocol.hpp"
#include "sources/shot_gaps.hpp"

namespace {

using namespace jt::sources;

void must(bool promise) {
  if (!promise) std::abort();
}

class Client {
 public:
  explicit Client(const monitor::Layout& layout) : layout_(layout) {}

  void take_message(std::span<const std::byte> bytes) const {
    const auto message = monitor::decode(bytes);
    must(message.has_value() == (bytes.size() == monitor::message_size));
    if (message) must(monitor::decode(monitor::encode(*message)) == message);
  }

  // The buffer is a heap block of its own, so that a sanitizer sees a step beyond it.
  void take_buffer(std::span<const std::byte> bytes) {
    const auto block = std::make_unique<std::byte[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), block.get());
    const std::span<const std::byte> buffer(block.get(),
                                            std::min<std::size_t>(bytes.size(), layout_.buffer_size));
    const auto seen = monitor::look_into(buffer);
    if (seen.bad) return;
    must(seen.bytes.data() == buffer.data() && seen.bytes.size() == seen.header.size() &&
         seen.bytes.size() <= buffer.size() && monitor::unchanged(seen));
    gaps_.add(seen.header.vector, seen.header.fiducial);
    using jt::formats::Transition;
    if (seen.header.service == Transition::l1_accept)
      decoder_.decode(seen.bytes, event_);
    else if (seen.header.service == Transition::configure)
      decoder_.configure(seen.bytes);
  }

 private:
  monitor::Layout layout_;
  ShotGaps gaps_;
  jt::formats::xtc::Decoder decoder_;
  jt::formats::Event event_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::span<const std::byte> left = std::as_bytes(std::span(data, size));
  if (left.size() < monitor::message_size) return 0;
  const auto greeting = monitor::decode(left.first(monitor::message_size));
  left = left.subspan(monitor::message_size);
  const auto layout = monitor::layout_of(*greeting);
  if (!layout) return 0;
  must(layout->slot < layout->slots && layout->event_buffers >= 1 &&
       layout->buffers() <= monitor::most_buffers && layout->memory_size() >= 19 * 40 &&
       layout->message(greeting->index).buffers == greeting->buffers);
  Client client(*layout);
  while (left.size() >= 3) {
    const bool message = (std::to_integer<unsigned>(left[0]) & 1) != 0;
    const std::size_t length = std::min<std::size_t>(
        std::to_integer<std::size_t>(left[1]) | std::to_integer<std::size_t>(left[2]) << 8, left.size() - 3);
    const auto piece = left.subspan(3, length);
    left = left.subspan(3 + length);
    if (message)
      client.take_message(piece);
    else
      client.take_buffer(piece);
  }
  return 0;
}
