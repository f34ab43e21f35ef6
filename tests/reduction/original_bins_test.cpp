#include "reduction/original_bins.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/errors.hpp"
#include "reduction/azimuthal_average.hpp"
#include "reduction/plain_average.hpp"
#include "support/support.hpp"

namespace {

using namespace jt::reduction;

// golden/masks.json: the original's get_r_masks executed with numpy on 11 shapes.
const nlohmann::json& golden_masks() {
  static const auto json =
      nlohmann::json::parse(jt::test::read_text(jt::test::testdata() / "golden" / "masks.json"));
  return json;
}

struct Case {
  const nlohmann::json& golden;
  std::uint32_t rows = golden.at("shape").at(0), cols = golden.at("shape").at(1);
  OriginalBins bins = make_original_bins(rows, cols, golden.at("bins"), {});
};

// The golden test image: float32 ((y*7919 + x*104729) % 1009) - 100.
std::vector<float> golden_image(std::uint32_t rows, std::uint32_t cols) {
  std::vector<float> image;
  for (std::uint64_t y = 0; y < rows; ++y)
    for (std::uint64_t x = 0; x < cols; ++x)
      image.push_back(static_cast<float>((y * 7919 + x * 104729) % 1009) - 100.0f);
  return image;
}

class original_masks : public testing::TestWithParam<std::size_t> {
 protected:
  Case case_{golden_masks().at("cases").at(GetParam())};
};

TEST_P(original_masks, have_the_golden_radii_to_the_last_bit) {
  EXPECT_EQ(case_.bins.bin_size,
            std::strtod(case_.golden.at("bin_size_hex").get<std::string>().c_str(), nullptr));
  const auto& radii = case_.golden.at("radii_hex");
  ASSERT_EQ(case_.bins.radii.size(), radii.size());
  for (std::size_t k = 0; k < radii.size(); ++k)
    EXPECT_EQ(case_.bins.radii[k], std::strtod(radii[k].get<std::string>().c_str(), nullptr)) << "mask " << k;
}

TEST_P(original_masks, hold_the_golden_number_of_pixels) {
  EXPECT_EQ(case_.bins.pixel_bins.pixels, case_.golden.at("count").get<std::vector<std::uint32_t>>());
  const auto& cells = case_.golden.at("cells_lo_hi_count");
  std::map<std::pair<int, int>, std::uint32_t> expected, found;
  for (const auto& cell : cells) expected[{cell[0], cell[1]}] = cell[2];
  const std::pair<int, int> in_no_mask{static_cast<int>(case_.bins.pixel_bins.bins),
                                       -1};  // as golden says it
  for (const std::uint16_t cell : case_.bins.pixel_bins.cell) {
    if (cell == case_.bins.pixel_bins.nowhere()) {
      ++found[in_no_mask];
      continue;
    }
    const auto& range = case_.bins.pixel_bins.cells[cell];
    ++found[{range.first_bin, range.last_bin}];
  }
  EXPECT_EQ(found, expected);
}

TEST_P(original_masks, give_the_golden_means_plain_and_fast) {
  const auto image = golden_image(case_.rows, case_.cols);
  const std::size_t bins = case_.bins.pixel_bins.bins;
  std::vector<double> plain(bins), fast(bins);
  plain_average(case_.bins.pixel_bins, image, plain);
  WorkerPool pool(2);
  AzimuthalAverage average(case_.bins.pixel_bins, pool);
  average.of_values(image, fast, nullptr);
  for (std::size_t k = 0; k < bins; ++k) {
    const auto& mean = case_.golden.at("mean_float64").at(k);
    const auto& sum = case_.golden.at("sum_int").at(k);
    if (mean.is_null()) {
      EXPECT_TRUE(std::isnan(plain[k]) && std::isnan(fast[k])) << "mask " << k;
      continue;
    }
    // Whole numbers below 2^53: sums are exact in double, whatever the order.
    const double exact = sum.get<double>() / case_.golden.at("count").at(k).get<double>();
    EXPECT_EQ(plain[k], exact) << "mask " << k;
    EXPECT_EQ(fast[k], exact) << "mask " << k;
    EXPECT_DOUBLE_EQ(plain[k], mean.get<double>()) << "mask " << k;
    const double numpy = case_.golden.at("mean_numpy_float32").at(k);
    EXPECT_NEAR(plain[k], numpy, 1e-5 * std::abs(numpy)) << "mask " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(golden, original_masks, testing::Range(std::size_t{0}, std::size_t{11}));

TEST(original_bins, all_golden_shapes_are_tested) { EXPECT_EQ(golden_masks().at("cases").size(), 11u); }

TEST(original_bins, bad_pixels_are_zeros_that_count_in_the_mean) {
  const std::uint32_t size = 20;
  std::vector<std::uint8_t> good(size * size, 1);
  std::vector<float> ones(size * size, 1.0f);
  good[7 * size + 3] = 0;
  const auto all = make_original_bins(size, size, 5, {});
  const auto masked = make_original_bins(size, size, 5, good);
  EXPECT_EQ(all.pixel_bins.pixels, masked.pixel_bins.pixels);
  std::vector<double> profile(masked.pixel_bins.bins);
  plain_average(masked.pixel_bins, ones, profile);
  // sqrt(7^2 + 3^2) = 7.6 from the centre (10, 10): in every mask with |7.6 - middle| < bin_size.
  for (std::size_t k = 0; k < profile.size(); ++k) {
    const bool holds_it = std::abs(std::hypot(7.0, 3.0) - masked.radii[k]) < masked.bin_size;
    const double count = masked.pixel_bins.pixels[k];
    EXPECT_DOUBLE_EQ(profile[k], holds_it ? (count - 1) / count : 1.0) << "mask " << k;
  }
}

TEST(original_bins, an_image_too_small_for_masks_is_refused) {
  EXPECT_THROW(make_original_bins(1, 1, 100, {}), jt::SetupError);
}

// Two panels with a gap between them, the second one over the last column of the first, one bad pixel.
class TwoPanels : public jt::detector::AreaDetector {
 public:
  TwoPanels() {
    pixels_.shape = {2, 9, 8};
    pixels_.good.assign(pixels_.shape.pixels(), 1);
    pixels_.good[20] = 0;
    pixels_.good[9 * 8 + 3] = 0;
    layout_.rows = 14;
    layout_.cols = 15;
    for (std::uint32_t panel = 0; panel < 2; ++panel)
      for (std::uint32_t row = 0; row < 9; ++row)
        for (std::uint32_t col = 0; col < 8; ++col)
          layout_.cell.push_back((row + 4 * panel) * 15 + col + 7 * panel);
  }
  std::size_t calibrate(const jt::RawFrame&, jt::detector::SaturatedPixels, std::span<float>) const override {
    return 0;
  }
};

TEST(original_bins_of_panels, give_the_profile_of_the_assembled_image) {
  const TwoPanels detector;
  std::vector<float> values(detector.pixels().shape.pixels());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>((i * 7919) % 1009);

  // The picture by hand: zeros, then one pixel after the other, bad ones as zeros.
  std::vector<double> image(14 * 15, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i)
    image[detector.layout().cell[i]] = detector.pixels().good[i] != 0 ? static_cast<double>(values[i]) : 0.0;
  const OriginalBins of_image = make_original_bins(14, 15, 6, {});
  const OriginalBins of_panels = make_original_bins(detector, 6);
  ASSERT_EQ(of_panels.radii, of_image.radii);

  jt::reduction::WorkerPool pool(1);
  jt::reduction::AzimuthalAverage average(of_panels.pixel_bins, pool);
  std::vector<double> profile(of_panels.pixel_bins.bins);
  average.of_values(values, profile, nullptr);
  for (std::size_t k = 0; k < of_image.radii.size(); ++k) {
    double sum = 0, count = 0;
    for (int row = 0; row < 14; ++row)
      for (int col = 0; col < 15; ++col) {
        const double r = std::hypot(col - 7.5, row - 7.0);
        if (!(r > of_image.radii[k] - of_image.bin_size && r < of_image.radii[k] + of_image.bin_size))
          continue;
        sum += image[static_cast<std::size_t>(row * 15 + col)];
        count += 1;
      }
    EXPECT_NEAR(profile[k], sum / count, 1e-9 * sum) << "mask " << k;
  }
}

}  // namespace
