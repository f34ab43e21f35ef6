// One datagram of a shot and of what the control streams say of it: for those who can carry only one.
// Between a recorded run and the shared-memory server (`jt serve`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sources/event_source.hpp"
#include "sources/run_files.hpp"

namespace jt::sources {

// The bytes of the main datagram as they are when nothing is joined to it. Otherwise it is put together in
// `room`: the main header with both damages, the main contributions, then those of the control streams.
std::span<const std::byte> joined_datagram(const RawEvent& event, std::vector<std::byte>& room);

// What a run needs of whoever plays it, from the headers of its datagrams alone.
struct RunSize {
  std::uint64_t largest_datagram = 0;  // bytes, with what control streams join to it
  std::uint64_t shots = 0;             // of the DAQ streams
};
// Throws SetupError when a file cannot be read.
RunSize size_of(const RunFiles& run);

}  // namespace jt::sources
