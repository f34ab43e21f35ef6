// The random numbers: published vectors, and the distributions by chi-square and Kolmogorov-Smirnov.
// Seeds are fixed: limits are those of p = 0.001, and a correct sampler passes always or never.
#include "simulator/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace jt::simulator {
namespace {

using Words = std::array<std::uint32_t, 4>;

TEST(Random, philox_gives_the_authors_test_vectors) {
  // kat_vectors of Random123, philox4x32 with 10 rounds
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t f = 0xffffffff;
  EXPECT_EQ(philox({f, f, f, f}, {f, f}), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, draws_depend_on_seed_stream_and_counter_alone) {
  Draws first(1, 2, 3);
  const double a = first.normal();
  (void)Draws(1, 2, 4).poisson(1000);
  EXPECT_EQ(Draws(1, 2, 3).normal(), a);
  EXPECT_NE(Draws(2, 2, 3).normal(), a);
  EXPECT_NE(Draws(1, 3, 3).normal(), a);
  EXPECT_NE(Draws(1, 2, 4).normal(), a);
}

TEST(Random, counters_do_not_share_blocks) {
  // the second block of one counter is not the first of the next
  Draws one(1, 1, 1);
  for (int i = 0; i < 4; ++i) (void)one.word();
  const std::uint32_t fifth = one.word();
  EXPECT_NE(fifth, Draws(1, 1, 2).word());
}

// Kolmogorov-Smirnov distance times sqrt(n); above 1.95 with probability 0.001.
double ks(std::vector<double> values, const std::function<double(double)>& distribution) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double f = distribution(values[i]);
    largest = std::max({largest, f - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - f});
  }
  return largest * std::sqrt(n);
}

constexpr int many = 100000;

std::vector<double> sample(std::uint64_t stream, const std::function<double(Draws&)>& draw) {
  std::vector<double> values;
  for (std::uint64_t i = 0; i < many; ++i) {
    Draws draws(20260101, stream, i);
    values.push_back(draw(draws));
  }
  return values;
}

TEST(Random, uniform_is_uniform) {
  EXPECT_LT(ks(sample(1, [](Draws& d) { return d.uniform(); }), [](double x) { return x; }), 1.95);
  EXPECT_LT(ks(sample(2,
                      [](Draws& d) {
                        (void)d.uniform();
                        return d.uniform(-2, 3);
                      }),
               [](double x) { return (x + 2) / 5; }),
            1.95);
}

TEST(Random, words_fill_all_bytes_evenly) {
  std::vector<double> counts(256, 0);
  for (std::uint64_t i = 0; i < many; ++i) counts[Draws(7, 7, i).word() >> 24U] += 1;
  double chi = 0;
  for (double c : counts) chi += (c - many / 256.0) * (c - many / 256.0) / (many / 256.0);
  EXPECT_LT(chi, 330.5);  // chi-square of 255 degrees of freedom, p = 0.001
}

TEST(Random, normal_is_normal) {
  EXPECT_LT(ks(sample(3, [](Draws& d) { return d.normal(); }),
               [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }),
            1.95);
}

TEST(Random, gamma_of_shape_25_is_the_waiting_time_for_25_events) {
  const auto erlang = [](double x) {  // 1 - sum of the first 25 Poisson terms
    double term = std::exp(-x);
    double sum = term;
    for (int k = 1; k < 25; ++k) sum += term *= x / k;
    return 1 - sum;
  };
  EXPECT_LT(ks(sample(4, [](Draws& d) { return d.gamma(25); }), erlang), 1.95);
}

TEST(Random, gamma_of_shape_1_is_exponential) {
  EXPECT_LT(ks(sample(5, [](Draws& d) { return d.gamma(1); }), [](double x) { return 1 - std::exp(-x); }),
            1.95);
}

TEST(Random, chance_is_right) {
  double hits = 0;
  for (std::uint64_t i = 0; i < many; ++i) hits += Draws(1, 6, i).chance(0.1) ? 1 : 0;
  EXPECT_NEAR(hits / many, 0.1, 3.3 * std::sqrt(0.09 / many));
  EXPECT_FALSE(Draws(1, 1, 1).chance(0));
  EXPECT_TRUE(Draws(1, 1, 1).chance(1));
}

class PoissonOf : public testing::TestWithParam<double> {};

// Cells of at least 5 expected counts, chi-square by the normal approximation of its cube root
// (Wilson and Hilferty): z < 3.09 is p = 0.001.
TEST_P(PoissonOf, has_the_probabilities_of_the_formula) {
  const double mean = GetParam();
  const auto values = sample(static_cast<std::uint64_t>(1000 + mean * 10),
                             [mean](Draws& d) { return static_cast<double>(d.poisson(mean)); });
  const double low = std::max(0.0, std::floor(mean - 5 * std::sqrt(mean)));
  const double high = std::ceil(mean + 5 * std::sqrt(mean) + 5);
  const double width = std::max(1.0, std::floor((high - low) / 60));
  double chi = 0;
  double cells = 0;
  double expected = 0;
  double seen = 0;
  std::vector<double> counts(static_cast<std::size_t>(high - low) + 2, 0);
  for (double v : values)
    if (v >= low && v <= high) counts[static_cast<std::size_t>(v - low)] += 1;
  double in_cell = 0;
  for (double k = low; k <= high; ++k) {
    expected += many * std::exp(k * std::log(mean) - mean - std::lgamma(k + 1));
    seen += counts[static_cast<std::size_t>(k - low)];
    if (++in_cell < width || expected < 5) continue;
    chi += (seen - expected) * (seen - expected) / expected;
    ++cells;
    expected = seen = in_cell = 0;
  }
  ASSERT_GT(cells, 1);
  const double free = cells - 1;
  const double z = (std::cbrt(chi / free) - (1 - 2 / (9 * free))) / std::sqrt(2 / (9 * free));
  EXPECT_LT(z, 3.09) << "chi-square " << chi << " in " << cells << " cells";
}

INSTANTIATE_TEST_SUITE_P(Random, PoissonOf,
                         testing::Values(0.1, 1.0, 3.7, 9.9, 10.1, 25.0, 300.0, 5000.0, 1e5));

TEST(Random, poisson_of_a_million_has_its_mean_and_variance) {
  const auto values = sample(9, [](Draws& d) { return static_cast<double>(d.poisson(1e6)); });
  double sum = 0;
  double squares = 0;
  for (double v : values) {
    sum += v - 1e6;
    squares += (v - 1e6) * (v - 1e6);
  }
  EXPECT_NEAR(sum / many, 0, 3.3 * 1000 / std::sqrt(many));
  EXPECT_NEAR(squares / many / 1e6, 1, 3.3 * std::sqrt(2.0 / many));
  EXPECT_EQ(Draws(1, 1, 1).poisson(0), 0U);
}

}  // namespace
}  // namespace jt::simulator
