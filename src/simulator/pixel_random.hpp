// Random numbers for millions of pixels: words by counter, and tables that turn a word into a count or noise.
// Under the twin's frames (frame_maker.hpp); the plant's few numbers per shot come from random.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace jt::simulator {

// Whose words: no two purposes share any, and none are shared with `Draws` of the same seed.
struct WordStream {
  std::uint64_t seed = 0;
  std::uint32_t run = 0;
  std::uint32_t purpose = 0;
};

// Four words for each block of a shot: words[4 * b + w] depends on (stream, shot, first_block + b, w) and on
// nothing else, so that any part of a frame can be made by any worker. `words` is a multiple of 4 long.
void fill_words(const WordStream& stream, std::uint32_t shot, std::uint32_t first_block,
                std::span<std::uint32_t> words);

// Poisson counts by the inverse of their distribution: each count has its probability to 2^-32 (what is
// rarer than that never comes). The distribution itself is exact to 1e-9 of each probability.
class CountTable {
 public:
  static constexpr double largest_mean = 1e6;

  CountTable() = default;
  explicit CountTable(double mean) { set(mean); }
  void set(double mean);  // 0 <= mean <= largest_mean; keeps the memory

  // The count for a word that is even over all 2^32 values.
  [[nodiscard]] std::uint32_t operator()(std::uint32_t word) const {
    std::uint32_t k = guide_[word >> guide_shift];
    while (k < ends_.size() && word >= ends_[k]) ++k;
    return first_ + k;
  }

 private:
  static constexpr unsigned guide_shift = 26;  // 64 entries

  std::uint32_t first_ = 0;
  std::vector<std::uint32_t> ends_;  // count first_ + k comes for words below ends_[k] and not below the one
                                     // before; the last count takes the rest
  std::uint32_t guide_[64] = {};     // k to begin with, by the upper six bits of the word
};

// Normal noise by the inverse of its distribution, rounded to 1/16 of a unit: 65536 equally likely values
// within 4.3 standard deviations.
class NoiseTable {
 public:
  explicit NoiseTable(double sigma);  // 0 <= sigma <= 400
  // Sixteenths of a unit for 16 bits that are even over all values.
  [[nodiscard]] std::int32_t operator()(std::uint32_t bits16) const { return values_[bits16]; }

 private:
  std::vector<std::int16_t> values_;
};

}  // namespace jt::simulator
