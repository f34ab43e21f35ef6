#include "formats/xtc/datagram.hpp"

namespace jt::formats::xtc {

XtcHeader read_xtc_header(Bytes bytes) {
  return {.damage = load<std::uint32_t>(bytes, 0),
          .src = {load<std::uint32_t>(bytes, 4), load<std::uint32_t>(bytes, 8)},
          .type = {load<std::uint32_t>(bytes, 12)},
          .extent = load<std::uint32_t>(bytes, 16)};
}

std::optional<DatagramHeader> read_header(Bytes bytes) {
  if (bytes.size() < datagram_header_size) return std::nullopt;
  const auto stamp_low = load<std::uint32_t>(bytes, 8);
  const auto stamp_high = load<std::uint32_t>(bytes, 12);
  const std::uint32_t service = (stamp_low >> 24) & 0xf;
  if (service > static_cast<std::uint32_t>(Transition::l1_accept)) return std::nullopt;
  DatagramHeader header{.time = {load<std::uint32_t>(bytes, 4), load<std::uint32_t>(bytes, 0)},
                        .fiducial = {stamp_high & 0x1ffff},
                        .ticks = stamp_low & 0xffffff,
                        .vector = stamp_high >> 17,
                        .service = static_cast<Transition>(service),
                        .env = load<std::uint32_t>(bytes, 16),
                        .root = read_xtc_header(bytes.subspan(20))};
  if (header.root.extent < xtc_header_size || header.root.extent % 4 != 0) return std::nullopt;
  return header;
}

}  // namespace jt::formats::xtc
