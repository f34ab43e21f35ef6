// One chunk of a stream: its .xtc file, with the smalldata index beside it when that is wanted.
// Under `sources`: whatever the index says is checked against the file; where they differ the file counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "sources/datagram_file.hpp"
#include "sources/source_counts.hpp"

namespace jt::sources {

// The datagram that a chunk or a stream offers next.
struct Head {
  formats::xtc::DatagramHeader header;  // as in the run's own file: the extent is that of the big datagram
  std::uint64_t offset = 0;             // in the run's own file
  bool from_index = false;              // small() has its small form
};

class ChunkReader {
 public:
  // Throws SetupError when the file cannot be opened. Without `index` only the file is read. An index that
  // cannot be used is counted in `counts` and left aside.
  ChunkReader(const std::filesystem::path& path, const std::optional<std::filesystem::path>& index,
              SourceCounts& counts);

  Found peek();
  [[nodiscard]] const Head& head() const { return head_; }
  // The small form of a head from the index, or the datagram itself. Empty when it is not where it was a
  // moment ago (a wrong index, a file that shrank): peek() again. Borrowed until the next call of anything
  // but head().
  std::span<const std::byte> small();
  std::span<const std::byte> bytes();
  void skip();

  [[nodiscard]] DatagramFile& file() { return big_; }
  [[nodiscard]] const DatagramFile& file() const { return big_; }
  [[nodiscard]] bool uses_index() const { return index_.has_value(); }
  [[nodiscard]] BytesRead bytes_read() const;

 private:
  void open_index(const std::filesystem::path& path);
  void leave_index(std::optional<SourceTrouble> why);
  Found peek_through_index();
  bool shot_in_index(std::uint64_t& next_shot);
  Found peek_file();

  DatagramFile big_;
  std::optional<DatagramFile> index_;
  SourceCounts& counts_;
  Head head_;
  enum class From : std::uint8_t { nothing, file, index, both };
  From from_ = From::nothing;      // where head_ comes from; `both`: a transition, read from the file
  std::uint64_t index_bytes_ = 0;  // read from an index that has been left
};

}  // namespace jt::sources
