#include "simulator/random.hpp"

#include <cassert>
#include <cmath>

#include "simulator/exact_math.hpp"

// Built with -ffp-contract=off (CMakeLists.txt): every branch below decides the same way everywhere.

namespace jt::simulator {
namespace {

std::uint64_t poisson_by_inversion(double mean, double u) {
  double probability = exact::exp(-mean);
  std::uint64_t k = 0;
  while (u > probability && k < 200) {  // for a mean of 10, P(k > 200) < 1e-180
    u -= probability;
    ++k;
    probability *= mean / static_cast<double>(k);
  }
  return k;
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

Draws::Draws(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter)
    : counter_{static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32U) << 16U,
               static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32U)},
      key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)} {
  assert(counter < (std::uint64_t{1} << 48U));
}

void Draws::refill() {
  words_ = philox(counter_, key_);
  // the low 16 bits of the second word count the blocks of this counter
  counter_[1] = (counter_[1] & 0xffff0000U) | ((counter_[1] + 1) & 0xffffU);
  used_ = 0;
}

std::uint32_t Draws::word() {
  if (used_ == 4) refill();
  return words_[used_++];
}

double Draws::uniform() {
  const std::uint64_t high = word();
  const std::uint64_t bits = (high << 32U) | word();
  return (static_cast<double>(bits >> 12U) + 0.5) * 0x1p-52;
}

double Draws::uniform(double low, double high) { return low + (high - low) * uniform(); }

bool Draws::chance(double p) { return static_cast<double>(word()) < p * 0x1p32; }

double Draws::normal() { return exact::normal_quantile(uniform()); }

double Draws::gamma(double shape) {
  assert(shape >= 1);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal();
    const double root = 1 + c * x;
    const double u = uniform();
    if (root <= 0) continue;
    const double v = root * root * root;
    if (u < 1 - 0.0331 * (x * x) * (x * x)) return d * v;
    if (exact::log(u) < 0.5 * x * x + d * (1 - v + exact::log(v))) return d * v;
  }
}

std::uint64_t Draws::poisson(double mean) {
  assert(mean >= 0 && mean <= 1e9);
  if (mean < 10) return mean > 0 ? poisson_by_inversion(mean, uniform()) : 0;
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  const double squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = uniform() - 0.5;
    const double v = uniform();
    const double us = 0.5 - (u < 0 ? -u : u);
    const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return static_cast<std::uint64_t>(k);
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (exact::log(v * inverse_alpha / (a / (us * us) + b)) <=
        k * exact::log(mean) - mean - exact::log_factorial(k))
      return static_cast<std::uint64_t>(k);
  }
}

}  // namespace jt::simulator
