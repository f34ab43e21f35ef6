// The smalldata index: a datagram's small leaves, and where its big ones and the datagram itself lie.
// Read by `decode()` when a source reads the index first, so that unwanted shots never touch the big file.
#pragma once

#include <cstdint>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

inline constexpr std::uint16_t type_small_config = 89, type_small_origin = 90, type_small_proxy = 91;

// SmlDataConfig v1: leaves of this extent or more (but EvrData) are replaced by proxies.
Read<std::uint32_t> read_small_threshold(Bytes payload, std::uint16_t version);

// SmlDataOrigDgramOffset v1: where the datagram lies in the data file of the same stream and chunk.
struct SmallOrigin {
  std::int64_t offset = 0;
  std::uint32_t extent = 0;  // of its root
};
Read<SmallOrigin> read_small_origin(Bytes payload, std::uint16_t version);

// SmlDataProxy v1: where the original leaf's Xtc header lies, and what it is.
struct SmallProxy {
  std::int64_t offset = 0;
  TypeId type;
  std::uint32_t extent = 0;
};
Read<SmallProxy> read_small_proxy(Bytes payload, std::uint16_t version);

}  // namespace jt::formats::xtc
