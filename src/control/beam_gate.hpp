// The beam gate: which shots had beam, told from the flag and from i0 alone.
// Inside stop 8 of the walk: before any ratio is believed.
#pragma once

#include <cstdint>
#include <vector>

#include "control/observation.hpp"
#include "control/settings.hpp"

namespace jt::control {

enum class BeamVerdict : std::uint8_t {
  beam,         // good for a ratio
  flagged,      // the timing system or the reduction refused it
  i0_absent,    // i0 at the floor: no beam, though nobody said so
  i0_weak,      // i0 below 0.3 of what it was: no ratio is formed
  other_class,  // another event-code class steers
};

class BeamGate {
 public:
  explicit BeamGate(const Settings& settings) : floor_(settings.i0_floor), class_(settings.steering_class) {}
  BeamVerdict judge(const ShotSeen& shot);
  // Median i0 of the last 200 accepted shots, 0 before the first. Of ACCEPTED shots: a median over all
  // goes to zero in a loss that nobody flags, and then lets beam-off shots pass.
  [[nodiscard]] double usual_i0() const { return median_; }

  template <class Archive>
  void fields(Archive& archive) {
    archive(floor_, class_, recent_, next_, accepted_, median_, weak_, weak_since_);
  }

 private:
  void remember(double i0);
  double floor_;
  int class_;
  std::vector<double> recent_;  // ring buffer
  std::uint32_t next_ = 0;
  std::uint32_t accepted_ = 0;
  double median_ = 0;
  std::vector<double> weak_;  // i0 of the shots refused as weak, one after another
  Seconds weak_since_;
};

}  // namespace jt::control
