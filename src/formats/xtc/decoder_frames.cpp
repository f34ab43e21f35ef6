#include "formats/xtc/camera.hpp"
#include "formats/xtc/decoder_state.hpp"

namespace jt::formats::xtc {
namespace {

// What one leaf shows, before it is compared with what the run has shown so far.
struct Picture {
  DetectorKind kind = DetectorKind::other_camera;
  Frame frame;
};

Read<Picture> camera_picture(const Leaf& leaf) {
  const auto camera = read_frame(leaf.payload, leaf.header.type.version());
  if (!camera) return camera.refusal();
  Picture picture;
  picture.kind = camera_kind(det_info(leaf.header.src).device);
  picture.frame.type = camera->pixel_type();
  picture.frame.shape = {1, camera->height, camera->width};
  picture.frame.offset = camera->offset;
  picture.frame.depth = camera->depth;
  picture.frame.panel_count = 1;
  picture.frame.panel_views[0] = {0, camera->pixels.data()};
  return picture;
}

}  // namespace

void Decoder::State::read_frame_leaf(KnownSource& source, const Leaf& leaf, Event& out) {
  if (leaf.header.type.id() != type_frame) return;
  if (leaf.header.src.level() != Level::source) return;
  const auto picture = camera_picture(leaf);
  if (!picture) return refuse(out, picture.refusal(), leaf.header.src, leaf.header.type);
  DetectorInfo& info = detector(source, picture->kind);
  if (out.frame(*source.detector) != nullptr)
    return refuse(out, Refusal::duplicate, leaf.header.src, leaf.header.type);
  // The first frame after a configuration has the last word; the later ones must agree with it.
  if (source.shape_settled && info.shape != picture->frame.shape)
    return refuse(out, Refusal::bad_configuration, leaf.header.src, leaf.header.type);
  info.shape = picture->frame.shape;
  info.pixel_type = picture->frame.type;
  source.shape_settled = true;
  out.frames.push_back(picture->frame);
  out.frames.back().detector = *source.detector;
}

}  // namespace jt::formats::xtc
