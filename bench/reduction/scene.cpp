#include "bench/reduction/scene.hpp"

#include <cstring>
#include <random>

#include "detector/nominal.hpp"
#include "detector/positions.hpp"
#include "reduction/radial_bins.hpp"
#include "tests/reduction/made_detector.hpp"

namespace bench {
namespace {

using namespace jt::detector;

constexpr std::size_t bytes_in_all = 160'000'000;  // more than the caches of the machines at hand hold
const made::Oddities field{.bad = 0.01,
                           .not_finite = 0.0001,
                           .gain_zero = 0.0001,
                           .far_gain = 0,
                           .switched = 0.001,
                           .full = 0.00001};
// A switched pixel of a real frame holds a code of its other range, and rarely an end of the scale.

PixelMap map_of(PanelFamily family, jt::Shape shape, const std::vector<std::uint8_t>& good) {
  PixelMap map;
  map.shape = shape;
  map.good = good;
  place_pixels(pose_pixels(nominal_geometry(family, shape.panels).value()), GeometryOrigin::nominal, map);
  return map;
}

PixelMap map_of_camera(jt::Shape shape, const std::vector<std::uint8_t>& good) {
  PixelMap map;
  map.shape = shape;
  map.good = good;
  for (std::uint32_t row = 0; row < shape.rows; ++row)
    for (std::uint32_t col = 0; col < shape.cols; ++col) map.x.push_back(col), map.y.push_back(row);
  return map;
}

void keep_frames(Scene& scene, const made::Frame& frame) {
  const jt::RawFrame raw = frame.raw();
  const std::size_t panel = raw.shape.panel_pixels() * jt::bytes_per_pixel(raw.type);
  scene.type = raw.type;
  const std::size_t count = bytes_in_all / (panel * raw.shape.panels) + 4;
  scene.panels.resize(count);
  for (std::size_t f = 0; f < count; ++f) {
    // Frames lie in a datagram at multiples of four bytes, not of a cache line.
    auto& bytes = scene.bytes.emplace_back(raw.shape.panels * panel + 4 + f % 4 * 4);
    for (const jt::PanelView& view : raw.panels) {
      std::byte* to = bytes.data() + 4 + f % 4 * 4 + view.panel * panel;
      std::memcpy(to, view.pixels, panel);
      scene.panels[f].push_back({view.panel, to});
    }
  }
}

void bin(Scene& scene, const PixelMap& map) {
  constexpr std::size_t bins = 100;
  scene.bins = jt::reduction::make_radial_bins(map, jt::reduction::natural_centre(map), bins).pixel_bins;
  scene.ring = jt::reduction::geometry_window(45, 7, bins);
}

template <class Make>
void make_panels(Scene& scene, PanelFamily family, MedianCommonMode common_mode, Make make) {
  scene.detector = make(MedianCommonMode{});
  scene.with_common_mode = make(common_mode);
  made::Random random(2);
  keep_frames(scene, made::gain_frame(*scene.detector, random, field, 30));
  const PixelMap& own = scene.detector->pixels();
  bin(scene, map_of(family, own.shape, own.good));
}

void make_epix(Scene& scene, std::uint32_t panels) {
  make_panels(scene, PanelFamily::epix10ka, {2, 10, 10}, [&](MedianCommonMode mode) {
    made::Random random(1);
    return made::epix10ka(panels, random, field, mode, false);
  });
}

void make_camera(Scene& scene, jt::Shape shape) {
  made::Random random(1);
  scene.detector = made::camera(shape, random, false);
  keep_frames(scene, made::camera_frame(shape, jt::PixelType::u16, random));
  bin(scene, map_of_camera(shape, scene.detector->pixels().good));
}

}  // namespace

std::vector<std::string> scene_names(bool all) {
  std::vector<std::string> names{"epix10ka2M", "jungfrau4M", "rayonix"};
  if (all) names.insert(names.end(), {"epix10kaQuad", "opal1000", "rayonix3840", "jungfrau16M"});
  return names;
}

Scene make_scene(const std::string& name) {
  Scene scene;
  scene.name = name;
  if (name == "epix10ka2M") make_epix(scene, 16);
  if (name == "epix10kaQuad") make_epix(scene, 4);
  if (name == "jungfrau4M")
    make_panels(scene, PanelFamily::jungfrau, {1, 100, 0}, [](MedianCommonMode mode) {
      made::Random random(1);
      return made::jungfrau({8, 512, 1024}, random, field, mode, jungfrau_banks);
    });
  if (name == "jungfrau16M") {
    // No such geometry is nominal: 32 panels as one tall picture of 4 x 8.
    const jt::Shape shape{32, 512, 1024};
    const auto make = [&](MedianCommonMode mode) {
      made::Random random(1);
      return made::jungfrau(shape, random, field, mode, jungfrau_banks);
    };
    scene.detector = make({});
    scene.with_common_mode = make({1, 100, 0});
    made::Random random(2);
    keep_frames(scene, made::gain_frame(*scene.detector, random, field, 30));
    PixelMap map;
    map.shape = shape;
    map.good = scene.detector->pixels().good;
    map.unit = PixelMap::Unit::micrometre;
    for (std::size_t i = 0; i < shape.pixels(); ++i) {
      const std::size_t panel = i / shape.panel_pixels(), in_panel = i % shape.panel_pixels();
      map.x.push_back(75.0 * (static_cast<double>(panel % 4 * 1024 + in_panel % 1024) - 2048));
      map.y.push_back(75.0 * (static_cast<double>(panel / 4 * 512 + in_panel / 1024) - 2048));
    }
    bin(scene, map);
  }
  if (name == "rayonix") make_camera(scene, {1, 1920, 1920});
  if (name == "rayonix3840") make_camera(scene, {1, 3840, 3840});
  if (name == "opal1000") make_camera(scene, {1, 1024, 1024});
  return scene;
}

}  // namespace bench
