#include "reduction/ring_window.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using namespace jt::reduction;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> profile{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

TEST(ring_window, ours_includes_both_ends) {
  const auto window = geometry_window(5, 2, 10);
  EXPECT_EQ(window.first, 3);
  EXPECT_EQ(window.last, 7);
  EXPECT_FALSE(window.clipped);
  EXPECT_EQ(ring_sum(profile, window), 3 + 4 + 5 + 6 + 7);
}

TEST(ring_window, ours_is_clipped_to_existing_bins_and_says_so) {
  const auto low = geometry_window(1, 3, 10), high = geometry_window(9, 3, 10);
  EXPECT_EQ(low.first, 0);
  EXPECT_EQ(low.last, 4);
  EXPECT_TRUE(low.clipped);
  EXPECT_EQ(high.first, 6);
  EXPECT_EQ(high.last, 9);
  EXPECT_TRUE(high.clipped);
}

TEST(ring_window, the_original_leaves_the_upper_end_out) {
  EXPECT_EQ(ring_sum(profile, original_window(5, 2, 10)), 3 + 4 + 5 + 6);
}

TEST(ring_window, the_original_takes_a_negative_start_from_the_end_as_python_does) {
  // profile[1-3:1+3] = profile[-2:4] is empty; profile[-5-3:-5+3] = profile[-8:-2] is not.
  EXPECT_TRUE(original_window(1, 3, 10).empty());
  EXPECT_EQ(ring_sum(profile, original_window(1, 3, 10)), 0);
  EXPECT_EQ(ring_sum(profile, original_window(-5, 3, 10)), 2 + 3 + 4 + 5 + 6 + 7);
  EXPECT_TRUE(original_window(200, 3, 10).empty());
}

TEST(ring_window, empty_bins_do_not_count_in_ours_and_spoil_the_originals) {
  const std::vector<double> gap{1, nan, 3};
  EXPECT_EQ(ring_sum(gap, {0, 2, false}), 4);
  EXPECT_TRUE(std::isnan(ring_sum(gap, {1, 1, false})));
  EXPECT_TRUE(std::isnan(original_ring_sum(gap, {0, 2, false})));
}

TEST(ring_window, the_baseline_is_the_straight_line_through_the_bins_beside) {
  const auto line = baseline_beside(profile, {0, 2, false}, {7, 9, false});
  EXPECT_DOUBLE_EQ(line.slope, 1);
  EXPECT_DOUBLE_EQ(line.at(5), 5);
  EXPECT_DOUBLE_EQ(baseline_sum(line, profile, {3, 6, false}), 3 + 4 + 5 + 6);
}

TEST(ring_window, a_baseline_with_one_side_is_level_and_without_any_is_unknown) {
  EXPECT_DOUBLE_EQ(baseline_beside(profile, {0, -1, false}, {7, 9, false}).at(0), 8);
  EXPECT_TRUE(std::isnan(baseline_beside(profile, {}, {}).at(0)));
}

}  // namespace
