#include <algorithm>

#include "formats/xtc/camera.hpp"
#include "formats/xtc/compression.hpp"
#include "formats/xtc/decoder_state.hpp"

namespace jt::formats::xtc {
namespace {

// What one leaf shows, before it is compared with what the run has shown so far.
struct Picture {
  DetectorKind kind = DetectorKind::other_camera;
  Frame frame;
};

bool is_frame_type(std::uint16_t type_id) {
  return type_id == type_frame || type_id == type_vimba_frame || type_id == type_epix_element ||
         type_id == type_epix10ka_array || type_id == type_jungfrau_element || type_id == type_cspad_element;
}

// Panels of the same size, one after the other.
Picture stacked_panels(DetectorKind kind, Shape shape, Bytes pixels) {
  Picture picture;
  picture.kind = kind;
  picture.frame.shape = shape;
  picture.frame.panel_count = shape.panels;
  for (std::uint32_t panel = 0; panel < shape.panels; ++panel)
    picture.frame.panel_views[panel] = {static_cast<std::uint16_t>(panel),
                                        pixels.data() + panel * shape.panel_pixels() * 2};
  return picture;
}

Read<Picture> camera_picture(const KnownSource& source, Bytes payload, TypeId type) {
  const bool is_vimba = type.id() == type_vimba_frame;
  if (is_vimba && !source.alvium) return Refusal::bad_configuration;
  const auto camera = is_vimba ? read_vimba_frame(payload, type.version(), *source.alvium)
                               : read_frame(payload, type.version());
  if (!camera) return camera.refusal();
  Picture picture;
  picture.kind = camera_kind(det_info(source.src).device);
  picture.frame.type = is_vimba ? PixelType::u16 : camera->pixel_type();
  picture.frame.shape = {1, camera->height, camera->width};
  picture.frame.offset = camera->offset;
  picture.frame.depth = camera->depth;
  picture.frame.panel_count = 1;
  picture.frame.panel_views[0] = {0, camera->pixels.data()};
  return picture;
}

Read<Picture> epix_picture(const KnownSource& source, Bytes payload, std::uint16_t version) {
  if (!source.epix) return Refusal::bad_configuration;
  const auto element = read_epix_element(payload, version, *source.epix);
  if (!element) return element.refusal();
  const bool is_10ka = det_info(source.src).device == 45;
  return stacked_panels(is_10ka ? DetectorKind::epix10ka : DetectorKind::epix100a,
                        {1, source.epix->rows, source.epix->cols}, element->pixels);
}

Read<Picture> epix10ka_picture(const KnownSource& source, Bytes payload, std::uint16_t version) {
  if (source.epix10ka_panels == 0) return Refusal::bad_configuration;
  const auto array = read_epix10ka_array(payload, version, source.epix10ka_panels);
  if (!array) return array.refusal();
  const auto kind = source.epix10ka_panels == 4 ? DetectorKind::epix10ka_quad : DetectorKind::epix10ka2m;
  const Shape shape{static_cast<std::uint32_t>(source.epix10ka_panels), layout::epix10ka_rows,
                    layout::epix10ka_cols};
  return stacked_panels(kind, shape, array->pixels);
}

Read<Picture> jungfrau_picture(const KnownSource& source, Bytes payload, std::uint16_t version) {
  if (!source.jungfrau) return Refusal::bad_configuration;
  const Shape shape = source.jungfrau->shape();
  const auto element = read_jungfrau_element(payload, version, shape);
  if (!element) return element.refusal();
  return stacked_panels(DetectorKind::jungfrau, shape, element->pixels);
}

Read<Picture> cspad_picture(const KnownSource& source, Bytes payload, std::uint16_t version) {
  if (!source.cspad) return Refusal::bad_configuration;
  const auto element = read_cspad_element(payload, version, *source.cspad);
  if (!element) return element.refusal();
  Picture picture;
  picture.kind = DetectorKind::cspad;
  picture.frame.type = PixelType::i16;
  picture.frame.shape = CspadFrame::shape;
  picture.frame.panel_count = element->count;
  std::copy_n(element->sections.begin(), element->count, picture.frame.panel_views.begin());
  return picture;
}

Read<Picture> read_picture(const KnownSource& source, Bytes payload, TypeId type) {
  switch (type.id()) {
    case type_epix_element:
      return epix_picture(source, payload, type.version());
    case type_epix10ka_array:
      return epix10ka_picture(source, payload, type.version());
    case type_jungfrau_element:
      return jungfrau_picture(source, payload, type.version());
    case type_cspad_element:
      return cspad_picture(source, payload, type.version());
    default:
      return camera_picture(source, payload, type);
  }
}

}  // namespace

// A compressed payload in the source's own buffer, which is only ever enlarged.
Read<Bytes> Decoder::State::unpacked_payload(KnownSource& source, const Leaf& leaf) {
  const auto size = unpacked_size(leaf.payload);
  if (!size) return Refusal::bad_compression;
  if (*size > source.unpacked.size()) {
    const std::size_t more =
        static_cast<std::size_t>(std::min<std::uint64_t>(*size, max_unpacked_bytes + 1)) -
        source.unpacked.size();
    if (more > max_unpacked_bytes - unpacked_bytes) return Refusal::too_many;
    source.unpacked.resize(source.unpacked.size() + more);
    unpacked_bytes += more;
  }
  const std::span<std::byte> out = std::span(source.unpacked).first(static_cast<std::size_t>(*size));
  if (!unpack(leaf.payload, out)) return Refusal::bad_compression;
  return Bytes(out);
}

void Decoder::State::read_frame_leaf(KnownSource& source, const Leaf& leaf, Event& out) {
  const TypeId type = leaf.header.type;
  if (!is_frame_type(type.id()) || leaf.header.src.level() != Level::source) return;
  if (source.detector && out.frame(*source.detector) != nullptr)
    return refuse(out, Refusal::duplicate, source.src, type);
  const auto payload = type.compressed() ? unpacked_payload(source, leaf) : Read<Bytes>(leaf.payload);
  if (!payload) return refuse(out, payload.refusal(), source.src, type);
  const auto picture = read_picture(source, *payload, type);
  if (!picture) return refuse(out, picture.refusal(), source.src, type);

  DetectorInfo& info = detector(source, picture->kind);
  // The first frame after a configuration has the last word on the shape; the later ones must agree with it.
  if (source.shape_settled && info.shape != picture->frame.shape)
    return refuse(out, Refusal::bad_configuration, source.src, type);
  info.shape = picture->frame.shape;
  info.pixel_type = picture->frame.type;
  source.shape_settled = true;
  out.frames.push_back(picture->frame);
  out.frames.back().detector = *source.detector;
}

}  // namespace jt::formats::xtc
