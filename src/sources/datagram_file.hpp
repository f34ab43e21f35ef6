// The datagrams of one .xtc file, one after the other, every length checked against the file.
// Under `sources`: a chunk of a stream (or its index) is read through one of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "formats/xtc/datagram.hpp"
#include "sources/file_reader.hpp"

namespace jt::sources {

// What lies at a position of a file.
enum class Found : std::uint8_t { datagram, end, cut_in_header, cut_in_payload, bad_header, too_large };

// Two datagrams are records of the same thing when kind, time and fiducial are the same.
bool same_moment(const formats::xtc::DatagramHeader& a, const formats::xtc::DatagramHeader& b);

class DatagramFile {
 public:
  // The DAQ's shared memory limits a datagram to 256 MiB; four times that is no datagram.
  static constexpr std::uint64_t largest_datagram = std::uint64_t{1} << 30;

  explicit DatagramFile(const std::filesystem::path& path) : file_(path) {}

  // Looks at the current position; header() is valid when a whole datagram lies there. `expected` is the
  // size of the datagram when that is known: it is fetched together with its header.
  Found peek(std::uint64_t expected = 0);
  [[nodiscard]] const formats::xtc::DatagramHeader& header() const { return header_; }
  // The datagram that peek() found; empty when the file has shrunk since. Borrowed until the next call of
  // anything but header().
  std::span<const std::byte> bytes();
  void skip() { seek(position_ + header_.size()); }

  [[nodiscard]] std::uint64_t position() const { return position_; }
  void seek(std::uint64_t position);
  // Off: fetch no byte that was not asked for (few datagrams of this file are wanted).
  void set_read_ahead(bool on) { ahead_ = on; }

  [[nodiscard]] FileReader& file() { return file_; }
  [[nodiscard]] const FileReader& file() const { return file_; }

 private:
  // Neighbouring datagrams are fetched together until a read is this long (chosen by bench_reading).
  static constexpr std::size_t block = std::size_t{1} << 20;
  [[nodiscard]] std::size_t read_ahead(std::uint64_t size) const;

  FileReader file_;
  std::uint64_t position_ = 0;
  formats::xtc::DatagramHeader header_;
  bool peeked_ = false;
  bool ahead_ = true;
  bool reading_ = true;  // the last payload was wanted, so the next will be: fetch it with its header
  bool took_bytes_ = true;
};

}  // namespace jt::sources
