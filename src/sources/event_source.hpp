// Where shots come from: the bytes of one datagram at a time, borrowed, in merged time order.
// Stop 1 of the walk: a recorded run (recorded_run.hpp), or the DAQ's shared memory
// (shared_memory_source.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "formats/event.hpp"

namespace jt::sources {

// One datagram of one stream, as stored.
struct RawDatagram {
  std::span<const std::byte> bytes;  // exactly one datagram; borrowed until the next call of next()
  std::uint32_t stream = 0;          // 0..79 DAQ, 80.. control
  std::uint32_t chunk = 0;
  std::uint64_t offset = 0;  // in its file (the run's own file, for the small form of an index as well)
  std::string_view file;     // its file's name without folders; empty for a live source
};

// A transition, or a shot with what the control streams say of it.
struct RawEvent {
  formats::Transition service = formats::Transition::unknown;
  RawDatagram main;
  // Control-stream datagrams of the same shot; with a transition, those streams' own record of it: their
  // Configure, with the configuration of their cameras, comes here with the run's Configure.
  std::vector<RawDatagram> joined;
  bool from_index = false;  // `main` is the small datagram of the index: big leaves are proxies
};

class EventSource {
 public:
  virtual ~EventSource() = default;
  // The next datagram, or nullptr at the end. What it points to is valid until the next call.
  virtual const RawEvent* next() = 0;
};

}  // namespace jt::sources
