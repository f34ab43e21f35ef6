#include "simulator/pixel_random.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "simulator/exact_math.hpp"

// Built with -ffp-contract=off (CMakeLists.txt).

namespace jt::simulator {
namespace {

// Apart from the keys of `Draws`, which are the seed itself.
constexpr std::uint32_t key_mark_low = 0x70697865, key_mark_high = 0x6c730001;

// Philox4x32-10 (random.hpp) for `lanes` counters side by side: the same steps, laid out for vector units.
constexpr std::size_t lanes = 16;
using Lanes = std::uint32_t[lanes];

void philox_round(Lanes& c0, Lanes& c1, Lanes& c2, Lanes& c3, std::uint32_t key0, std::uint32_t key1) {
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::uint64_t a = std::uint64_t{0xD2511F53U} * c0[i];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * c2[i];
    c0[i] = static_cast<std::uint32_t>(b >> 32U) ^ c1[i] ^ key0;
    c1[i] = static_cast<std::uint32_t>(b);
    c2[i] = static_cast<std::uint32_t>(a >> 32U) ^ c3[i] ^ key1;
    c3[i] = static_cast<std::uint32_t>(a);
  }
}

}  // namespace

void fill_words(const WordStream& stream, std::uint32_t shot, std::uint32_t first_block,
                std::span<std::uint32_t> words) {
  assert(words.size() % 4 == 0);
  const std::size_t blocks = words.size() / 4;
  for (std::size_t done = 0; done < blocks; done += lanes) {
    Lanes c0, c1, c2, c3;
    for (std::size_t i = 0; i < lanes; ++i) {
      c0[i] = first_block + static_cast<std::uint32_t>(done + i);
      c1[i] = shot;
      c2[i] = stream.run;
      c3[i] = stream.purpose;
    }
    std::uint32_t key0 = static_cast<std::uint32_t>(stream.seed) ^ key_mark_low;
    std::uint32_t key1 = static_cast<std::uint32_t>(stream.seed >> 32U) ^ key_mark_high;
    for (int round = 0; round < 10; ++round) {
      philox_round(c0, c1, c2, c3, key0, key1);
      key0 += 0x9E3779B9U;
      key1 += 0xBB67AE85U;
    }
    const std::size_t here = std::min(lanes, blocks - done);
    std::uint32_t* out = words.data() + 4 * done;
    for (std::size_t i = 0; i < here; ++i) {
      out[4 * i] = c0[i];
      out[4 * i + 1] = c1[i];
      out[4 * i + 2] = c2[i];
      out[4 * i + 3] = c3[i];
    }
  }
}

void CountTable::set(double mean) {
  assert(mean >= 0 && mean <= largest_mean);
  // Below `first` and above the end lie less than 2^-33 each: 8 standard deviations and some counts more.
  const double root = std::sqrt(mean);
  const double low = std::floor(mean - 8 * root - 4);
  const double first = low > 0 ? low : 0;
  const auto counts = static_cast<std::size_t>(std::ceil(mean + 8 * root + 14 - first));
  first_ = static_cast<std::uint32_t>(first);
  ends_.clear();
  double probability =
      mean > 0 ? exact::exp(first * exact::log(mean) - mean - exact::log_factorial(first)) : 1;
  double sum = 0;
  for (std::size_t k = 0; k < counts; ++k) {
    sum += probability;
    const double end = sum * 0x1p32 + 0.5;
    if (end >= 0x1p32 - 0.5) break;  // the rest is rarer than 2^-32: this count takes it
    ends_.push_back(static_cast<std::uint32_t>(end));
    probability *= mean / (first + static_cast<double>(k) + 1);
  }
  std::uint32_t k = 0;
  for (std::uint32_t entry = 0; entry < 64; ++entry) {
    const std::uint32_t least = entry << guide_shift;
    while (k < ends_.size() && least >= ends_[k]) ++k;
    guide_[entry] = k;
  }
}

NoiseTable::NoiseTable(double sigma) : values_(65536) {
  assert(sigma >= 0 && sigma <= 400);
  for (std::size_t i = 0; i < values_.size(); ++i) {
    const double z = exact::normal_quantile((static_cast<double>(i) + 0.5) / 65536);
    values_[i] = static_cast<std::int16_t>(std::floor(16 * sigma * z + 0.5));
  }
}

}  // namespace jt::simulator
