#include "sources/index_origin.hpp"

#include "formats/xtc/smalldata.hpp"

namespace jt::sources {

namespace xtc = formats::xtc;

std::optional<IndexOrigin> read_origin(std::span<const std::byte> small) {
  constexpr std::size_t leaf = xtc::datagram_header_size;
  if (small.size() < leaf + xtc::xtc_header_size) return std::nullopt;
  const auto header = xtc::read_xtc_header(small.subspan(leaf));
  const bool inside = header.extent >= xtc::xtc_header_size && header.extent <= small.size() - leaf;
  if (header.type.id() != xtc::type_small_origin || !inside) return std::nullopt;
  const auto payload = small.subspan(leaf + xtc::xtc_header_size, header.extent - xtc::xtc_header_size);
  const auto origin = xtc::read_small_origin(payload, header.type.version());
  if (!origin || origin->offset < 0) return std::nullopt;
  if (origin->extent < xtc::xtc_header_size || origin->extent % 4 != 0) return std::nullopt;
  return IndexOrigin{static_cast<std::uint64_t>(origin->offset),
                     std::uint64_t{origin->extent} + xtc::xtc_header_size};
}

}  // namespace jt::sources
