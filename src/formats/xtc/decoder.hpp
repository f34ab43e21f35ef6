// LCLS-I datagrams to Events: keeps what Configure said, and reads each shot's leaves with it.
// Stop 2 of the walk: between the bytes of `sources` and everything that asks what a shot says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "formats/event.hpp"
#include "formats/xtc/datagram.hpp"

namespace jt::formats::xtc {

// One contribution that was refused (or remarked upon), or a subtree that was not walked.
struct Refused {
  Refusal cause = Refusal::dropped_contribution;
  Src src;      // the leaf's source, the node of a subtree, or the root's
  TypeId type;  // as stored; 0 for a subtree
};

// A big leaf that the smalldata index leaves in the data file.
struct Proxied {
  Src src;
  TypeId type;  // of the original leaf
  std::uint32_t damage = 0;
  std::int64_t offset = 0;              // of the original leaf's Xtc header, in the data file
  std::uint32_t extent = 0;             // of the original leaf, with its 20 header bytes
  std::optional<std::size_t> detector;  // index into RunDescription::detectors, when it is a known one
};

// Where the datagram of an index entry lies in the data file.
struct OriginalDatagram {
  std::int64_t offset = 0;
  std::uint32_t extent = 0;  // of its root; the datagram has extent + 20 bytes
  [[nodiscard]] std::uint64_t size() const { return std::uint64_t{20} + extent; }
};

// Not thread-safe: one Decoder per thread, each given the same Configure datagrams in the same order, so that
// all agree on the indexes of announced detectors and monitors. Datagrams hold exactly their size() bytes.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // What the run consists of, so far. Indexes never change; entries are added, and a shape becomes known.
  [[nodiscard]] const RunDescription& run() const;

  // Takes the configurations of a Configure or BeginCalibCycle datagram, of a DAQ or a control stream or of
  // the index. May be called for each stream and again during the run: a newer configuration of a source
  // replaces the older one. Poor contributions are refused and counted in configure_refusals().
  void configure(Bytes datagram);
  [[nodiscard]] const RefusalCounts& configure_refusals() const;
  // Everything is forgotten: the next Configure begins another run.
  void reset();

  // Decodes a shot: clears `out`, then fills it. Also takes the small datagrams of the index: a big leaf is
  // then not in `out` but in proxies(). Frames point into `datagram` (compressed ones into buffers of the
  // Decoder) and are good until the datagram goes or decode() is called again. Nothing is allocated once
  // warm.
  void decode(Bytes datagram, Event& out);
  // Adds what a control stream says of the same shot. Its refusals are added to `out`'s.
  void join(Bytes control_stream_datagram, Event& out);

  // Of the last decode() and the join()s after it, at most 256.
  [[nodiscard]] std::span<const Refused> refused() const;
  [[nodiscard]] std::span<const Proxied> proxies() const;
  [[nodiscard]] std::optional<OriginalDatagram> original() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace jt::formats::xtc
