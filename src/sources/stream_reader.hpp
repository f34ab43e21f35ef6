// One stream of a run: its chunks one after the other as a single row of datagrams.
// Under `sources`: recorded_run.hpp merges these.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sources/chunk_reader.hpp"
#include "sources/merge_order.hpp"
#include "sources/run_files.hpp"
#include "sources/source_counts.hpp"

namespace jt::sources {

inline constexpr std::uint32_t first_control_stream = 80;

struct StreamOptions {
  bool use_index = false;
  bool follow = false;  // more may be written to the files, and more chunks may appear
};

class StreamReader {
 public:
  enum class State : std::uint8_t {
    ready,    // head() is the next datagram
    waiting,  // for more to be written (only when following)
    ended,
  };

  // `chunks` are of one stream, ascending. `counts` and `notes` are the run's. Throws SetupError when a file
  // cannot be opened.
  StreamReader(std::vector<RunFile> chunks, StreamOptions options, SourceCounts& counts,
               std::vector<std::string>& notes);

  // Looks at the next datagram; looks at the files again when waiting.
  State peek();
  [[nodiscard]] const Head& head() const { return chunk_->head(); }
  [[nodiscard]] Position position() const { return {&head().header, number(), lossy_}; }
  // Both as ChunkReader's: empty when it is not there after all, then peek() again.
  std::span<const std::byte> small() { return chunk_->small(); }
  std::span<const std::byte> bytes() { return chunk_->bytes(); }
  void skip();
  void stop_waiting();  // what is whole is used; the stream ends where it stands

  [[nodiscard]] std::uint32_t number() const { return files_.front().stream; }
  [[nodiscard]] bool is_control() const { return number() >= first_control_stream; }
  [[nodiscard]] std::uint32_t chunk() const { return files_[at_].chunk; }
  [[nodiscard]] const std::string& file_name() const { return summaries_[at_].name; }
  [[nodiscard]] const std::vector<ChunkSummary>& summaries() const { return summaries_; }
  [[nodiscard]] BytesRead bytes_read() const;
  // Bytes in its files as last looked at: following sees by it that something was written.
  [[nodiscard]] std::uint64_t bytes_there() const;

 private:
  void open_chunk(std::size_t at);
  State end_of_chunk(Found found);
  State wait_or_go_on(Found found);
  bool next_chunk_appeared();
  void tell_end(Found found);
  void note(const std::string& what);
  [[nodiscard]] std::string label() const;

  std::vector<RunFile> files_;
  StreamOptions options_;
  SourceCounts& counts_;
  std::vector<std::string>& notes_;
  std::vector<ChunkSummary> summaries_;  // of the chunks opened so far
  std::optional<ChunkReader> chunk_;
  std::size_t at_ = 0;  // of the open chunk in files_
  BytesRead read_before_;
  bool lossy_ = false;  // something between the datagrams so far was lost
  bool end_run_seen_ = false;
  bool ended_ = false;
  std::uint64_t shots_ = 0;
};

}  // namespace jt::sources
