// The panel detectors' half of encode_leaves.hpp.
#include <cassert>

#include "formats/xtc/byte_writer.hpp"
#include "formats/xtc/encode_leaves.hpp"

namespace jt::formats::xtc {
namespace {

// The sizes as they stand in a configuration's head, from byte `at` on.
void put_sizes(ByteWriter& out, const EpixLayout& layout, std::size_t at) {
  out.up_to(at)
      .put(layout.asics_per_row)
      .put(layout.asics_per_col)
      .put(layout.rows_per_asic)
      .put(layout.rows_per_asic)  // all of them readable
      .put(layout.cols_per_asic)
      .put(layout.calibration_rows_per_asic)
      .put(layout.environmental_rows_per_asic);
}

// Four ASICs' registers, then the pixel configuration.
void put_gain(ByteWriter& out, const GainSetup::Epix10kaPanel& panel) {
  for (const std::uint8_t trbit : panel.trbit) {
    const std::size_t asic = out.size();
    out.zeros(layout::epix_asic_register23)
        .put(std::uint32_t{trbit} << 4)
        .up_to(asic + layout::epix_asic_size);
  }
  assert(panel.pixel_config.size() == layout::epix10ka_panel_pixels);
  out.put_all(std::span(panel.pixel_config));
}

Payload write_cspad_quad_head(std::uint32_t quad, std::uint32_t fiducial) {
  return ByteWriter()
      .put(std::uint32_t{0})
      .put(quad << 24)
      .zeros(8)
      .put(fiducial)
      .up_to(layout::cspad_quad_head)
      .take();
}

Payload write_cspad_quad_image(const CspadQuadFrame& quad) {
  return ByteWriter().put_all(quad.sections).zeros(layout::cspad_quad_tail).take();
}

}  // namespace

Payload write_epix_config(const EpixLayout& layout) {
  ByteWriter out;
  out.up_to(84).put(layout.excluded_rows).put(layout.asics_per_row).put(layout.asics_per_col);
  return out.put(layout.rows_per_asic).put(layout.cols_per_asic).up_to(112).take();
}

Payload write_epix100a_config(const EpixLayout& layout, std::uint16_t version) {
  ByteWriter out;
  put_sizes(out, layout, version == 1 ? 92 : 128);
  return out.up_to(version == 1 ? 144 : 188).take();
}

Payload write_epix10ka_config(const GainSetup::Epix10kaPanel& panel, std::uint16_t version) {
  ByteWriter out;
  put_sizes(out, {.rows_per_asic = 176, .cols_per_asic = 192}, 128);
  out.up_to(version == 1 ? 188 : 520);
  put_gain(out, panel);
  return out.zeros(2 * layout::epix10ka_cols).take();  // the calibration rows' pixel configuration
}

Payload write_epix_element(const EpixSize& size, std::uint32_t frame_number,
                           std::span<const std::uint16_t> pixels) {
  assert(pixels.size() == std::size_t{size.rows} * size.cols);
  return ByteWriter()
      .zeros(8)
      .put(frame_number)
      .up_to(layout::epix_element_head)
      .put_all(pixels)
      .up_to(size.element_size())
      .take();
}

Payload write_epix10ka_array_config(std::span<const GainSetup::Epix10kaPanel> panels, std::uint16_t version) {
  assert(panels.size() == 16 || panels.size() == 4);
  ByteWriter out;
  std::size_t at = layout::epix10ka_panels_at(version, panels.size() / 4);
  for (const GainSetup::Epix10kaPanel& panel : panels) {
    out.up_to(at + layout::epix10ka_panel_asics);
    put_gain(out, panel);
    at += layout::epix10ka_panel_config_size;
  }
  return out.up_to(at).take();
}

Payload write_epix10ka_array(std::uint32_t frame_number, std::span<const std::uint16_t> pixels) {
  assert(pixels.size() % layout::epix10ka_panel_pixels == 0);
  const std::size_t panels = pixels.size() / layout::epix10ka_panel_pixels;
  return ByteWriter().put(frame_number).put_all(pixels).up_to(layout::epix10ka_array_size(panels)).take();
}

Payload write_cspad_config(const CspadConfig& config, std::uint16_t version) {
  const layout::CspadConfigLayout at = layout::cspad_config(version);
  ByteWriter out;
  out.zeros(4).put(config.run_delay).put(config.event_code).up_to(at.masks);
  out.put(config.bad_asic_mask0).put(config.bad_asic_mask1);
  out.put(config.asic_mask).put(config.quad_mask).put(config.roi_mask);
  for (std::size_t quad = 0; quad < 4; ++quad) {
    const std::size_t end = at.quads + (quad + 1) * at.quad_size;
    out.up_to(end - layout::cspad_gain_map_size);
    if (quad < config.gain_maps.size()) out.put_all(std::span(config.gain_maps[quad].gain_map));
    out.up_to(end);
  }
  return out.take();
}

Payload write_cspad_element(std::span<const CspadQuadFrame> quads, std::uint32_t fiducial) {
  ByteWriter out;
  for (const CspadQuadFrame& quad : quads)
    out.bytes(write_cspad_quad_head(quad.quad, fiducial)).bytes(write_cspad_quad_image(quad));
  return out.take();
}

Payload write_packed_cspad(std::span<const CspadQuadFrame> quads, Engine engine, Bitmap bitmap) {
  Payload packed;
  for (const CspadQuadFrame& quad : quads)
    pack_block(write_cspad_quad_head(quad.quad, 0), write_cspad_quad_image(quad), 2, engine, bitmap, packed);
  return packed;
}

}  // namespace jt::formats::xtc
