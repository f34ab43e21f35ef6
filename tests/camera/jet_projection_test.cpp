#include "camera/jet_projection.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using namespace jt::camera;

// A vertical jet: bright about column `at`, every row alike, with a background and photon noise.
struct Picture {
  static constexpr std::uint32_t rows = 80, cols = 120;
  std::vector<std::uint16_t> pixels = std::vector<std::uint16_t>(rows * cols);
  jt::PanelView panel;

  explicit Picture(double at, double sigma = 3, double height = 500, unsigned seed = 1) {
    std::mt19937 random(seed);
    for (std::uint32_t row = 0; row < rows; ++row)
      for (std::uint32_t col = 0; col < cols; ++col) {
        const double u = (col - at) / sigma;
        const double light = 200 + height * std::exp(-u * u / 2);
        pixels[row * cols + col] = static_cast<std::uint16_t>(std::poisson_distribution<int>(light)(random));
      }
    panel = {0, reinterpret_cast<const std::byte*>(pixels.data())};
  }
  [[nodiscard]] jt::RawFrame raw() const { return {jt::PixelType::u16, {1, rows, cols}, 65535, {&panel, 1}}; }
  [[nodiscard]] std::vector<double> along(Axis axis) const {
    std::vector<double> projection(projection_size(raw().shape, axis));
    project(raw(), axis, projection);
    return projection;
  }
};

TEST(jet_projection, axis_0_sums_over_rows_and_axis_1_over_columns) {
  const std::vector<std::uint16_t> pixels{1, 2, 3, 10, 20, 30};  // 2 rows, 3 columns
  const jt::PanelView panel{0, reinterpret_cast<const std::byte*>(pixels.data())};
  const jt::RawFrame raw{jt::PixelType::u16, {1, 2, 3}, 65535, {&panel, 1}};
  std::vector<double> along_x(3), along_y(2);
  project(raw, Axis::rows, along_x);
  project(raw, Axis::cols, along_y);
  EXPECT_EQ(along_x, (std::vector<double>{11, 22, 33}));
  EXPECT_EQ(along_y, (std::vector<double>{6, 60}));
}

TEST(jet_projection, eight_bit_pixels_are_read_as_such) {
  const std::vector<std::uint8_t> pixels{250, 5};
  const jt::PanelView panel{0, reinterpret_cast<const std::byte*>(pixels.data())};
  std::vector<double> along_x(2);
  project({jt::PixelType::u8, {1, 1, 2}, 255, {&panel, 1}}, Axis::rows, along_x);
  EXPECT_EQ(along_x, (std::vector<double>{250, 5}));
}

TEST(jet_projection, the_location_is_found_between_the_pixels) {
  for (const double at : {17.0, 40.25, 63.5, 101.8}) {
    const auto found = find_jet(Picture(at).along(Axis::rows));
    ASSERT_TRUE(found.jet) << at;
    EXPECT_NEAR(found.jet->location, at, 0.05);
  }
}

TEST(jet_projection, the_background_is_not_part_of_the_height) {
  const auto found = find_jet(Picture(50).along(Axis::rows));
  ASSERT_TRUE(found.jet);
  EXPECT_NEAR(found.background, 200 * 80, 0.01 * 200 * 80);
  EXPECT_NEAR(found.jet->height, 500 * 80, 0.03 * 500 * 80);
}

TEST(jet_projection, a_jet_along_the_profile_has_no_location) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    const Picture picture(50, 3, 500, seed);
    EXPECT_FALSE(find_jet(picture.along(Axis::cols)).jet) << seed;
    EXPECT_TRUE(find_jet(picture.along(other(Axis::cols))).jet) << seed;
  }
}

TEST(jet_projection, a_dark_or_evenly_lit_picture_has_no_jet) {
  EXPECT_FALSE(find_jet(std::vector<double>(100, 7.0)).jet);
  EXPECT_FALSE(find_jet({}).jet);
  std::vector<double> gradient(200);
  for (std::size_t k = 0; k < gradient.size(); ++k) gradient[k] = 100 + 3.0 * static_cast<double>(k);
  EXPECT_FALSE(find_jet(gradient).jet);
}

TEST(jet_projection, the_original_takes_the_first_of_equal_maxima_and_subtracts_nothing) {
  const std::vector<double> projection{3, 9, 4, 9};
  EXPECT_EQ(original_jet(projection).location, 1);
  EXPECT_EQ(original_jet(projection).height, 9);
}

}  // namespace
