#include "formats/xtc/camera.hpp"

#include <algorithm>

namespace jt::formats::xtc {
namespace {

// No camera of the LCLS has a longer side (MX340-HS: 7680); a header that says more is not one. Also keeps
// width * height * 2 far from any overflow.
constexpr std::uint32_t longest_side = 16384;

OpalConfig::Pixel read_pixel(Bytes bytes, std::size_t at) {
  return {load<std::uint16_t>(bytes, at), load<std::uint16_t>(bytes, at + 2)};
}

std::vector<OpalConfig::Pixel> read_pixels(Bytes bytes, std::size_t at, std::uint32_t count) {
  std::vector<OpalConfig::Pixel> pixels;
  pixels.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) pixels.push_back(read_pixel(bytes, at + std::size_t{4} * i));
  return pixels;
}

}  // namespace

Read<CameraFrame> read_frame_header(Bytes header) {
  if (header.size() < CameraFrame::header_size) return Refusal::payload_too_short;
  CameraFrame frame{load<std::uint32_t>(header, 0),
                    load<std::uint32_t>(header, 4),
                    load<std::uint32_t>(header, 8),
                    load<std::uint32_t>(header, 12),
                    {}};
  if (frame.width > longest_side || frame.height > longest_side) return Refusal::payload_too_short;
  if (frame.width == 0 || frame.height == 0 || frame.depth == 0 || frame.depth > 16)
    return Refusal::bad_configuration;
  return frame;
}

Read<CameraFrame> read_frame(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  Read<CameraFrame> frame = read_frame_header(payload);
  if (!frame) return frame;
  const std::size_t size = std::size_t{frame->width} * frame->height * bytes_per_pixel(frame->pixel_type());
  if (!holds(payload, CameraFrame::header_size, 1, size)) return Refusal::payload_too_short;
  frame->pixels = payload.subspan(CameraFrame::header_size, size);
  return frame;
}

Read<OpalConfig> read_opal_config(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < layout::opal_config_size) return Refusal::payload_too_short;
  const auto options = load<std::uint32_t>(payload, 4);
  const auto defects = load<std::uint32_t>(payload, 8);
  OpalConfig config{.black_level = load<std::uint16_t>(payload, 0),
                    .gain_percent = load<std::uint16_t>(payload, 2),
                    .depth = 8 + 2 * std::min(options & 0xf, 2u),  // 0, 1, 2: 8, 10, 12 bits
                    .binning = (options >> 4) & 0xf,
                    .mirroring = (options >> 8) & 0xf,
                    .remap = (options >> 12 & 1) != 0,
                    .defect_correction = (options >> 14 & 1) != 0,
                    .lookup_table = {},
                    .defects = {}};
  std::size_t at = layout::opal_config_size;
  if ((options >> 13 & 1) != 0) {
    if (!holds(payload, at, layout::opal_lookup_entries, 2)) return Refusal::payload_too_short;
    for (std::size_t i = 0; i < layout::opal_lookup_entries; ++i, at += 2)
      config.lookup_table.push_back(load<std::uint16_t>(payload, at));
  }
  if (!holds(payload, at, defects, 4)) return Refusal::payload_too_short;
  config.defects = read_pixels(payload, at, defects);
  return config;
}

Read<FrameFexConfig> read_frame_fex_config(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < layout::frame_fex_config_size) return Refusal::payload_too_short;
  const auto masked = load<std::uint32_t>(payload, 24);
  if (!holds(payload, layout::frame_fex_config_size, masked, 4)) return Refusal::payload_too_short;
  return FrameFexConfig{.forwarding = load<std::uint32_t>(payload, 0),
                        .prescale = load<std::uint32_t>(payload, 4),
                        .processing = load<std::uint32_t>(payload, 8),
                        .begin = read_pixel(payload, 12),
                        .end = read_pixel(payload, 16),
                        .threshold = load<std::uint32_t>(payload, 20),
                        .masked = read_pixels(payload, layout::frame_fex_config_size, masked)};
}

Read<ControlsCameraConfig> read_controls_camera_config(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < layout::controls_camera_config_size) return Refusal::payload_too_short;
  return ControlsCameraConfig{.width = load<std::uint32_t>(payload, 0),
                              .height = load<std::uint32_t>(payload, 4),
                              .depth = load<std::uint32_t>(payload, 8),
                              .colour = load<std::uint32_t>(payload, 12),
                              .exposure = load<double>(payload, 16),
                              .gain = load<double>(payload, 24),
                              .maker = text_field(payload, 32, 48),
                              .model = text_field(payload, 80, 48)};
}

Shape RayonixConfig::shape() const {
  if (binning_fast == 0 || binning_slow == 0) return {};
  const std::uint32_t side = device_id.starts_with("MX340-HS") ? 7680 : 3840;
  return {1, side / binning_slow, side / binning_fast};
}

Read<RayonixConfig> read_rayonix_config(Bytes payload, std::uint16_t version) {
  if (version != 1 && version != 2) return Refusal::unknown_version;
  if (payload.size() < layout::rayonix_config_size) return Refusal::payload_too_short;
  return RayonixConfig{.binning_fast = load<std::uint8_t>(payload, 0),
                       .binning_slow = load<std::uint8_t>(payload, 1),
                       .test_pattern = version == 2 ? load<std::int16_t>(payload, 2) : std::int16_t{0},
                       .exposure = load<std::uint32_t>(payload, 4),
                       .trigger = load<std::uint32_t>(payload, 8),
                       .raw_mode = load<std::uint16_t>(payload, 12),
                       .dark_flag = load<std::uint16_t>(payload, 14),
                       .readout_mode = load<std::uint32_t>(payload, 16),
                       .device_id = text_field(payload, 20, 40)};
}

Read<AlviumConfig> read_alvium_config(Bytes payload, std::uint16_t version) {
  if (version != 1) return Refusal::unknown_version;
  if (payload.size() < layout::alvium_config_size) return Refusal::payload_too_short;
  const auto mode = load<std::uint8_t>(payload, layout::alvium_pixel_mode);  // Mono8, 10, 10p, 12, 12p
  const AlviumConfig config{load<std::uint32_t>(payload, layout::alvium_width),
                            load<std::uint32_t>(payload, layout::alvium_width + 4),
                            mode == 0   ? 8u
                            : mode <= 2 ? 10u
                                        : 12u};
  const auto is_side = [](std::uint32_t side) { return side >= 1 && side <= longest_side; };
  if (mode > 4 || !is_side(config.width) || !is_side(config.height)) return Refusal::bad_configuration;
  return config;
}

Read<CameraFrame> read_vimba_frame(Bytes payload, std::uint16_t version, const AlviumConfig& config) {
  if (version != 1) return Refusal::unknown_version;
  const std::size_t size = std::size_t{config.width} * config.height * 2;
  if (!holds(payload, layout::vimba_frame_head, 1, size)) return Refusal::payload_too_short;
  return CameraFrame{config.width, config.height, config.depth, 0,
                     payload.subspan(layout::vimba_frame_head, size)};
}

Shape opal_shape(std::uint8_t device) {
  switch (device) {  // rows x cols in the makers' data sheets
    case 3:
      return {1, 1024, 1024};  // Opal1000
    case 18:
      return {1, 1080, 1920};  // Opal2000
    case 19:
      return {1, 1752, 2336};  // Opal4000
    case 21:
      return {1, 1200, 1600};  // Opal1600
    case 22:
      return {1, 2472, 3296};  // Opal8000
    default:
      return {};
  }
}

DetectorKind camera_kind(std::uint8_t device) {
  if (device == 30) return DetectorKind::rayonix;
  if (device == 41) return DetectorKind::controls_camera;
  return opal_shape(device).known() ? DetectorKind::opal : DetectorKind::other_camera;
}

}  // namespace jt::formats::xtc
