#include "sources/datagram_file.hpp"

#include <algorithm>
#include <cassert>

namespace jt::sources {

using formats::xtc::datagram_header_size;

bool same_moment(const formats::xtc::DatagramHeader& a, const formats::xtc::DatagramHeader& b) {
  return a.service == b.service && a.time == b.time && a.fiducial == b.fiducial;
}

void DatagramFile::seek(std::uint64_t position) {
  position_ = position;
  peeked_ = false;
  reading_ = took_bytes_;
  took_bytes_ = false;
}

Found DatagramFile::peek(std::uint64_t expected) {
  if (peeked_) return Found::datagram;
  if (position_ >= file_.size()) return Found::end;
  const std::uint64_t left = file_.size() - position_;
  const std::size_t want =
      ahead_ && reading_ ? read_ahead(header_.size()) : static_cast<std::size_t>(std::min(expected, left));
  const auto bytes = file_.view(position_, datagram_header_size, want);
  if (bytes.size() < datagram_header_size) return Found::cut_in_header;
  const auto header = formats::xtc::read_header(bytes);
  if (!header) return Found::bad_header;
  if (header->size() > largest_datagram) return Found::too_large;
  if (header->size() > left) return Found::cut_in_payload;
  header_ = *header;
  peeked_ = true;
  return Found::datagram;
}

std::span<const std::byte> DatagramFile::bytes() {
  assert(peeked_);
  took_bytes_ = true;
  const auto size = static_cast<std::size_t>(header_.size());
  const auto bytes = file_.view(position_, size, ahead_ ? read_ahead(size) : size);
  if (bytes.size() == size) return bytes;
  peeked_ = false;
  return {};
}

// Whole datagrams of this size and the header after them, so that little is left over to move.
std::size_t DatagramFile::read_ahead(std::uint64_t size) const {
  const std::uint64_t together = std::max<std::uint64_t>(1, block / std::max<std::uint64_t>(size, 1));
  const std::uint64_t wanted = size * together + datagram_header_size;
  return static_cast<std::size_t>(std::min(wanted, file_.size() - std::min(file_.size(), position_)));
}

}  // namespace jt::sources
