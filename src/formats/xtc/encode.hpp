// Writes LCLS-I datagrams: headers, trees of contributions, the small datagrams of the index, a run's
// transitions. The other direction of `decode()`: the simulator writes real runs with it, and tests their
// cases. No files here.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "formats/xtc/byte_writer.hpp"
#include "formats/xtc/datagram.hpp"

namespace jt::formats::xtc {

constexpr TypeId make_type(std::uint16_t id, std::uint16_t version, bool compressed = false) {
  return {id | std::uint32_t{version} << 16 | std::uint32_t{compressed} << 31};
}

// Builds one datagram. Containers nest; each leaf is padded to a multiple of 4, as the DAQ does.
//   DatagramWriter(header).begin(node).leaf(evr, make_type(type_evr_data, 4), payload).end().finish()
class DatagramWriter {
 public:
  // The extent of `header.root` is not used.
  explicit DatagramWriter(const DatagramHeader& header);
  DatagramWriter& begin(Src node, std::uint32_t damage = 0, std::uint16_t version = 0);
  DatagramWriter& end();
  DatagramWriter& leaf(Src src, TypeId type, Bytes payload, std::uint32_t damage = 0);
  // A leaf of `size` zero bytes, a multiple of 4, to be filled in after finish(): large frames are then made
  // where they stay. Gives the place of its payload in the datagram.
  std::size_t leaf_to_fill(Src src, TypeId type, std::size_t size);
  // A contribution that was lost: a header-only leaf of type Any.
  DatagramWriter& lost(Src src);
  // Ends open containers and gives the bytes; the writer is then empty.
  std::vector<std::byte> finish();

 private:
  std::size_t put_xtc_header(std::uint32_t damage, Src src, TypeId type);
  ByteWriter bytes_;
  std::vector<std::size_t> open_;  // where the Xtc headers of the root and the open containers lie
};

inline constexpr std::uint32_t default_small_threshold = 1024;

// The datagram that the index holds for `datagram`, which lies at `offset` of its data file: leaves whose
// extent is `threshold` or more, but no EvrData, become proxies. Nothing when the index leaves the datagram
// out.
std::optional<std::vector<std::byte>> small_datagram(Bytes datagram, std::int64_t offset,
                                                     std::uint32_t threshold = default_small_threshold);

// When a datagram was taken.
struct Stamp {
  ShotTime time;
  Fiducial fiducial;
  std::uint32_t ticks = 0;
};
// The stamp `shots` shots of a 120 Hz machine later: 3 fiducials and 1/120 s each, the fiducial wraps.
Stamp later(Stamp stamp, std::uint32_t shots);

// The datagrams of one stream of a run in the order of its file: configure, begin_run, begin_calib_cycle,
// enable, shots ..., disable, end_calib_cycle, end_run. It counts the event vector.
class RunEncoder {
 public:
  explicit RunEncoder(RunNumber run, Src root = {0x03000309, 0xac150a01});
  // Writers for the datagrams that carry contributions; any of them may be added.
  DatagramWriter configure(Stamp stamp);
  DatagramWriter begin_calib_cycle(Stamp stamp);
  DatagramWriter shot(Stamp stamp, std::uint32_t env = 1, std::uint32_t damage = 0);
  // The datagrams without.
  std::vector<std::byte> begin_run(Stamp stamp);
  std::vector<std::byte> enable(Stamp stamp);
  std::vector<std::byte> disable(Stamp stamp);
  std::vector<std::byte> end_calib_cycle(Stamp stamp);
  std::vector<std::byte> end_run(Stamp stamp);
  // A shot that another stream recorded counts as well.
  void skip_shot() { ++vector_; }

 private:
  [[nodiscard]] DatagramHeader header(Transition service, Stamp stamp, std::uint32_t env,
                                      std::uint32_t damage) const;
  RunNumber run_;
  Src root_;
  std::uint32_t vector_ = 0;
};

// Keeps the offsets of one data file and makes its index beside it.
class IndexEncoder {
 public:
  explicit IndexEncoder(std::uint32_t threshold = default_small_threshold) : threshold_(threshold) {}
  // The index bytes of a datagram that is appended to the data file now; empty when the index leaves it out.
  std::vector<std::byte> add(Bytes datagram);
  // The data file goes on in a new chunk, with an index of its own.
  void next_chunk() { offset_ = 0; }

 private:
  std::uint32_t threshold_;
  std::int64_t offset_ = 0;
};

}  // namespace jt::formats::xtc
