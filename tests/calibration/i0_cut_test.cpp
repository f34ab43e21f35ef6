#include "calibration/i0_cut.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

namespace {

using namespace jt::calibration;

std::size_t kept(const I0Cut& cut, const std::vector<double>& i0) {
  return static_cast<std::size_t>(
      std::count_if(i0.begin(), i0.end(), [&](double value) { return cut.accepts(value); }));
}

// Every count of `counts` becomes so many equal values in the middle of the bin; bin 0 starts at 0, width 1.
// A value at each end fixes the range, so that the histogram has these bins.
std::vector<double> values_of(const std::vector<int>& counts) {
  std::vector<double> values;
  for (std::size_t k = 0; k < counts.size(); ++k)
    for (int i = 0; i < counts[k]; ++i) values.push_back(static_cast<double>(k) + 0.5);
  values.push_back(0);
  values.push_back(static_cast<double>(counts.size()));
  return values;
}

TEST(original_i0_cut, ends_where_the_histogram_falls_below_a_tenth_of_the_mode) {
  std::vector<int> counts(50, 0);
  for (std::size_t k = 18; k <= 24; ++k)
    counts[k] = 100 - 30 * std::abs(static_cast<int>(k) - 21);  // 10 ... 100 ... 10
  counts[18] = counts[24] = 9;
  const I0Cut cut = original_i0_cut(values_of(counts));
  EXPECT_DOUBLE_EQ(cut.median, 21);
  EXPECT_DOUBLE_EQ(cut.low, 19);   // left edge of the bin above the first low one
  EXPECT_DOUBLE_EQ(cut.high, 24);  // left edge of the first low one
  EXPECT_DOUBLE_EQ(cut.high_written, 48);
  EXPECT_FALSE(cut.closed);
}

TEST(original_i0_cut, takes_half_of_the_mode_when_the_left_side_never_falls_below_a_tenth) {
  std::vector<int> counts(50, 0);
  for (std::size_t k = 0; k <= 10; ++k) counts[k] = 20;  // above 10 % of 100, below 50 %
  counts[11] = 60;
  counts[12] = 100;
  const I0Cut cut = original_i0_cut(values_of(counts));
  EXPECT_DOUBLE_EQ(cut.median, 12);
  EXPECT_DOUBLE_EQ(cut.low, 11);
  EXPECT_DOUBLE_EQ(cut.high, 13);
}

TEST(original_i0_cut, stays_at_the_mode_on_a_side_that_never_falls) {
  std::vector<int> counts(50, 90);
  counts[30] = 100;
  const I0Cut cut = original_i0_cut(values_of(counts));
  EXPECT_DOUBLE_EQ(cut.low, 30);
  EXPECT_DOUBLE_EQ(cut.high, 30);
}

TEST(geometry_i0_cut, all_equal_keeps_all) {
  const std::vector<double> i0(50, 3.25);
  EXPECT_EQ(kept(geometry_i0_cut(i0, 50, 0.1), i0), 50u);
}

TEST(geometry_i0_cut, a_population_apart_from_the_mode_is_left_out) {
  std::mt19937 random(3);
  std::normal_distribution<double> low(1.0, 0.05), high(2.0, 0.05);
  std::vector<double> i0;
  for (int i = 0; i < 300; ++i) i0.push_back(low(random));
  for (int i = 0; i < 700; ++i) i0.push_back(high(random));
  const I0Cut cut = geometry_i0_cut(i0, 50, 0.1);
  EXPECT_GT(cut.low, 1.4);
  EXPECT_GE(kept(cut, i0), 650u);
}

RC_GTEST_PROP(geometry_i0_cut, the_limits_are_ordered_and_inside_the_data, ()) {
  const auto whole =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-1000, 100000)));
  std::vector<double> i0(whole.begin(), whole.end());
  const auto bins = *rc::gen::inRange<std::size_t>(1, 200);
  const double reject = *rc::gen::inRange(1, 100) / 100.0;
  const I0Cut cut = geometry_i0_cut(i0, bins, reject);
  RC_ASSERT(cut.low <= cut.high);
  RC_ASSERT(cut.low >= *std::min_element(i0.begin(), i0.end()));
  RC_ASSERT(cut.high <= *std::max_element(i0.begin(), i0.end()));
  RC_ASSERT(kept(cut, i0) >= 1u);
  RC_ASSERT(cut.low <= cut.median && cut.median <= cut.high);
  RC_ASSERT(cut.high_written == cut.high);
}

RC_GTEST_PROP(geometry_i0_cut, uniform_i0_keeps_nineteen_of_twenty, ()) {
  std::mt19937 random(*rc::gen::arbitrary<unsigned>());
  const auto count = *rc::gen::inRange<std::size_t>(30, 3000);
  const double first = *rc::gen::inRange(0, 5);
  std::uniform_real_distribution<double> uniform(first, first + 1);
  std::vector<double> i0(count);
  for (double& value : i0) value = uniform(random);
  RC_ASSERT(static_cast<double>(kept(geometry_i0_cut(i0, 50, 0.1), i0)) >= 0.95 * static_cast<double>(count));
}

RC_GTEST_PROP(geometry_i0_cut, beam_off_shots_are_never_used, ()) {
  std::mt19937 random(*rc::gen::arbitrary<unsigned>());
  const auto count = *rc::gen::inRange<std::size_t>(100, 2000);
  const double off_share = *rc::gen::inRange(5, 71) / 100.0;
  std::normal_distribution<double> off(0, 0.005), on(1, *rc::gen::inRange(5, 20) / 100.0);
  std::vector<double> i0;
  const auto off_count = static_cast<std::size_t>(off_share * static_cast<double>(count));
  for (std::size_t i = 0; i < count; ++i) i0.push_back(i < off_count ? off(random) : on(random));
  const I0Cut cut = geometry_i0_cut(i0, 50, 0.1);
  for (std::size_t i = 0; i < off_count; ++i) RC_ASSERT(!cut.accepts(i0[i]));
  RC_ASSERT(static_cast<double>(kept(cut, i0)) >= 0.7 * static_cast<double>(count - off_count));
}

}  // namespace
