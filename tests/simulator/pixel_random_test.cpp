// The twin's pixel words, photon counts and noise against what they should be: published Philox answers,
// probabilities computed with the machine's own libm, and chi-square over many draws.
#include "simulator/pixel_random.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "simulator/random.hpp"

namespace jt::simulator {
namespace {

// Poisson probability by libm: independent of the tables' own arithmetic.
double poisson(double mean, double k) { return std::exp(k * std::log(mean) - mean - std::lgamma(k + 1)); }

// The chi-square value that one in 10000 right samples exceeds (Wilson and Hilferty's approximation).
double chi_square_limit(double degrees) {
  const double z = 3.719, a = 2 / (9 * degrees);
  return degrees * std::pow(1 - a + z * std::sqrt(a), 3);
}

TEST(PixelWords, are_those_of_philox_with_the_keys_of_pixels) {
  std::vector<std::uint32_t> words(4 * 40);
  fill_words({0x0123456789abcdefULL, 7, 3}, 11, 100, words);
  for (std::uint32_t block = 0; block < 40; ++block) {
    const auto one = philox({100 + block, 11, 7, 3}, {0x89abcdefU ^ 0x70697865U, 0x01234567U ^ 0x6c730001U});
    for (std::size_t w = 0; w < 4; ++w) EXPECT_EQ(words[4 * block + w], one[w]) << block;
  }
}

TEST(PixelWords, do_not_depend_on_how_they_are_asked_for) {
  std::vector<std::uint32_t> whole(4 * 100), part(4 * 7);
  const WordStream stream{5, 2, 1};
  fill_words(stream, 9, 0, whole);
  for (std::uint32_t first = 0; first + 7 <= 100; first += 13) {
    fill_words(stream, 9, first, part);
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 4 * first)) << first;
  }
}

class CountOfMean : public testing::TestWithParam<double> {};

// Where the table goes from one count to the next is where the distribution function does, to 2^-31.
TEST_P(CountOfMean, has_the_distribution_of_poisson) {
  const double mean = GetParam();
  const CountTable table(mean);
  double below = 0;
  const double last = mean + 7 * std::sqrt(mean) + 8;
  for (double k = 0; k < last; ++k) {
    below += poisson(mean, k);
    if (below < 1e-9 || below > 1 - 1e-9) continue;
    const double edge = below * 0x1p32;
    const double slack = 4 + 1e-9 * 0x1p32 * std::min(1.0, mean / 1000);  // lgamma's own error grows
    if (edge - slack > 0) {
      EXPECT_LE(table(static_cast<std::uint32_t>(edge - slack)), k) << "mean " << mean;
    }
    if (edge + slack < 0x1p32) {
      EXPECT_GT(table(static_cast<std::uint32_t>(edge + slack)), k) << "mean " << mean;
    }
  }
}

TEST_P(CountOfMean, comes_out_of_words_as_chi_square_expects) {
  const double mean = GetParam();
  const CountTable table(mean);
  std::vector<std::uint32_t> words(400'000);
  fill_words({17, 1, 1}, static_cast<std::uint32_t>(mean * 1000), 0, words);
  std::map<std::uint32_t, double> seen;
  for (const std::uint32_t word : words) ++seen[table(word)];
  const auto n = static_cast<double>(words.size());
  double chi_square = 0, degrees = -1, rest_expected = n, rest_seen = n;
  for (double k = 0; k < mean + 8 * std::sqrt(mean) + 10; ++k) {
    const double expected = n * poisson(mean, k);
    if (expected < 10) continue;
    const double count = seen[static_cast<std::uint32_t>(k)];
    chi_square += (count - expected) * (count - expected) / expected;
    rest_expected -= expected;
    rest_seen -= count;
    ++degrees;
  }
  if (rest_expected >= 10) {
    chi_square += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
    ++degrees;
  }
  EXPECT_LT(chi_square, chi_square_limit(degrees)) << "mean " << mean << ", degrees of freedom " << degrees;
}

INSTANTIATE_TEST_SUITE_P(means, CountOfMean, testing::Values(0.003, 0.3, 1.0, 7.5, 60.0, 900.0, 20000.0));

TEST(CountTable, of_no_light_gives_no_photon) {
  const CountTable table(0);
  for (const std::uint32_t word : {0U, 1U, 0x80000000U, 0xffffffffU}) EXPECT_EQ(table(word), 0U);
}

TEST(NoiseTable, has_the_quantiles_of_the_normal_distribution) {
  const double sigma = 8;
  const NoiseTable noise(sigma);
  double sum = 0, squares = 0;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const double value = noise(bits) / 16.0;
    sum += value;
    squares += value * value;
    // the share of values up to this one is the normal distribution function there, but for rounding
    const double share = 0.5 * std::erfc(-value / sigma / std::sqrt(2.0));
    const double half_step = 1.0 / 32 / sigma * 0.399;  // 1/32 unit times the steepest density
    EXPECT_NEAR(share, (bits + 0.5) / 65536, half_step + 1e-5);
  }
  EXPECT_NEAR(sum / 65536, 0, 1e-3);
  EXPECT_NEAR(std::sqrt(squares / 65536), sigma, 1e-3 * sigma);
}

}  // namespace
}  // namespace jt::simulator
