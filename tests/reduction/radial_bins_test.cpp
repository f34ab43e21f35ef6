#include "reduction/radial_bins.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/errors.hpp"

namespace {

using namespace jt::reduction;

jt::detector::PixelMap camera_map(std::uint32_t rows, std::uint32_t cols) {
  return jt::detector::make_camera({1, rows, cols}, {})->pixels();
}

TEST(radial_bins, the_centre_of_a_camera_is_half_its_columns_and_rows) {
  const Centre centre = natural_centre(camera_map(30, 20));
  EXPECT_EQ(centre.x, 10);
  EXPECT_EQ(centre.y, 15);
}

TEST(radial_bins, the_centre_of_panels_is_the_origin_of_the_geometry) {
  auto map = camera_map(30, 20);
  map.unit = jt::detector::PixelMap::Unit::micrometre;
  EXPECT_EQ(natural_centre(map).x, 0);
  EXPECT_EQ(natural_centre(map).y, 0);
}

TEST(radial_bins, every_good_pixel_is_in_exactly_the_bin_of_its_radius) {
  const auto map = camera_map(40, 50);
  const auto bins = make_radial_bins(map, {25, 20}, 10);
  EXPECT_DOUBLE_EQ(bins.edges.front(), 0);
  EXPECT_DOUBLE_EQ(bins.edges.back(), std::hypot(25.0, 20.0));  // pixel (0, 0) is the farthest
  std::uint32_t counted = 0;
  for (const std::uint32_t count : bins.pixel_bins.pixels) counted += count;
  EXPECT_EQ(counted, 40u * 50u);
  for (std::size_t i = 0; i < map.x.size(); ++i) {
    const double radius = std::hypot(map.x[i] - 25, map.y[i] - 20);
    const std::size_t k = bins.pixel_bins.cell[i];
    ASSERT_LT(k, 10u);
    EXPECT_LE(bins.edges[k], radius * (1 + 1e-12));
    EXPECT_GE(bins.edges[k + 1], radius * (1 - 1e-12));
  }
}

TEST(radial_bins, bad_pixels_are_in_no_bin_and_do_not_stretch_the_range) {
  auto map = camera_map(11, 11);
  map.good[0] = map.good[10] = map.good[110] = map.good[120] = 0;  // the corners
  const auto bins = make_radial_bins(map, {5, 5}, 4);
  EXPECT_EQ(bins.pixel_bins.cell[0], bins.pixel_bins.nowhere());
  EXPECT_DOUBLE_EQ(bins.edges.back(), std::hypot(5.0, 4.0));
}

TEST(radial_bins, a_pixel_without_a_position_is_in_no_bin) {
  auto map = camera_map(4, 4);
  map.x[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(make_radial_bins(map, {2, 2}, 4).pixel_bins.cell[3], 4);
}

TEST(radial_bins, a_detector_without_a_good_pixel_is_refused) {
  auto map = camera_map(4, 4);
  map.good.assign(16, 0);
  EXPECT_THROW(make_radial_bins(map, {2, 2}, 4), jt::SetupError);
}

TEST(radial_bins, q_follows_from_radius_distance_and_energy) {
  // E = 12398.42 eV is 1 angstrom; at r = z the scattering angle is 45 degrees: q = 4 pi sin(22.5 deg).
  EXPECT_NEAR(q_of_radius(100e3, 100e3, 12398.42), 4.808942, 1e-5);
  EXPECT_NEAR(radius_of_q(4.808942, 100e3, 12398.42), 100e3, 1);
}

}  // namespace
