// The names of things at the beamline as types: a run is not an event code, a shot time not a count.
// Used at every stop of the walk.
#pragma once

#include <compare>
#include <cstdint>

namespace jt {

struct RunNumber {
  int value = 0;
  auto operator<=>(const RunNumber&) const = default;
};

// A number that the timing system sends with a shot: 40 = 120 Hz beam, 162 = dropped by the accelerator.
struct EventCode {
  std::uint16_t value = 0;
  auto operator<=>(const EventCode&) const = default;
};

// The pulse id of a 120 Hz machine: counts 360 Hz ticks, wraps at 131040.
struct Fiducial {
  std::uint32_t value = 0;
  static constexpr std::uint32_t modulus = 131040;
  static constexpr std::uint32_t invalid = 0x1FFFF;
  [[nodiscard]] constexpr bool valid() const { return value < modulus; }
  auto operator<=>(const Fiducial&) const = default;
};

// The DAQ's own time of a shot (Unix epoch, UTC).
struct ShotTime {
  std::uint32_t sec = 0;
  std::uint32_t nsec = 0;
  auto operator<=>(const ShotTime&) const = default;
};

// Seconds from `from` to `to`; negative when `to` is earlier.
constexpr double seconds_between(ShotTime from, ShotTime to) {
  return (static_cast<double>(to.sec) - static_cast<double>(from.sec)) +
         (static_cast<double>(to.nsec) - static_cast<double>(from.nsec)) * 1e-9;
}

}  // namespace jt
