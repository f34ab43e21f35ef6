// The exact functions against the C library's in long double (64-bit mantissa): an outside truth.
#include "simulator/exact_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace jt::simulator::exact {
namespace {

double relative_error(double value, long double truth) {
  return static_cast<double>(std::fabs((static_cast<long double>(value) - truth) / truth));
}

TEST(ExactMath, log_is_right_to_the_stated_error) {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    if (std::fabs(x - 1) < 0.5) continue;
    EXPECT_LT(relative_error(log(x), std::log(static_cast<long double>(x))), 4e-16) << x;
  }
  for (double x = 0.5; x < 2; x += 0.000917)
    EXPECT_LT(std::fabs(static_cast<double>(log(x) - std::log(static_cast<long double>(x)))), 2e-16) << x;
  EXPECT_EQ(log(1.0), 0.0);
  EXPECT_NEAR(log(4.9406564584124654e-324), -744.44007192138127, 1e-11);  // the smallest subnormal
}

TEST(ExactMath, exp_is_right_to_the_stated_error) {
  for (double x = -699.9; x < 700; x += 0.0973)
    EXPECT_LT(relative_error(exp(x), std::exp(static_cast<long double>(x))), 1e-15) << x;
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(exp(-800.0), 0.0);
}

TEST(ExactMath, pow_is_right_to_the_stated_error) {
  for (double x = 0.01; x < 20; x *= 1.21)
    for (double y = -9; y < 9; y += 0.37) {
      const double allowed = (1 + std::fabs(y * std::log(x))) * 1e-15;
      EXPECT_LT(relative_error(pow(x, y), std::pow(static_cast<long double>(x), static_cast<long double>(y))),
                allowed);
    }
  EXPECT_EQ(pow(0, 2), 0);
  EXPECT_EQ(pow(0, 0), 1);
}

TEST(ExactMath, sine_is_right_to_the_stated_error) {
  for (double t = -0.999; t < 1; t += 0.000731) {
    const long double truth =
        std::sin(2 * 3.14159265358979323846264338327950288L * static_cast<long double>(t));
    EXPECT_LT(std::fabs(static_cast<double>(sin_turns(t) - truth)), 5e-16) << t;
  }
  EXPECT_EQ(sin_turns(0.25), 1);
  EXPECT_EQ(sin_turns(1000000.25), 1);
}

TEST(ExactMath, log_factorial_is_right_to_the_stated_error) {
  for (double k = 0; k < 1e9; k = std::floor(k * 1.3) + 1) {
    const auto truth = static_cast<double>(std::lgamma(static_cast<long double>(k) + 1));
    EXPECT_NEAR(log_factorial(k), truth, 1e-10 + 4e-16 * truth) << k;
  }
}

TEST(ExactMath, normal_quantile_undoes_the_normal_distribution) {
  // from tables of the normal distribution (16 digits)
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 4e-15);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-14);
  EXPECT_EQ(normal_quantile(0.5), 0);
  for (double p = 1e-15; p < 1; p = p < 0.01 ? p * 1.7 : p + 0.00317) {
    const long double back =
        0.5L * std::erfc(-static_cast<long double>(normal_quantile(p)) / std::sqrt(2.0L));
    EXPECT_LT(relative_error(p, back), 2e-14) << p;  // 1e-15 in z, times z^2 < 64 in the far tail
  }
}

}  // namespace
}  // namespace jt::simulator::exact
