// Time inside control: seconds on the loop's one time base, always handed in, never read from a clock.
// Used at stop 8 of the walk; the loop turns IOC and DAQ time stamps into it.
#pragma once

#include <compare>

namespace jt::control {

// A moment (since any fixed start) or a length of time; which one is said by the name it carries.
struct Seconds {
  double value = 0;
  auto operator<=>(const Seconds&) const = default;
  template <class Archive>
  void fields(Archive& archive) {
    archive(value);
  }
};

constexpr Seconds operator+(Seconds a, Seconds b) { return {a.value + b.value}; }
constexpr Seconds operator-(Seconds a, Seconds b) { return {a.value - b.value}; }
constexpr Seconds operator*(double times, Seconds a) { return {times * a.value}; }

}  // namespace jt::control
