#include "sources/stream_reader.hpp"

#include <fmt/core.h>

#include <cassert>
#include <utility>

#include "core/errors.hpp"
#include "sources/file_name.hpp"

namespace jt::sources {

using formats::Transition;

namespace {

// The recorder may have finished, and renamed, the file since its name was found.
bool take_final_name(RunFile& file) {
  if (!file.in_progress) return false;
  auto final_name = file.path;
  final_name.replace_extension();  // drops ".inprogress"
  std::error_code ignored;
  if (!std::filesystem::exists(final_name, ignored)) return false;
  file.path = final_name;
  file.in_progress = false;
  return true;
}

}  // namespace

StreamReader::StreamReader(std::vector<RunFile> chunks, StreamOptions options, SourceCounts& counts,
                           std::vector<std::string>& notes)
    : files_(std::move(chunks)), options_(options), counts_(counts), notes_(notes) {
  assert(!files_.empty());
  open_chunk(0);
}

void StreamReader::open_chunk(std::size_t at) {
  if (chunk_) {
    const BytesRead read = chunk_->bytes_read();
    read_before_.files += read.files;
    read_before_.indexes += read.indexes;
    chunk_.reset();
  }
  at_ = at;
  RunFile& file = files_[at];
  // The index of a file that still grows is behind it or absent: a followed run is read without.
  const auto index = options_.use_index && !options_.follow ? std::optional(file.index) : std::nullopt;
  try {
    chunk_.emplace(file.path, index, counts_);
  } catch (const SetupError&) {
    if (!take_final_name(file)) throw;
    chunk_.emplace(file.path, index, counts_);
  }
  summaries_.push_back({.name = file.path.filename().string(),
                        .stream = file.stream,
                        .chunk = file.chunk,
                        .bytes = chunk_->file().file().size(),
                        .in_progress = file.in_progress,
                        .index_used = chunk_->uses_index()});
}

StreamReader::State StreamReader::peek() {
  while (!ended_) {
    const Found found = chunk_->peek();
    if (found == Found::datagram) return State::ready;
    if (end_of_chunk(found) == State::waiting) return State::waiting;
  }
  return State::ended;
}

// The open chunk has no further datagram: wait for more, go on to the next chunk, or end the stream.
StreamReader::State StreamReader::end_of_chunk(Found found) {
  const bool may_grow =
      found == Found::end || found == Found::cut_in_header || found == Found::cut_in_payload;
  if (options_.follow && may_grow && !end_run_seen_) return wait_or_go_on(found);
  tell_end(found);
  return State::ended;
}

StreamReader::State StreamReader::wait_or_go_on(Found found) {
  const bool finished = next_chunk_appeared();  // looked for first: then the size below is the final one
  DatagramFile& file = chunk_->file();
  const std::uint64_t before = file.file().size();
  file.file().look_at_size();
  summaries_.back().bytes = file.file().size();
  if (file.file().size() != before) return State::ready;
  if (!finished) return State::waiting;
  tell_end(found);
  return State::ready;
}

// Does a chunk after the open one exist? The DAQ opens it when it has finished this one.
bool StreamReader::next_chunk_appeared() {
  if (at_ + 1 < files_.size()) return true;
  const RunFile& now = files_[at_];
  auto name = parse_file_name(now.path.filename().string());
  if (!name) return false;
  ++name->chunk;
  for (const bool in_progress : {false, true}) {
    name->in_progress = in_progress;
    const auto path = now.path.parent_path() / text(*name);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    files_.push_back({path, index_path(path), now.stream, name->chunk, in_progress});
    return true;
  }
  return false;
}

// Counts why the open chunk ended and opens the next one, or ends the stream.
void StreamReader::tell_end(Found found) {
  const std::string after = fmt::format("after {} shots; what is whole is used", shots_);
  if (found == Found::cut_in_header) {
    counts_.add(SourceTrouble::cut_in_header);
    note(fmt::format("is cut in a header {}", after));
  } else if (found == Found::cut_in_payload) {
    counts_.add(SourceTrouble::cut_in_payload);
    note(fmt::format("is cut in a payload {}", after));
  } else if (found == Found::bad_header || found == Found::too_large) {
    counts_.add(found == Found::bad_header ? SourceTrouble::bad_header : SourceTrouble::too_large);
    note(fmt::format("has no readable datagram at byte {} {}", chunk_->file().position(), after));
  } else if (summaries_.back().bytes == 0) {
    counts_.add(SourceTrouble::empty_file);
    note("is empty");
  }
  if (found != Found::end) lossy_ = true;
  if (at_ + 1 == files_.size()) {
    if (!end_run_seen_) {
      counts_.add(SourceTrouble::no_end_run);
      if (found == Found::end && summaries_.back().bytes != 0)
        note(fmt::format("ends without EndRun {}", after));
    }
    ended_ = true;
    return;
  }
  if (files_[at_ + 1].chunk != files_[at_].chunk + 1) {
    counts_.add(SourceTrouble::missing_chunk);
    lossy_ = true;
    note(fmt::format("is followed by c{:02}: what lies between is missing", files_[at_ + 1].chunk));
  }
  open_chunk(at_ + 1);
}

void StreamReader::stop_waiting() {
  if (ended_) return;
  counts_.add(SourceTrouble::stopped_waiting);
  note(fmt::format("was followed until the time limit, {} shots", shots_));
  ended_ = true;
}

void StreamReader::skip() {
  const formats::xtc::DatagramHeader& header = head().header;
  ChunkSummary& summary = summaries_.back();
  if (summary.datagrams == 0) summary.first = header.time;
  if (summaries_.size() == 1 && summary.datagrams == 0 && header.service != Transition::configure) {
    counts_.add(SourceTrouble::no_configure);
    note("does not begin with Configure");
  }
  summary.last = header.time;
  ++summary.datagrams;
  if (header.service == Transition::l1_accept) {
    ++summary.shots;
    ++shots_;
  }
  if (header.service == Transition::end_run) end_run_seen_ = true;
  chunk_->skip();
}

BytesRead StreamReader::bytes_read() const {
  const BytesRead now = chunk_->bytes_read();
  return {read_before_.files + now.files, read_before_.indexes + now.indexes};
}

std::uint64_t StreamReader::bytes_there() const {
  std::uint64_t bytes = 0;
  for (const ChunkSummary& summary : summaries_) bytes += summary.bytes;
  return bytes;
}

std::string StreamReader::label() const { return fmt::format("s{:02}-c{:02}", number(), chunk()); }

void StreamReader::note(const std::string& what) { notes_.push_back(fmt::format("{} {}", label(), what)); }

}  // namespace jt::sources
