#include "report/plot_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "report/report.hpp"

namespace {

using namespace jt::report;
using nlohmann::json;
using testing::ElementsAre;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(plot_json, values_that_are_not_finite_are_null_and_others_keep_seven_digits) {
  Profile plot;
  plot.x = {0, 1, 2, 3};
  plot.y = {1.23456789012, nan_value, infinity, -1e300};
  const json drawn = plot_json(plot);
  EXPECT_EQ(drawn["y"], json::parse("[1.234568, null, null, -1e300]"));
  EXPECT_EQ(drawn["window"], nullptr);
  EXPECT_EQ(drawn["peak"], nullptr);
  EXPECT_EQ(json::parse(drawn.dump()), drawn);
}

// Pixels 0, 1, none, 3 in steps of 3/65534: 0, 21844.67 -> 0x5555, 0xffff, 0xfffe; little endian 00 00 55 55
// ff ff fe ff.
TEST(plot_json, an_image_is_sixteen_bit_steps_with_a_mark_for_no_value) {
  Image image;
  image.rows = image.cols = 2;
  image.pixels = {0, 1, std::numeric_limits<float>::quiet_NaN(), 3};
  const json drawn = plot_json(image);
  EXPECT_EQ(drawn["steps"], "AABVVf///v8=");
  EXPECT_DOUBLE_EQ(drawn["zero"], 0);
  EXPECT_DOUBLE_EQ(drawn["step"], 3.0 / 65534);
  EXPECT_EQ(drawn["factor"], 1);
}

TEST(plot_json, an_image_without_any_value_or_of_one_value_is_still_drawn) {
  Image image;
  image.rows = 1;
  image.cols = 2;
  image.pixels = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  EXPECT_EQ(plot_json(image)["steps"], "/////w==");
  image.pixels = {7, 7};
  EXPECT_EQ(plot_json(image)["steps"], "AAAAAA==");
  EXPECT_EQ(plot_json(image)["zero"], 7);
}

TEST(plot_json, a_large_image_is_reduced_by_means_of_whole_blocks) {
  Image image;
  image.rows = image.cols = 1920;
  image.pixels.assign(image.rows * image.cols, 1);
  image.pixels[0] = 17;                                       // the first block of 4 x 4: (17 + 15) / 16 = 2
  image.pixels[4] = std::numeric_limits<float>::quiet_NaN();  // the second: the mean of the other 15 = 1
  ASSERT_EQ(page_factor(image), 4u);
  const json drawn = plot_json(image);
  EXPECT_EQ(drawn["rows"], 480);
  EXPECT_EQ(drawn["cols"], 480);
  EXPECT_DOUBLE_EQ(drawn["zero"], 1);
  EXPECT_EQ(drawn["steps"].get<std::string>().substr(0, 8), "/v8AAAAA");  // fe ff, 00 00, 00 00
}

TEST(plot_json, the_trend_of_a_series_is_the_median_of_blocks) {
  Series plot;
  for (int i = 0; i < 16; ++i) {
    plot.x.push_back(i);
    plot.y.push_back(i < 8 ? 1 : 5);
  }
  plot.y[3] = 1000;  // one wild shot moves no median
  plot.y[4] = nan_value;
  const json drawn = plot_json(plot);
  EXPECT_EQ(drawn["trend"]["block"], 8);
  EXPECT_EQ(drawn["trend"]["y"], json::parse("[1, 5]"));
}

TEST(plot_json, a_series_of_many_shots_is_thinned_and_says_so) {
  Series plot;
  plot.x.assign(12000, 0);
  plot.y.assign(12000, 1);
  const json drawn = plot_json(plot);
  EXPECT_EQ(drawn["x"].size(), 4000u);
  EXPECT_EQ(drawn["points_name"], "shot (every 3 is drawn)");
}

TEST(histogram, values_fall_into_equal_bins_and_the_last_edge_belongs_to_the_last_bin) {
  const std::vector<double> values = {0, 0.9, 1, 2.5, 4, nan_value, infinity};
  const Histogram plot = histogram_of(values, 4);
  EXPECT_THAT(plot.edges, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(plot.counts, ElementsAre(2, 1, 1, 1));
  EXPECT_EQ(plot.outside, 0u);
}

TEST(histogram, a_wild_value_does_not_squeeze_the_bulk_and_is_counted) {
  std::vector<double> values;
  for (int i = 0; i < 100; ++i) values.push_back(i);
  values.push_back(1e6);
  const Histogram plot = histogram_of(values, 10, Range::bulk);
  EXPECT_EQ(plot.outside, 1u);
  EXPECT_LE(plot.edges.back(), 75 + 5 * 50.0 + 5);
  EXPECT_EQ(histogram_of(values, 10).edges.back(), 1e6);
}

TEST(histogram, no_values_equal_values_and_huge_values_give_no_nonsense) {
  EXPECT_TRUE(histogram_of(std::vector<double>{nan_value}, 5).edges.empty());
  const Histogram equal = histogram_of(std::vector<double>{3, 3, 3}, 2);
  EXPECT_THAT(equal.edges, ElementsAre(2.5, 3, 3.5));
  EXPECT_EQ(equal.counts[0] + equal.counts[1], 3);
  const Histogram huge = histogram_of(std::vector<double>{-1.7e308, 1.7e308}, 2);
  EXPECT_THAT(huge.counts, ElementsAre(1, 1));
}

TEST(histogram, pairs_fall_into_rows_of_y_and_columns_of_x) {
  const std::vector<double> x = {0, 1, 1, nan_value}, y = {0, 0, 2, 1};
  const Histogram2d plot = histogram_2d_of(x, y, 2, 2);
  EXPECT_THAT(plot.counts, ElementsAre(1, 1, 0, 1));  // row of low y first
}

}  // namespace
