// Datagrams, streams and smalldata indexes made by hand for tests: small, complete, every field chosen.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/xtc/datagram.hpp"
#include "sources/run_files.hpp"
#include "support/support.hpp"

namespace jt::test {

using ByteVector = std::vector<std::byte>;
using formats::Transition;

template <class T>
void put(ByteVector& bytes, T value) {
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof(T));
  std::memcpy(bytes.data() + at, &value, sizeof(T));
}

inline void append(ByteVector& bytes, const ByteVector& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// One Xtc: 20 bytes of header, then the payload.
inline ByteVector xtc(std::uint32_t type_word, const ByteVector& payload) {
  ByteVector bytes;
  put<std::uint32_t>(bytes, 0);           // damage
  put<std::uint32_t>(bytes, 0x01000000);  // src log: level Source
  put<std::uint32_t>(bytes, 0x19001e00);  // src phy: XcsEndstation.0:Rayonix.0
  put<std::uint32_t>(bytes, type_word);   // id, version << 16
  put<std::uint32_t>(bytes, static_cast<std::uint32_t>(20 + payload.size()));
  append(bytes, payload);
  return bytes;
}

struct HandMade {
  Transition service = Transition::l1_accept;
  ShotTime time{1000, 0};
  std::uint32_t fiducial = 300;
  std::uint32_t payload_size = 64;  // of its one leaf, a multiple of 4
  std::uint32_t number = 0;         // written into the payload, to know it again
};

inline ByteVector header(const HandMade& made, std::uint32_t children) {
  ByteVector bytes;
  put<std::uint32_t>(bytes, made.time.nsec);
  put<std::uint32_t>(bytes, made.time.sec);
  put<std::uint32_t>(bytes, static_cast<std::uint32_t>(made.service) << 24);  // ticks 0, control byte
  put<std::uint32_t>(bytes, made.fiducial);                                   // vector 0
  put<std::uint32_t>(bytes, 0);                                               // env
  put<std::uint32_t>(bytes, 0);                                               // root damage
  put<std::uint32_t>(bytes, 0x03000000);                                      // root src: level Event
  put<std::uint32_t>(bytes, 0);
  put<std::uint32_t>(bytes, 0x00010001);  // container, version 1
  put<std::uint32_t>(bytes, 20 + children);
  return bytes;
}

inline ByteVector datagram(const HandMade& made) {
  ByteVector payload(made.payload_size);
  for (std::size_t at = 0; at < payload.size(); at += 4) std::memcpy(payload.data() + at, &made.number, 4);
  const ByteVector leaf = xtc(0x00010002, payload);  // Frame version 1, without being one
  ByteVector bytes = header(made, static_cast<std::uint32_t>(leaf.size()));
  append(bytes, leaf);
  return bytes;
}

// The index entry of a datagram: transitions are copied, shots get their origin and a proxy for the leaf.
inline ByteVector small_datagram(const HandMade& made, std::uint64_t offset) {
  if (made.service != Transition::l1_accept) return datagram(made);
  ByteVector origin, proxy;
  put<std::int64_t>(origin, static_cast<std::int64_t>(offset));
  put<std::uint32_t>(origin, 20 + 20 + made.payload_size);  // extent of the root in the big file
  put<std::int64_t>(proxy, static_cast<std::int64_t>(offset + 40));
  put<std::uint32_t>(proxy, 0x00010002);  // original type word
  put<std::uint32_t>(proxy, 20 + made.payload_size);
  ByteVector children = xtc(0x0001005a, origin);  // type 90 version 1
  append(children, xtc(0x0001005b, proxy));       // type 91 version 1
  ByteVector bytes = header(made, static_cast<std::uint32_t>(children.size()));
  append(bytes, children);
  return bytes;
}

inline ByteVector file_of(const std::vector<HandMade>& datagrams) {
  ByteVector bytes;
  for (const HandMade& made : datagrams) append(bytes, datagram(made));
  return bytes;
}

inline ByteVector index_of(const std::vector<HandMade>& datagrams) {
  ByteVector bytes;
  std::uint64_t offset = 0;
  for (const HandMade& made : datagrams) {
    append(bytes, small_datagram(made, offset));
    offset += datagram(made).size();
  }
  return bytes;
}

// An experiment's xtc folder in a temporary place, for runs of xcsjt0001.
class HandMadeRun {
 public:
  [[nodiscard]] std::filesystem::path root() const { return temporary_.path(); }
  [[nodiscard]] std::filesystem::path folder() const { return root() / "xcs/xcsjt0001/xtc"; }
  [[nodiscard]] std::filesystem::path path(std::uint32_t stream, std::uint32_t chunk,
                                           const char* ending = "") const {
    return folder() / (stem(stream, chunk) + ".xtc" + ending);
  }
  [[nodiscard]] std::filesystem::path index(std::uint32_t stream, std::uint32_t chunk) const {
    return folder() / "smalldata" / (stem(stream, chunk) + ".smd.xtc");
  }
  void write(std::uint32_t stream, std::uint32_t chunk, const std::vector<HandMade>& datagrams) const {
    write_bytes(path(stream, chunk), file_of(datagrams));
  }
  void write_with_index(std::uint32_t stream, std::uint32_t chunk,
                        const std::vector<HandMade>& datagrams) const {
    write(stream, chunk, datagrams);
    write_bytes(index(stream, chunk), index_of(datagrams));
  }
  [[nodiscard]] sources::RunFiles files() const {
    sources::Places places;
    places.data_root = root();
    return sources::find_run(sources::find_experiment(places, "xcs", "xcsjt0001"), RunNumber{1});
  }

 private:
  static std::string stem(std::uint32_t stream, std::uint32_t chunk) {
    return fmt::format("e0001-r0001-s{:02}-c{:02}", stream, chunk);
  }
  TempDir temporary_;
};

// Configure, BeginRun, BeginCalibCycle, Enable, `shots`, Disable, EndCalibCycle, EndRun.
inline std::vector<HandMade> whole_run(const std::vector<HandMade>& shots) {
  std::vector<HandMade> run = {{Transition::configure, {990, 0}, 10},
                               {Transition::begin_run, {991, 0}, 20},
                               {Transition::begin_calib_cycle, {992, 0}, 30},
                               {Transition::enable, {993, 0}, 40}};
  run.insert(run.end(), shots.begin(), shots.end());
  run.push_back({Transition::disable, {2000, 0}, 50});
  run.push_back({Transition::end_calib_cycle, {2001, 0}, 60});
  run.push_back({Transition::end_run, {2002, 0}, 70});
  return run;
}

// `count` shots at 120 Hz from `first` on; `number` tells them apart.
inline std::vector<HandMade> shots(std::uint32_t count, std::uint32_t first_fiducial = 300,
                                   std::uint32_t payload_size = 2048) {
  std::vector<HandMade> all;
  for (std::uint32_t i = 0; i < count; ++i)
    all.push_back({Transition::l1_accept,
                   {1000 + i / 120, (i % 120) * 8333333},
                   (first_fiducial + 3 * i) % Fiducial::modulus,
                   payload_size,
                   i});
  return all;
}

// The `number` of a hand-made datagram.
inline std::uint32_t number_of(std::span<const std::byte> bytes) {
  return formats::xtc::load<std::uint32_t>(bytes, 60);
}

}  // namespace jt::test
