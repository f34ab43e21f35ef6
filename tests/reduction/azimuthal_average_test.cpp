#include "reduction/azimuthal_average.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <random>

#include "reduction/plain_average.hpp"
#include "reduction/radial_bins.hpp"

namespace {

using namespace jt::reduction;
using jt::detector::SaturatedPixels;

constexpr std::uint32_t rows = 401, cols = 517;  // several stripes, the last one short

struct Camera {
  std::unique_ptr<jt::detector::AreaDetector> detector;
  RadialBins bins;

  Camera() {
    std::mt19937 random(1);
    std::vector<std::uint8_t> mask(rows * cols);
    for (auto& good : mask) good = random() % 20 != 0;
    detector = jt::detector::make_camera({1, rows, cols}, mask);
    bins = make_radial_bins(detector->pixels(), natural_centre(detector->pixels()), 90);
  }
};

// Random pixels, one in 200 saturated (65535), stored at an odd address.
struct Picture {
  std::vector<std::byte> bytes = std::vector<std::byte>(2 * rows * cols + 1);
  jt::PanelView panel{0, bytes.data() + 1};

  explicit Picture(unsigned seed) {
    std::mt19937 random(seed);
    for (std::size_t i = 0; i < rows * cols; ++i) {
      const auto value = static_cast<std::uint16_t>(random() % 200 == 0 ? 65535 : random() % 5000);
      std::memcpy(bytes.data() + 1 + 2 * i, &value, 2);
    }
  }
  [[nodiscard]] jt::RawFrame raw() const { return {jt::PixelType::u16, {1, rows, cols}, 65535, {&panel, 1}}; }
};

void expect_equal_profiles(const std::vector<double>& a, const std::vector<double>& b, double relative) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (std::isnan(a[k])) {
      EXPECT_TRUE(std::isnan(b[k])) << "bin " << k;
    } else {
      EXPECT_NEAR(a[k], b[k], relative * std::abs(a[k])) << "bin " << k;
    }
  }
}

TEST(azimuthal_average, the_mean_of_a_bin_is_over_its_good_and_finite_pixels) {
  // Two bins by hand: cells 0 0 1 1, one pixel used nowhere.
  PixelBins bins{2, {{0, 0}, {1, 1}}, {0, 0, 1, 1, 2}, {2, 2}};
  const std::vector<float> values{1.0f, 3.0f, 10.0f, std::numeric_limits<float>::quiet_NaN(), 1e9f};
  std::vector<double> profile(2);
  plain_average(bins, values, profile);
  EXPECT_EQ(profile, (std::vector<double>{2, 10}));
}

TEST(azimuthal_average, a_bin_without_valid_pixels_is_empty_and_not_zero) {
  PixelBins bins{2, {{0, 0}, {1, 1}}, {0, 1}, {1, 1}};
  const std::vector<float> values{5.0f, std::numeric_limits<float>::infinity()};
  std::vector<double> profile(2);
  plain_average(bins, values, profile);
  EXPECT_EQ(profile[0], 5);
  EXPECT_TRUE(std::isnan(profile[1]));
}

TEST(azimuthal_average, raw_frames_give_the_same_as_calibrating_and_the_plain_reference) {
  const Camera camera;
  WorkerPool pool(2);
  AzimuthalAverage average(camera.bins.pixel_bins, pool);
  for (const auto saturated : {SaturatedPixels::become_nan, SaturatedPixels::stay}) {
    const Picture picture(7);
    std::vector<float> values(rows * cols);
    const std::size_t expected_saturated = camera.detector->calibrate(picture.raw(), saturated, values);
    std::vector<double> plain(90), of_values(90), of_raw(90);
    plain_average(camera.bins.pixel_bins, values, plain);
    average.of_values(values, of_values, nullptr);
    EXPECT_EQ(average.of_camera(picture.raw(), saturated, of_raw, nullptr), expected_saturated);
    expect_equal_profiles(plain, of_raw, 0);  // whole numbers: exact in any order
    expect_equal_profiles(plain, of_values, 0);
  }
}

TEST(azimuthal_average, eight_bit_frames_are_taken_as_well) {
  const Camera camera;
  std::vector<std::byte> bytes(rows * cols);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37 % 251);
  const jt::PanelView panel{0, bytes.data()};
  const jt::RawFrame raw{jt::PixelType::u8, {1, rows, cols}, 250, {&panel, 1}};
  WorkerPool pool(2);
  AzimuthalAverage average(camera.bins.pixel_bins, pool);
  std::vector<float> values(rows * cols);
  camera.detector->calibrate(raw, SaturatedPixels::become_nan, values);
  std::vector<double> plain(90), fast(90);
  plain_average(camera.bins.pixel_bins, values, plain);
  average.of_camera(raw, SaturatedPixels::become_nan, fast, nullptr);
  expect_equal_profiles(plain, fast, 0);
}

TEST(azimuthal_average, real_values_agree_with_the_plain_reference_to_rounding) {
  const Camera camera;
  std::mt19937 random(3);
  std::normal_distribution<float> normal(2.0f, 1.0f);
  std::vector<float> values(rows * cols);
  for (float& value : values) value = normal(random);
  values[12345] = std::numeric_limits<float>::quiet_NaN();
  WorkerPool pool(2);
  AzimuthalAverage average(camera.bins.pixel_bins, pool);
  std::vector<double> plain(90), fast(90);
  plain_average(camera.bins.pixel_bins, values, plain);
  average.of_values(values, fast, nullptr);
  expect_equal_profiles(plain, fast, 1e-12);
}

TEST(azimuthal_average, results_do_not_depend_on_the_number_of_threads) {
  const Camera camera;
  std::mt19937 random(5);
  std::normal_distribution<float> normal(2.0f, 1.0f);
  std::vector<float> values(rows * cols);
  for (float& value : values) value = normal(random);
  std::vector<double> first;
  for (const unsigned threads : {1u, 2u, 3u, 7u}) {
    WorkerPool pool(threads);
    AzimuthalAverage average(camera.bins.pixel_bins, pool);
    std::vector<double> profile(90);
    average.of_values(values, profile, nullptr);
    if (first.empty()) first = profile;
    EXPECT_EQ(profile, first) << threads << " threads";  // to the last bit
  }
}

TEST(azimuthal_average, the_image_sum_is_the_mean_over_the_frames_that_had_a_value) {
  const Camera camera;
  WorkerPool pool(2);
  AzimuthalAverage average(camera.bins.pixel_bins, pool);
  ImageSum image(rows * cols);
  std::vector<double> sum(rows * cols), count(rows * cols), profile(90);
  std::vector<float> values(rows * cols);
  for (unsigned seed = 1; seed <= 5; ++seed) {
    const Picture picture(seed);
    average.of_camera(picture.raw(), SaturatedPixels::become_nan, profile, &image);
    camera.detector->calibrate(picture.raw(), SaturatedPixels::become_nan, values);
    average.of_values(values, profile, &image);  // both ways of adding go into the same sum
    for (std::size_t i = 0; i < sum.size(); ++i)
      if (std::isfinite(values[i])) {
        sum[i] += 2.0 * static_cast<double>(values[i]);
        count[i] += 2;
      }
  }
  EXPECT_EQ(image.frames(), 10u);
  const auto mean = image.mean();
  for (std::size_t i = 0; i < sum.size(); ++i) {
    if (count[i] == 0)
      EXPECT_TRUE(std::isnan(mean[i]));
    else
      EXPECT_FLOAT_EQ(mean[i], static_cast<float>(sum[i] / count[i]));
  }
}

}  // namespace
