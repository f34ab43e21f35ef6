// The outer layers of LCLS-I bytes: the 40-byte datagram header, the Xtc tree and its safe walk.
// Between `sources` (which finds datagrams) and `decode()` (which reads their leaves).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "formats/event.hpp"

namespace jt::formats::xtc {

static_assert(std::endian::native == std::endian::little, "XTC is little endian and read by memcpy");

using Bytes = std::span<const std::byte>;

// Reads a T at `offset`; the caller has checked that it lies inside.
template <class T>
T load(Bytes bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

enum class Level : std::uint8_t { control, source, segment, event, recorder, observer, reporter };

// Who sent a contribution. Two are the same when level and phy are: the process id does not count.
struct Src {
  std::uint32_t log = 0;  // bits 24-31 level, bits 0-23 process id
  std::uint32_t phy = 0;
  [[nodiscard]] Level level() const { return static_cast<Level>(log >> 24); }
  bool operator==(const Src& other) const { return level() == other.level() && phy == other.phy; }
};
std::string psana_text(
    Src src);  // "DetInfo(MfxEndstation.0:Epix10ka2M.0)", "BldInfo(EBeam)", "ProcInfo(...)"

// DetInfo of a Source-level Src.
struct DetInfo {
  std::uint8_t detector = 0, detector_id = 0, device = 0, device_id = 0;
};
DetInfo det_info(Src src);

struct TypeId {
  std::uint32_t word = 0;  // bits 0-15 id, 16-30 version, 31 compressed
  [[nodiscard]] std::uint16_t id() const { return static_cast<std::uint16_t>(word & 0xffff); }
  [[nodiscard]] std::uint16_t version() const { return static_cast<std::uint16_t>((word >> 16) & 0x7fff); }
  [[nodiscard]] bool compressed() const { return (word >> 31) != 0; }
};
std::string_view type_name(std::uint16_t type_id);    // "Frame"; "Type<n>" is said by the caller for ""
std::string_view detector_name(std::uint8_t number);  // "XcsEndstation"; empty when unknown
std::string_view device_name(std::uint8_t number);    // "Rayonix"
std::string_view bld_name(std::uint32_t number);      // "XCS-SB2-BMMON"

inline constexpr std::uint16_t type_any = 0, type_xtc = 1;

namespace damage {
inline constexpr std::uint32_t dropped = 1u << 1, uninitialized = 1u << 11, out_of_order = 1u << 12,
                               out_of_synch = 1u << 13, user = 1u << 14, incomplete = 1u << 15,
                               contains_incomplete = 1u << 16, user_byte = 0xffu << 24;
}

inline constexpr std::size_t xtc_header_size = 20;
inline constexpr std::size_t datagram_header_size = 40;

struct XtcHeader {
  std::uint32_t damage = 0;
  Src src;
  TypeId type;
  std::uint32_t extent = 0;  // 20 + payload bytes
};

struct DatagramHeader {
  ShotTime time;
  Fiducial fiducial;
  std::uint32_t ticks = 0;
  std::uint32_t vector = 0;
  Transition service = Transition::unknown;
  std::uint32_t env = 0;
  XtcHeader root;
  [[nodiscard]] std::uint64_t size() const { return std::uint64_t{20} + root.extent; }
};

// The header at the start of `bytes`. Nothing when fewer than 40 bytes are there or it cannot be one
// (unknown transition, extent below 20 or no multiple of 4): what follows in a file is then lost.
std::optional<DatagramHeader> read_header(Bytes bytes);

XtcHeader read_xtc_header(Bytes bytes);  // needs 20 bytes

// One leaf of the tree: no container. `payload` lies inside the datagram.
struct Leaf {
  XtcHeader header;
  Bytes payload;
  std::size_t offset = 0;  // of its Xtc header in the datagram
};

// Walks the tree of a datagram (`datagram` holds exactly its size() bytes) in stored order and calls
// `on_leaf(const Leaf&)` for each leaf. As the reference: a container with IncompleteContribution is not
// descended into, a level ends at a child of extent 0. As it should: lengths are checked before use, depth
// is bounded. `on_refusal(Refusal, Src)` hears of every subtree that was not walked.
template <class OnLeaf, class OnRefusal>
void walk(Bytes datagram, OnLeaf&& on_leaf, OnRefusal&& on_refusal);

namespace detail {

inline constexpr int max_depth = 16;

template <class OnLeaf, class OnRefusal>
void walk_level(Bytes datagram, std::size_t begin, std::size_t end, int depth, OnLeaf& on_leaf,
                OnRefusal& on_refusal) {
  for (std::size_t at = begin; at < end;) {
    const std::size_t left = end - at;
    if (left < xtc_header_size) return on_refusal(Refusal::bad_extent, Src{});
    const XtcHeader header = read_xtc_header(datagram.subspan(at));
    if (header.extent == 0) return on_refusal(Refusal::zero_extent, header.src);
    if (header.extent < xtc_header_size || header.extent > left || header.extent % 4 != 0)
      return on_refusal(Refusal::bad_extent, header.src);
    if (header.type.id() != type_xtc || header.type.compressed()) {
      on_leaf(Leaf{header, datagram.subspan(at + xtc_header_size, header.extent - xtc_header_size), at});
    } else if ((header.damage & damage::incomplete) != 0) {
      on_refusal(Refusal::incomplete_contribution, header.src);
    } else if (depth == max_depth) {
      on_refusal(Refusal::bad_extent, header.src);
    } else {
      walk_level(datagram, at + xtc_header_size, at + header.extent, depth + 1, on_leaf, on_refusal);
    }
    at += header.extent;
  }
}

}  // namespace detail

template <class OnLeaf, class OnRefusal>
void walk(Bytes datagram, OnLeaf&& on_leaf, OnRefusal&& on_refusal) {
  const XtcHeader root = read_xtc_header(datagram.subspan(datagram_header_size - xtc_header_size));
  if ((root.damage & damage::incomplete) != 0) return on_refusal(Refusal::incomplete_contribution, root.src);
  detail::walk_level(datagram, datagram_header_size, datagram.size(), 0, on_leaf, on_refusal);
}

}  // namespace jt::formats::xtc
