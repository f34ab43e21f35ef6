#include "detector/nominal.hpp"

#include <array>
#include <utility>

namespace jt::detector {

namespace {

struct Place {
  double x, y;      // um
  double rotation;  // degrees
};

GeometryLine line(const char* parent, const char* object, int index, Place place, double rot_y = 0) {
  GeometryLine made;
  made.parent = parent;
  made.object = object;
  made.object_index = index;
  made.x = place.x;
  made.y = place.y;
  made.rot_z = place.rotation;
  made.rot_y = rot_y;
  return made;
}

// The detector's own frame has x to the right and y up; the pixel frame's x runs down the picture.
GeometryLine in_beam(const char* object) { return line("IP", object, 0, {0, 0, 90}); }

// A quarter turn clockwise, `times` times.
Place turned(Place place, int times) {
  for (int i = 0; i < times; ++i) place = {place.y, -place.x, place.rotation - 90};
  if (place.rotation < 0) place.rotation += 360;
  return place;
}

// Four modules of a quad, 40.3 mm apart along their rows and 41.9 mm along their columns.
constexpr double epix_across = 40'300, epix_along = 41'900;

std::vector<GeometryLine> epix10ka_quad() {
  std::vector<GeometryLine> lines;
  for (int i = 0; i < 4; ++i)
    lines.push_back(line("QUAD", "EPIX10KA:V1", i,
                         {(i % 2 == 0 ? -0.5 : 0.5) * epix_across, (i < 2 ? 0.5 : -0.5) * epix_along, 180}));
  lines.push_back(in_beam("QUAD"));
  return lines;
}

// Four quads around the beam like the sails of a windmill. The first is at the upper left, its modules on
// their side; its centre is 38.13 mm left of the beam and 43.8 mm above. (With 38.15 the lattices of
// neighbouring quads would be off by exactly half a pixel, and rounding would choose their pixels' cells in a
// picture.)
std::vector<GeometryLine> epix10ka2m() {
  std::vector<GeometryLine> lines;
  for (int i = 0; i < 16; ++i) {
    const int module = i % 4;
    const Place first{-38'130 + (module < 2 ? -0.5 : 0.5) * epix_along,
                      43'800 + (module % 2 == 0 ? -0.5 : 0.5) * epix_across, 270};
    lines.push_back(line("CAMERA", "EPIX10KA:V1", i, turned(first, i / 4)));
  }
  lines.push_back(in_beam("CAMERA"));
  return lines;
}

std::vector<GeometryLine> epix10ka_single() {
  return {line("CAMERA", "EPIX10KA:V1", 0, {0, 0, 0}), in_beam("CAMERA")};
}

// Two rows of four modules, 550 pixels (41.25 mm) from column to column. The upper row is shifted to the
// right and the lower to the left by 5.067 mm; modules 0, 1 and 6, 7 lie 44.006 mm off the middle, the
// others 33.922 mm: a hole for the beam stays free. Modules stand upright and are seen from behind.
std::vector<GeometryLine> jungfrau4m() {
  constexpr double column = 550 * 75.0, shift = 5'067, far = 44'006, near = 33'922;
  std::vector<GeometryLine> lines;
  for (int i = 0; i < 8; ++i) {
    const bool upper = i < 4;
    const double x = (i % 4 - 1.5) * column + (upper ? shift : -shift);
    const double off = (i < 2 || i >= 6) ? far : near;
    lines.push_back(line("JFCAMERA", "JUNGFRAU:V1", i, {x, upper ? off : -off, 90}, 180));
  }
  lines.push_back(in_beam("JFCAMERA"));
  return lines;
}

// Four quads of eight 2x1 sensors around the beam, each a quarter turn from the one before. The sensors of a
// quad lie in pairs side by side, about 22.75 mm apart.
std::vector<GeometryLine> cspad() {
  constexpr std::array<Place, 8> first{{{-36'200, 19'450, 90},
                                        {-13'500, 19'450, 90},
                                        {-71'300, 30'950, 0},
                                        {-71'300, 8'200, 0},
                                        {-60'000, 66'150, 270},
                                        {-82'750, 66'150, 270},
                                        {-24'900, 75'400, 0},
                                        {-24'900, 52'600, 0}}};
  std::vector<GeometryLine> lines;
  for (int i = 0; i < 32; ++i)
    lines.push_back(line("CSPAD", "SENS2X1:V1", i, turned(first[static_cast<std::size_t>(i % 8)], i / 8)));
  // The frame of this detector's drawings is the pixel frame itself.
  lines.push_back(line("IP", "CSPAD", 0, {0, 0, 0}));
  return lines;
}

}  // namespace

std::string_view name(PanelFamily family) {
  switch (family) {
    case PanelFamily::epix10ka:
      return "Epix10ka";
    case PanelFamily::jungfrau:
      return "Jungfrau";
    case PanelFamily::cspad:
      return "CSPAD";
  }
  return "";
}

std::optional<std::vector<GeometryLine>> nominal_geometry(PanelFamily family, std::uint32_t panels) {
  switch (family) {
    case PanelFamily::epix10ka:
      if (panels == 1) return epix10ka_single();
      if (panels == 4) return epix10ka_quad();
      if (panels == 16) return epix10ka2m();
      break;
    case PanelFamily::jungfrau:
      if (panels == 8) return jungfrau4m();
      break;
    case PanelFamily::cspad:
      if (panels == 32) return cspad();
      break;
  }
  return std::nullopt;
}

}  // namespace jt::detector
