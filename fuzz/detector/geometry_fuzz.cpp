// Any text as a geometry file: refused in words, or every pixel has a finite place and a cell of the picture.
#include <cmath>
#include <cstdint>
#include <string_view>

#include "detector/geometry.hpp"
#include "detector/image_layout.hpp"
#include "fuzz/detector/require.hpp"

namespace {

using namespace jt::detector;

constexpr std::size_t small = 150'000;  // pixels: a panel of Epix10ka, so that an input takes milliseconds

bool same(const GeometryLine& a, const GeometryLine& b) {
  return a.parent == b.parent && a.parent_index == b.parent_index && a.object == b.object &&
         a.object_index == b.object_index && a.x == b.x && a.y == b.y && a.z == b.z && a.rot_z == b.rot_z &&
         a.rot_y == b.rot_y && a.rot_x == b.rot_x && a.tilt_z == b.tilt_z && a.tilt_y == b.tilt_y &&
         a.tilt_x == b.tilt_x;
}

void check_written(const std::vector<GeometryLine>& lines) {
  const auto back = parse_geometry(format_geometry(lines, "fuzz"));
  require(back.size() == lines.size(), "another number of lines came back\n");
  for (std::size_t i = 0; i < lines.size(); ++i) require(same(lines[i], back[i]), "another line came back\n");
}

void check_picture(const PixelPositions& positions) {
  ImageLayout layout;
  try {
    layout = lay_out(positions);
  } catch (const Unreadable&) {
    return;
  }
  require(layout.cell.size() == positions.x.size(), "not a cell for each pixel\n");
  std::vector<float> values(positions.x.size()), image(layout.cells());
  std::vector<std::size_t> last(layout.cells(), 0);  // pixel + 1
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i + 1);
    require(layout.cell[i] < layout.cells(), "a pixel outside of the picture\n");
    last[layout.cell[i]] = i + 1;
  }
  assemble<float>(layout, values, image);
  for (std::size_t cell = 0; cell < last.size(); ++cell)
    require(image[cell] == static_cast<float>(last[cell]), "another pixel than the last one\n");
  const Overlap overlap = find_overlap(layout, positions.shape);
  require(overlap.pixels < positions.x.size(), "more overlap than pixels\n");
  require(overlap.pixels == 0 || overlap.panel != overlap.other_panel, "a panel over itself\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto lines = parse_geometry({reinterpret_cast<const char*>(data), size});
    check_written(lines);
    const jt::Shape shape = shape_of(lines);
    if (shape.pixels() > small) return 0;
    const PixelPositions positions = pose_pixels(lines);
    require(positions.shape == shape && positions.x.size() == shape.pixels() && positions.pitch > 0,
            "another shape than announced\n");
    for (std::size_t i = 0; i < shape.pixels(); ++i)
      require(std::isfinite(positions.x[i]) && std::isfinite(positions.y[i]) && std::isfinite(positions.z[i]),
              "a pixel that is nowhere\n");
    check_picture(positions);
  } catch (const Unreadable&) {
  }
  return 0;
}
