#include "sources/joined_datagram.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "formats/xtc/datagram.hpp"
#include "sources/datagram_file.hpp"

namespace jt::sources {

using formats::xtc::datagram_header_size;
using formats::xtc::load;

namespace {

constexpr std::size_t damage_at = 20, extent_at = 36;
constexpr std::uint32_t first_control_stream = 80;

void store(std::vector<std::byte>& bytes, std::size_t offset, std::uint32_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

}  // namespace

std::span<const std::byte> joined_datagram(const RawEvent& event, std::vector<std::byte>& room) {
  const auto main = event.main.bytes;
  if (event.joined.empty()) return main;
  room.assign(main.begin(), main.end());
  auto damage = load<std::uint32_t>(main, damage_at);
  for (const RawDatagram& joined : event.joined) {
    damage |= load<std::uint32_t>(joined.bytes, damage_at);
    const auto contributions = joined.bytes.subspan(datagram_header_size);
    room.insert(room.end(), contributions.begin(), contributions.end());
  }
  store(room, damage_at, damage);
  store(room, extent_at, static_cast<std::uint32_t>(room.size() - 20));
  return room;
}

RunSize size_of(const RunFiles& run) {
  RunSize size;
  std::uint64_t largest = 0;
  std::map<std::uint32_t, std::uint64_t> joined;  // by control stream, its largest datagram
  for (const RunFile& one : run.files) {
    DatagramFile file(one.path);
    file.set_read_ahead(false);
    for (; file.peek() == Found::datagram; file.skip()) {
      const bool control = one.stream >= first_control_stream;
      std::uint64_t& most = control ? joined[one.stream] : largest;
      most = std::max(most, file.header().size());
      if (!control && file.header().service == formats::Transition::l1_accept) ++size.shots;
    }
  }
  size.largest_datagram = largest;
  for (const auto& [stream, most] : joined) size.largest_datagram += most;
  return size;
}

}  // namespace jt::sources
