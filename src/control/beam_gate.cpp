#include "control/beam_gate.hpp"

#include <algorithm>
#include <cmath>

#include "control/dwell.hpp"

namespace jt::control {
namespace {

constexpr std::size_t memory = 200;
constexpr double weak_share = 0.3;
// Without a calibrated floor: a monitor that reads under 5 % of the usual has seen noise, not beam.
constexpr double floor_share = 0.05;
// A beam that is weak but there for so long is the new beam.
constexpr Seconds new_normal{10};

}  // namespace

BeamVerdict BeamGate::judge(const ShotSeen& shot) {
  if (class_ >= 0 && shot.shot_class != class_) return BeamVerdict::other_class;
  if (shot.dropped || shot.cause != ShotCause::good) return BeamVerdict::flagged;
  if (!std::isfinite(shot.i0) || !std::isfinite(shot.ratio)) return BeamVerdict::flagged;
  if (shot.i0 <= std::max(floor_, floor_share * median_)) {
    weak_.clear();
    return BeamVerdict::i0_absent;
  }
  if (shot.i0 < weak_share * median_) {
    if (weak_.empty()) weak_since_ = shot.time;
    weak_.push_back(shot.i0);
    if (shot.time - weak_since_ < new_normal || weak_.size() < 10) return BeamVerdict::i0_weak;
    recent_.clear();
    next_ = 0;
    for (const double i0 : weak_) remember(i0);
    median_ = median_of(weak_);
  }
  weak_.clear();
  remember(shot.i0);
  if (accepted_ < 20 || accepted_ % 16 == 0) {
    auto copy = recent_;
    median_ = median_of(copy);
  }
  ++accepted_;
  return BeamVerdict::beam;
}

void BeamGate::remember(double i0) {
  if (recent_.size() < memory) {
    recent_.push_back(i0);
  } else {
    recent_[next_ % memory] = i0;
  }
  next_ = static_cast<std::uint32_t>((next_ + 1) % memory);
}

}  // namespace jt::control
