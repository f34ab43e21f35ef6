#include "sources/index_origin.hpp"

#include "formats/xtc/datagram.hpp"

namespace jt::sources {

namespace xtc = formats::xtc;

std::optional<IndexOrigin> read_origin(std::span<const std::byte> small) {
  constexpr std::uint16_t type_origin = 90, version = 1;
  constexpr std::size_t payload = xtc::datagram_header_size + xtc::xtc_header_size;
  constexpr std::uint32_t payload_size = 12;  // i64 offset, u32 extent of the root
  if (small.size() < payload + payload_size) return std::nullopt;
  const auto header = xtc::read_xtc_header(small.subspan(xtc::datagram_header_size));
  if (header.type.id() != type_origin || header.type.version() != version) return std::nullopt;
  if (header.extent < xtc::xtc_header_size + payload_size) return std::nullopt;
  const auto offset = xtc::load<std::int64_t>(small, payload);
  const auto extent = xtc::load<std::uint32_t>(small, payload + 8);
  if (offset < 0 || extent < xtc::xtc_header_size || extent % 4 != 0) return std::nullopt;
  return IndexOrigin{static_cast<std::uint64_t>(offset), std::uint64_t{extent} + xtc::xtc_header_size};
}

}  // namespace jt::sources
