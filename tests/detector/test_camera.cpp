// Cameras: raw pixels become floats, saturated ones are counted and left out.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/errors.hpp"
#include "detector/area_detector.hpp"

namespace {

using namespace jt;
using namespace jt::detector;

template <class Pixel, std::size_t n>
RawFrame frame_of(const std::array<Pixel, n>& pixels, PanelView& view, PixelType type, Shape shape) {
  view = {0, reinterpret_cast<const std::byte*>(pixels.data())};
  return {type, shape, type == PixelType::u8 ? 0xffu : 4095u, {&view, 1}};
}

TEST(Camera, values_are_the_raw_numbers_and_radii_are_in_pixels) {
  const std::array<std::uint16_t, 6> pixels{0, 1, 2, 300, 4, 4094};
  PanelView view;
  const auto camera = make_camera({1, 2, 3}, {});
  std::array<float, 6> values{};
  EXPECT_EQ(camera->calibrate(frame_of(pixels, view, PixelType::u16, {1, 2, 3}), SaturatedPixels::become_nan,
                              values),
            0u);
  EXPECT_EQ(values, (std::array<float, 6>{0, 1, 2, 300, 4, 4094}));
  EXPECT_EQ(camera->pixels().unit, PixelMap::Unit::pixel);
  EXPECT_EQ(camera->pixels().x, (std::vector<double>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(camera->pixels().y, (std::vector<double>{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(camera->pixels().good, std::vector<std::uint8_t>(6, 1));
}

TEST(Camera, saturated_pixels_are_counted_and_become_nan_unless_they_shall_stay) {
  const std::array<std::uint16_t, 4> pixels{4095, 5, 4096, 4094};
  PanelView view;
  const RawFrame frame = frame_of(pixels, view, PixelType::u16, {1, 2, 2});
  const auto camera = make_camera({1, 2, 2}, {});
  std::array<float, 4> values{};
  EXPECT_EQ(camera->calibrate(frame, SaturatedPixels::become_nan, values), 2u);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_EQ(values[1], 5.0f);
  EXPECT_TRUE(std::isnan(values[2]));
  EXPECT_EQ(values[3], 4094.0f);
  EXPECT_EQ(camera->calibrate(frame, SaturatedPixels::stay, values), 2u);
  EXPECT_EQ(values[2], 4096.0f);
}

TEST(Camera, bytes_may_lie_at_any_address) {
  std::array<std::byte, 9> bytes{};
  const std::array<std::uint16_t, 4> pixels{1, 2, 3, 4};
  std::memcpy(bytes.data() + 1, pixels.data(), 8);
  const PanelView view{0, bytes.data() + 1};
  std::array<float, 4> values{};
  make_camera({1, 2, 2}, {})
      ->calibrate({PixelType::u16, {1, 2, 2}, 0xffff, {&view, 1}}, SaturatedPixels::stay, values);
  EXPECT_EQ(values, (std::array<float, 4>{1, 2, 3, 4}));
}

TEST(Camera, a_byte_camera_and_a_signed_one_are_read) {
  PanelView view;
  std::array<float, 2> values{};
  const std::array<std::uint8_t, 2> bytes{254, 255};
  EXPECT_EQ(make_camera({1, 1, 2}, {})
                ->calibrate(frame_of(bytes, view, PixelType::u8, {1, 1, 2}), SaturatedPixels::stay, values),
            1u);
  EXPECT_EQ(values, (std::array<float, 2>{254, 255}));
  const std::array<std::int16_t, 2> signed_pixels{-3, 7};
  EXPECT_EQ(make_camera({1, 1, 2}, {})
                ->calibrate(frame_of(signed_pixels, view, PixelType::i16, {1, 1, 2}), SaturatedPixels::stay,
                            values),
            0u);
  EXPECT_EQ(values, (std::array<float, 2>{-3, 7}));
}

TEST(Camera, a_frame_of_another_shape_is_refused) {
  std::array<float, 4> values{};
  const auto camera = make_camera({1, 2, 2}, {});
  EXPECT_THROW(camera->calibrate({PixelType::u16, {1, 2, 3}, 0xffff, {}}, SaturatedPixels::stay, values),
               std::invalid_argument);
}

TEST(Camera, a_mask_marks_bad_pixels_and_must_have_the_cameras_size) {
  EXPECT_EQ(make_camera({1, 1, 2}, {0, 1})->pixels().good, (std::vector<std::uint8_t>{0, 1}));
  EXPECT_THROW(make_camera({1, 1, 2}, {0, 1, 1}), SetupError);
  EXPECT_THROW(make_camera({}, {}), SetupError);
}

}  // namespace
