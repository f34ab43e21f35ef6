// Random numbers by counter: what shot 4711 of stream 3 draws depends on seed, stream and 4711, on nothing
// else. Under the simulated plant (and the twin's pixels): same seed, same history, on every machine.
#pragma once

#include <array>
#include <cstdint>

namespace jt::simulator {

// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key);

// The draws of one (seed, stream, counter), one after the other. Any number of them may be taken without
// touching those of another counter: 2^16 blocks of four words are reserved for each (the samplers below use
// one or two; past the last block the draws would repeat, after 2^18 words).
class Draws {
 public:
  // `counter` below 2^48.
  Draws(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

  [[nodiscard]] std::uint32_t word();
  [[nodiscard]] double uniform();  // in (0, 1): odd multiples of 2^-53
  [[nodiscard]] double uniform(double low, double high);
  // True with probability p, to 2^-32.
  [[nodiscard]] bool chance(double p);
  // Standard normal by the quantile of one uniform: |z| < 8.3, relative error about 1e-15 (exact_math.hpp).
  [[nodiscard]] double normal();
  // Gamma with mean `shape`, shape >= 1, scale 1. Exact but for rounding (Marsaglia and Tsang, ACM TOMS 26
  // (2000) 363).
  [[nodiscard]] double gamma(double shape);
  // Poisson, 0 <= mean <= 1e9. Exact but for rounding: inversion below 10, Hoermann's PTRS (Insurance:
  // Mathematics and Economics 12 (1993) 39) above.
  [[nodiscard]] std::uint64_t poisson(double mean);

 private:
  void refill();

  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> words_{};
  unsigned used_ = 4;
};

}  // namespace jt::simulator
