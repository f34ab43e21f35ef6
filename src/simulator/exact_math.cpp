#include "simulator/exact_math.hpp"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>

// Built with -ffp-contract=off (CMakeLists.txt). From <cmath> only sqrt and floor are used: IEEE 754 fixes
// their results to the last bit, as it does those of + - * /.

namespace jt::simulator::exact {
namespace {

constexpr double ln2_high = 0x1.62e42fee00000p-1;  // 33 bits of ln 2: k * ln2_high is exact for |k| < 2^20
constexpr double ln2_low = 0x1.a39ef35793c76p-33;  // the rest

// Polynomial c[0] + c[1] x + ... by Horner's rule, always in this order.
template <std::size_t n>
double polynomial(const std::array<double, n>& c, double x) {
  double sum = c[n - 1];
  for (std::size_t i = n - 1; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

double power_of_two(int exponent) {  // -1022 <= exponent <= 1023
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52U);
}

}  // namespace

double log(double x) {
  assert(x > 0);
  int exponent = 0;
  if (x < 0x1p-1022) {  // subnormal: bring it into the normal range first
    x *= 0x1p54;
    exponent = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52U) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0xfffffffffffffULL) | 0x3ff0000000000000ULL);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  // ln m = 2 atanh s, s = (m - 1) / (m + 1), |s| < 0.1716: the series to s^21 leaves s^22 / 23 < 1e-18
  const double s = (mantissa - 1) / (mantissa + 1);
  static constexpr std::array<double, 10> odd{2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                                              2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
  const double square = s * s;
  const double tail = s * (square * polynomial(odd, square));
  const double k = exponent;
  return k * ln2_high + (2 * s + (tail + k * ln2_low));
}

double exp(double x) {
  if (x < -700) return 0;
  if (x > 700) x = 700;
  const double k = std::floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - k * ln2_high) - k * ln2_low;  // |r| <= 0.347: r^15 / 15! < 1e-19
  static constexpr std::array<double, 15> taylor{1.0,
                                                 1.0,
                                                 1.0 / 2,
                                                 1.0 / 6,
                                                 1.0 / 24,
                                                 1.0 / 120,
                                                 1.0 / 720,
                                                 1.0 / 5040,
                                                 1.0 / 40320,
                                                 1.0 / 362880,
                                                 1.0 / 3628800,
                                                 1.0 / 39916800,
                                                 1.0 / 479001600,
                                                 1.0 / 6227020800.0,
                                                 1.0 / 87178291200.0};
  return polynomial(taylor, r) * power_of_two(static_cast<int>(k));
}

double pow(double x, double y) {
  if (x <= 0) return y == 0 ? 1 : 0;
  return exp(y * log(x));
}

double sin_turns(double turns) {
  double t = turns - std::floor(turns + 0.5);  // -0.5 <= t < 0.5, exact
  if (t > 0.25) t = 0.5 - t;
  if (t < -0.25) t = -0.5 - t;
  const double y = t * 6.283185307179586;  // |y| <= pi / 2: y^23 / 23! < 2e-18
  static constexpr std::array<double, 11> taylor{1.0,
                                                 -1.0 / 6,
                                                 1.0 / 120,
                                                 -1.0 / 5040,
                                                 1.0 / 362880,
                                                 -1.0 / 39916800,
                                                 1.0 / 6227020800.0,
                                                 -1.0 / 1307674368000.0,
                                                 1.0 / 355687428096000.0,
                                                 -1.0 / 121645100408832000.0,
                                                 1.0 / 51090942171709440000.0};
  return y * polynomial(taylor, y * y);
}

double log_factorial(double k) {
  static constexpr std::array<double, 10> factorials{1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880};
  assert(k >= 0);
  if (k < 10) return log(factorials[static_cast<std::size_t>(k)]);
  // Stirling's series to 1/k^7; the next term, k^-9 / 1188, is below 1e-12 from k = 10 on
  static constexpr std::array<double, 4> stirling{1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680};
  const double inverse = 1 / k;
  return (k + 0.5) * log(k) - k + 0.91893853320467274178 + inverse * polynomial(stirling, inverse * inverse);
}

double normal_quantile(double p) {
  assert(p > 0 && p < 1);
  const double q = p - 0.5;
  if (q <= 0.425 && q >= -0.425) {
    static constexpr std::array<double, 8> a{3.3871328727963666080e0,  1.3314166789178437745e+2,
                                             1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                             4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                             3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static constexpr std::array<double, 8> b{1.0,
                                             4.2313330701600911252e+1,
                                             6.8718700749205790830e+2,
                                             5.3941960214247511077e+3,
                                             2.1213794301586595867e+4,
                                             3.9307895800092710610e+4,
                                             2.8729085735721942674e+4,
                                             5.2264952788528545610e+3};
    const double r = 0.180625 - q * q;
    return q * polynomial(a, r) / polynomial(b, r);
  }
  double r = std::sqrt(-log(q < 0 ? p : 1 - p));
  double x = 0;
  if (r <= 5) {
    static constexpr std::array<double, 8> c{1.42343711074968357734e0,  4.63033784615654529590e0,
                                             5.76949722146069140550e0,  3.64784832476320460504e0,
                                             1.27045825245236838258e0,  2.41780725177450611770e-1,
                                             2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr std::array<double, 8> d{1.0,
                                             2.05319162663775882187e0,
                                             1.67638483018380384940e0,
                                             6.89767334985100004550e-1,
                                             1.48103976427480074590e-1,
                                             1.51986665636164571966e-2,
                                             5.47593808499534494600e-4,
                                             1.05075007164441684324e-9};
    r -= 1.6;
    x = polynomial(c, r) / polynomial(d, r);
  } else {
    static constexpr std::array<double, 8> e{6.65790464350110377720e0,  5.46378491116411436990e0,
                                             1.78482653991729133580e0,  2.96560571828504891230e-1,
                                             2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                             2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr std::array<double, 8> f{1.0,
                                             5.99832206555887937690e-1,
                                             1.36929880922735805310e-1,
                                             1.48753612908506148525e-2,
                                             7.86869131145613259100e-4,
                                             1.84631831751005468180e-5,
                                             1.42151175831644588870e-7,
                                             2.04426310338993978564e-15};
    r -= 5;
    x = polynomial(e, r) / polynomial(f, r);
  }
  return q < 0 ? -x : x;
}

}  // namespace jt::simulator::exact
