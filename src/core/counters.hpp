// Counted causes: poor data is refused with a cause, and each cause has a counter that is shown.
// A cause is an enum with `count_` last and a free function `name(Cause)`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>

namespace jt {

template <class Cause>
class CauseCounts {
 public:
  static constexpr std::size_t size = static_cast<std::size_t>(Cause::count_);

  void add(Cause cause, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(cause)] += times; }
  [[nodiscard]] std::uint64_t operator[](Cause cause) const {
    return counts_[static_cast<std::size_t>(cause)];
  }
  [[nodiscard]] std::uint64_t total() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
  }
  void add(const CauseCounts& other) {
    for (std::size_t i = 0; i < size; ++i) counts_[i] += other.counts_[i];
  }
  // Calls visit(cause, count) for every cause that was seen.
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < size; ++i)
      if (counts_[i] != 0) visit(static_cast<Cause>(i), counts_[i]);
  }

 private:
  std::array<std::uint64_t, size> counts_{};
};

}  // namespace jt
