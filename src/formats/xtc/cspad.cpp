#include "formats/xtc/cspad.hpp"

#include <bit>

namespace jt::formats::xtc {

std::size_t CspadConfig::quads() const { return static_cast<std::size_t>(std::popcount(quad_mask & 0xf)); }

std::uint32_t CspadConfig::sections(std::uint32_t quad, std::uint16_t element_version) const {
  if (element_version == 1) return (asic_mask & 0xf) == 1 ? 0x03 : 0xff;
  return roi_mask >> (8 * quad) & 0xff;
}

Read<CspadConfig> read_cspad_config(Bytes payload, std::uint16_t version) {
  if (version < 2 || version > 5) return Refusal::unknown_version;
  const layout::CspadConfigLayout at = layout::cspad_config(version);
  if (!holds(payload, at.quads, 4, at.quad_size)) return Refusal::payload_too_short;
  CspadConfig config{.run_delay = load<std::uint32_t>(payload, 4),
                     .event_code = load<std::uint32_t>(payload, 8),
                     .bad_asic_mask0 = load<std::uint32_t>(payload, at.masks),
                     .bad_asic_mask1 = load<std::uint32_t>(payload, at.masks + 4),
                     .asic_mask = load<std::uint32_t>(payload, at.masks + 8),
                     .quad_mask = load<std::uint32_t>(payload, at.masks + 12),
                     .roi_mask = load<std::uint32_t>(payload, at.masks + 16),
                     .gain_maps = std::vector<GainSetup::CspadQuad>(4)};
  for (std::size_t quad = 0; quad < 4; ++quad) {
    auto& gains = config.gain_maps[quad].gain_map;
    gains.resize(layout::cspad_gain_map_size / 2);
    const std::size_t end = at.quads + (quad + 1) * at.quad_size;
    std::memcpy(gains.data(), payload.data() + end - layout::cspad_gain_map_size,
                layout::cspad_gain_map_size);
  }
  return config;
}

Read<CspadFrame> read_cspad_element(Bytes payload, std::uint16_t version, const CspadConfig& config) {
  if (version != 1 && version != 2) return Refusal::unknown_version;
  CspadFrame frame;
  std::uint32_t seen = 0;
  for (std::size_t i = 0; i < config.quads(); ++i) {
    if (payload.size() < layout::cspad_quad_head) return Refusal::payload_too_short;
    const std::uint32_t quad = load<std::uint32_t>(payload, 4) >> 24 & 3;
    if ((seen >> quad & 1) != 0 || (config.quad_mask >> quad & 1) == 0) return Refusal::bad_configuration;
    seen |= 1u << quad;
    const std::uint32_t sections = config.sections(quad, version);
    const auto count = static_cast<std::size_t>(std::popcount(sections));
    const std::size_t size =
        layout::cspad_quad_head + count * layout::cspad_section_size + layout::cspad_quad_tail;
    if (payload.size() < size) return Refusal::payload_too_short;
    const std::byte* pixels = payload.data() + layout::cspad_quad_head;
    for (std::uint32_t section = 0; section < 8; ++section) {
      if ((sections >> section & 1) == 0) continue;
      frame.sections[frame.count++] = {static_cast<std::uint16_t>(quad * 8 + section), pixels};
      pixels += layout::cspad_section_size;
    }
    payload = payload.subspan(size);
  }
  return frame;
}

}  // namespace jt::formats::xtc
