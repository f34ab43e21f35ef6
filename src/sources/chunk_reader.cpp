#include "sources/chunk_reader.hpp"

#include "core/errors.hpp"
#include "sources/index_origin.hpp"

namespace jt::sources {

using formats::Transition;

ChunkReader::ChunkReader(const std::filesystem::path& path, const std::optional<std::filesystem::path>& index,
                         SourceCounts& counts)
    : big_(path), counts_(counts) {
  if (index) open_index(*index);
}

void ChunkReader::open_index(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return leave_index(SourceTrouble::index_missing);
  try {
    index_.emplace(path);
    big_.set_read_ahead(false);
    const bool both_begin = index_->peek() == Found::datagram && big_.peek() == Found::datagram;
    if (both_begin && !same_moment(index_->header(), big_.header()))
      leave_index(SourceTrouble::index_of_another_file);
  } catch (const SetupError&) {
    leave_index(SourceTrouble::index_unreadable);
  }
}

void ChunkReader::leave_index(std::optional<SourceTrouble> why) {
  if (why) counts_.add(*why);
  if (index_) index_bytes_ += index_->file().bytes_read();
  index_.reset();
  big_.set_read_ahead(true);
}

Found ChunkReader::peek() {
  if (from_ != From::nothing) return Found::datagram;
  if (!index_) return peek_file();
  try {
    return peek_through_index();
  } catch (const SetupError&) {
    leave_index(SourceTrouble::index_unreadable);
    return peek_file();
  }
}

Found ChunkReader::peek_file() {
  const Found found = big_.peek();
  if (found == Found::datagram) {
    head_ = {big_.header(), big_.position(), false};
    from_ = From::file;
  }
  return found;
}

// The index and the file walk side by side: `big_` stands where the next datagram of the file begins, known
// from the sizes the index tells without a look into the file. What the index leaves out is read from there.
Found ChunkReader::peek_through_index() {
  const Found in_index = index_->peek();
  if (in_index != Found::datagram) {
    const bool complete = in_index == Found::end && big_.position() >= big_.file().size();
    leave_index(complete ? std::nullopt : std::optional(SourceTrouble::index_cut));
    return peek_file();
  }
  std::uint64_t next_shot = 0;
  if (index_->header().service == Transition::l1_accept && shot_in_index(next_shot)) return Found::datagram;
  const Found in_file = peek_file();
  if (!index_) return in_file;
  if (in_file == Found::bad_header && next_shot != 0) {  // garbage, and the index knows where it ends
    counts_.add(SourceTrouble::bad_header);
    big_.seek(next_shot);
    return peek_through_index();
  }
  if (in_file != Found::datagram)  // the index goes on, the file does not
    leave_index(SourceTrouble::index_mismatch);
  else if (same_moment(index_->header(), big_.header()))
    from_ = From::both;
  else
    counts_.add(SourceTrouble::not_in_index);
  return in_file;
}

// Is the shot that the index offers the next datagram of the file? Then it becomes the head. If not,
// `next_shot` is where it lies.
bool ChunkReader::shot_in_index(std::uint64_t& next_shot) {
  const auto origin = read_origin(index_->bytes());
  const std::uint64_t here = big_.position();
  const bool believable = origin && origin->offset >= here && origin->offset <= big_.file().size() &&
                          origin->size <= big_.file().size() - origin->offset;
  if (!believable) {
    leave_index(SourceTrouble::index_mismatch);
    return false;
  }
  if (origin->offset != here) {
    next_shot = origin->offset;
    return false;
  }
  head_ = {index_->header(), here, true};
  head_.header.root.extent = static_cast<std::uint32_t>(origin->size - formats::xtc::xtc_header_size);
  from_ = From::index;
  return true;
}

std::span<const std::byte> ChunkReader::small() {
  try {
    if (const auto bytes = index_->bytes(); !bytes.empty()) return bytes;
    leave_index(SourceTrouble::index_cut);
  } catch (const SetupError&) {
    leave_index(SourceTrouble::index_unreadable);
  }
  from_ = From::nothing;
  return {};
}

std::span<const std::byte> ChunkReader::bytes() {
  const bool right = from_ != From::index || (big_.peek(head_.header.size()) == Found::datagram &&
                                              same_moment(big_.header(), head_.header) &&
                                              big_.header().size() == head_.header.size());
  const auto bytes = right ? big_.bytes() : std::span<const std::byte>{};
  if (!bytes.empty()) return bytes;
  if (from_ == From::index) leave_index(SourceTrouble::index_mismatch);
  from_ = From::nothing;
  return {};
}

void ChunkReader::skip() {
  big_.seek(head_.offset + head_.header.size());
  if (index_ && (from_ == From::index || from_ == From::both)) index_->skip();
  from_ = From::nothing;
}

BytesRead ChunkReader::bytes_read() const {
  return {big_.file().bytes_read(), index_bytes_ + (index_ ? index_->file().bytes_read() : 0)};
}

}  // namespace jt::sources
