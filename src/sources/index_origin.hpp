// Where a shot of a smalldata index lies in the run's own file: leaf 90, the first of every shot there.
// Under `sources`: the one thing the reader itself takes from the inside of a datagram.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace jt::sources {

struct IndexOrigin {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  // of the whole datagram there, at least a header
};

// `small` is one whole datagram of an index. Nothing when its first leaf is not type 90 version 1, or says
// what cannot be (a negative offset, an extent below 20 or no multiple of 4).
std::optional<IndexOrigin> read_origin(std::span<const std::byte> small);

}  // namespace jt::sources
