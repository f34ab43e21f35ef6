#include "formats/xtc/epix.hpp"

namespace jt::formats::xtc {
namespace {

// No Epix has an ASIC longer than this; keeps the products below far from any overflow.
constexpr std::uint32_t longest = 4096;

// Where the sizes lie in a configuration's head: eight (or so) u32 in a row, from `at` on.
struct SizesAt {
  std::size_t asics_per_row, asics_per_col, rows, readable_rows, cols, calibration, environmental, end;
};
constexpr SizesAt epix100a_v1 = {92, 96, 100, 104, 108, 112, 116, 144};
constexpr SizesAt epix100a_v2 = {128, 132, 136, 140, 144, 148, 152, 188};  // also Epix10ka v1
constexpr SizesAt epix10ka_v2 = {128, 132, 136, 140, 144, 148, 152, 520};

Read<EpixSize> checked(EpixSize size) {
  if (size.rows == 0 || size.cols == 0 || size.rows > longest || size.cols > longest)
    return Refusal::bad_configuration;
  return size;
}

bool all_small(std::initializer_list<std::uint32_t> values) {
  for (const std::uint32_t value : values)
    if (value > longest) return false;
  return true;
}

Read<EpixSize> read_size(Bytes payload, const SizesAt& at) {
  if (payload.size() < at.end) return Refusal::payload_too_short;
  const auto per_row = load<std::uint32_t>(payload, at.asics_per_row),
             per_col = load<std::uint32_t>(payload, at.asics_per_col),
             rows = load<std::uint32_t>(payload, at.readable_rows),
             cols = load<std::uint32_t>(payload, at.cols),
             calibration = load<std::uint32_t>(payload, at.calibration),
             environmental = load<std::uint32_t>(payload, at.environmental);
  if (!all_small({per_row, per_col, rows, cols, calibration, environmental}))
    return Refusal::bad_configuration;
  return checked(
      {per_col * rows, per_row * cols, per_col * calibration, per_col * environmental, per_row * per_col});
}

// EpixConfig v1: no calibration rows; the last rows may be left out.
Read<EpixSize> read_old_size(Bytes payload) {
  if (payload.size() < 112) return Refusal::payload_too_short;
  const auto excluded = load<std::uint32_t>(payload, 84), per_row = load<std::uint32_t>(payload, 88),
             per_col = load<std::uint32_t>(payload, 92), rows = load<std::uint32_t>(payload, 96),
             cols = load<std::uint32_t>(payload, 100);
  if (!all_small({excluded, per_row, per_col, rows, cols}) || excluded > per_col * rows)
    return Refusal::bad_configuration;
  return checked({per_col * rows - excluded, per_row * cols, 0, excluded, per_row * per_col});
}

GainSetup::Epix10kaPanel read_gain(Bytes payload, std::size_t asics_at, std::size_t pixels_at) {
  GainSetup::Epix10kaPanel panel;
  for (std::size_t asic = 0; asic < panel.trbit.size(); ++asic) {
    const auto register23 =
        load<std::uint32_t>(payload, asics_at + asic * layout::epix_asic_size + layout::epix_asic_register23);
    panel.trbit[asic] = register23 >> 4 & 1;
  }
  panel.pixel_config.resize(layout::epix10ka_panel_pixels);
  std::memcpy(panel.pixel_config.data(), payload.data() + pixels_at, 2 * layout::epix10ka_panel_pixels);
  return panel;
}

}  // namespace

std::size_t EpixSize::element_size() const {
  const std::size_t all_rows = std::size_t{rows} + calibration_rows + environmental_rows;
  return layout::epix_element_head + all_rows * cols * 2 + std::size_t{asics} * 2 + 4;
}

Read<EpixSize> read_epix_size(Bytes payload, TypeId type) {
  const std::uint16_t version = type.version();
  switch (type.id()) {
    case type_epix_config:
      if (version == 1) return read_old_size(payload);
      break;
    case type_epix100a_config:
      if (version == 1) return read_size(payload, epix100a_v1);
      if (version == 2) return read_size(payload, epix100a_v2);
      break;
    case type_epix10ka_config:
      if (version == 1) return read_size(payload, epix100a_v2);
      if (version == 2) return read_size(payload, epix10ka_v2);
      break;
    default:
      break;
  }
  return Refusal::unknown_version;
}

Read<GainSetup::Epix10kaPanel> read_epix10ka_gain(Bytes payload, std::uint16_t version) {
  const auto size = read_epix_size(payload, {type_epix10ka_config | std::uint32_t{version} << 16});
  if (!size) return size.refusal();
  if (size->rows != layout::epix10ka_rows || size->cols != layout::epix10ka_cols || size->asics != 4)
    return Refusal::bad_configuration;
  const std::size_t asics_at = version == 1 ? epix100a_v2.end : epix10ka_v2.end;
  const std::size_t pixels_at = asics_at + 4 * layout::epix_asic_size;
  if (!holds(payload, pixels_at, layout::epix10ka_panel_pixels, 2)) return Refusal::payload_too_short;
  return read_gain(payload, asics_at, pixels_at);
}

Read<std::vector<GainSetup::Epix10kaPanel>> read_epix10ka_array_gains(Bytes payload, TypeId type) {
  if (type.version() != 1 && type.version() != 2) return Refusal::unknown_version;
  const std::size_t quads = type.id() == type_epix10ka2m_config ? 4 : 1;
  const std::size_t panels_at = layout::epix10ka_panels_at(type.version(), quads);
  if (!holds(payload, panels_at, 4 * quads, layout::epix10ka_panel_config_size))
    return Refusal::payload_too_short;
  std::vector<GainSetup::Epix10kaPanel> panels;
  for (std::size_t i = 0; i < 4 * quads; ++i) {
    const Bytes panel = payload.subspan(panels_at + i * layout::epix10ka_panel_config_size);
    panels.push_back(read_gain(panel, layout::epix10ka_panel_asics, layout::epix10ka_panel_pixel_config));
  }
  return panels;
}

Read<EpixFrame> read_epix_element(Bytes payload, std::uint16_t version, const EpixSize& size) {
  if (version < 1 || version > 3) return Refusal::unknown_version;
  if (payload.size() < size.element_size()) return Refusal::payload_too_short;
  return EpixFrame{load<std::uint32_t>(payload, 8),
                   payload.subspan(layout::epix_element_head, std::size_t{size.rows} * size.cols * 2)};
}

Read<EpixFrame> read_epix10ka_array(Bytes payload, std::uint16_t version, std::size_t panels) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < layout::epix10ka_array_size(panels)) return Refusal::payload_too_short;
  return EpixFrame{load<std::uint32_t>(payload, 0),
                   payload.subspan(4, panels * layout::epix10ka_panel_pixels * 2)};
}

}  // namespace jt::formats::xtc
