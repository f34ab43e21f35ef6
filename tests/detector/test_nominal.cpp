// Our own nominal geometries: pictures of the field's known sizes, centred on the beam, no panel over
// another.
#include <gtest/gtest.h>

#include <numeric>

#include "detector/geometry.hpp"
#include "detector/image_layout.hpp"
#include "detector/nominal.hpp"

namespace {

using namespace jt;
using namespace jt::detector;

ImageLayout picture(PanelFamily family, std::uint32_t panels) {
  return lay_out(pose_pixels(*nominal_geometry(family, panels)));
}

TEST(NominalGeometry, pictures_have_the_known_sizes_where_the_field_has_no_measured_tilts) {
  const auto jungfrau = picture(PanelFamily::jungfrau, 8), quad = picture(PanelFamily::epix10ka, 4),
             single = picture(PanelFamily::epix10ka, 1);
  EXPECT_EQ(std::pair(jungfrau.rows, jungfrau.cols), (std::pair<std::size_t, std::size_t>{2203, 2299}));
  EXPECT_EQ(std::pair(quad.rows, quad.cols), (std::pair<std::size_t, std::size_t>{774, 790}));
  EXPECT_EQ(std::pair(single.rows, single.cols), (std::pair<std::size_t, std::size_t>{355, 387}));
}

TEST(NominalGeometry, panels_lie_around_the_beam_and_not_over_each_other) {
  for (const auto& [family, panels] :
       {std::pair{PanelFamily::jungfrau, 8u}, {PanelFamily::epix10ka, 16u}, {PanelFamily::cspad, 32u}}) {
    const PixelPositions positions = pose_pixels(*nominal_geometry(family, panels));
    EXPECT_EQ(positions.shape.panels, panels);
    const auto count = static_cast<double>(positions.x.size());
    EXPECT_NEAR(std::accumulate(positions.x.begin(), positions.x.end(), 0.0) / count, 0, 1) << panels;
    EXPECT_NEAR(std::accumulate(positions.y.begin(), positions.y.end(), 0.0) / count, 0, 1) << panels;
    EXPECT_EQ(find_overlap(lay_out(positions), positions.shape).pixels, 0u) << panels;
  }
}

TEST(NominalGeometry, an_arrangement_of_the_experiments_own_choice_has_none) {
  EXPECT_FALSE(nominal_geometry(PanelFamily::jungfrau, 1));
  EXPECT_FALSE(nominal_geometry(PanelFamily::jungfrau, 2));
  EXPECT_FALSE(nominal_geometry(PanelFamily::epix10ka, 2));
  EXPECT_FALSE(nominal_geometry(PanelFamily::cspad, 26));
}

}  // namespace
