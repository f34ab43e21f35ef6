// What a strategy answers: hold, move, stop or finished, each with its reason, causes and evidence.
// Stop 8 of the walk: made by `Strategy::step`, taken to the motor's envelope by the loop, written to the
// audit log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "control/seconds.hpp"

namespace jt::control {

// Why the signal is as it is. The probabilities of one decision sum to 1.
enum class Cause : std::uint8_t {
  none,                // nothing is wrong: signal as expected
  beam_off,            // no shots with beam: flagged, or i0 at the floor
  beam_blocked,        // i0 is good, ring and background are dark: stopper or picker after the monitor
  i0_low,              // beam, but much weaker than it was
  attenuated,          // ring and background changed by one factor, i0 did not
  jet_moved,           // background is there, signal fell, and it is found elsewhere (or expected there)
  jet_gone,            // background is there, no signal anywhere
  jet_intermittent,    // signal comes and goes at one position
  sample_changed,      // amplitude changed at the same position, the profile stayed
  background_changed,  // an offset changed, the profile stayed
  ring_moved,          // window or photon energy or distance changed: the reference is not valid
  too_bright,          // above the ceiling: this need not be the jet
  saturated,           // detector at its top
  data_stale,          // no shots reach the loop
  motor_fault,
  unknown,  // which holds
  count_
};
inline constexpr std::size_t cause_count = static_cast<std::size_t>(Cause::count_);
std::string_view name(Cause cause);  // "beam off", "jet moved", ...

class CauseProbabilities {
 public:
  [[nodiscard]] static CauseProbabilities certain(Cause cause);
  [[nodiscard]] double operator[](Cause cause) const { return p_[static_cast<std::size_t>(cause)]; }
  double& operator[](Cause cause) { return p_[static_cast<std::size_t>(cause)]; }
  [[nodiscard]] Cause most_likely() const;
  void normalise();  // all zero becomes `unknown`
  template <class Archive>
  void fields(Archive& archive) {
    for (double& p : p_) archive(p);
  }

 private:
  std::array<double, cause_count> p_{};
};

// How a strategy ended. Only `found` means that a peak was verified.
enum class Outcome : std::uint8_t {
  found,
  not_found,   // looked everywhere within the limits, back at the start
  too_bright,  // something brighter than a jet can be; stepped back, waits for the operator
  stopped,     // by request; final
  beam_gone,   // no beam for longer than the search may wait
  blocked,     // beam blocked, motor fault or stale data for longer than the search may wait
  yielded,     // somebody else moved the axis; no motion until re-armed
  count_
};
std::string_view name(Outcome outcome);  // "found", "not found", ...

// What a move is for: the envelope has a step limit per class, the log a word.
enum class MoveClass : std::uint8_t {
  scan,             // the next point of a search
  fly,              // a slow pass with shots taken on the way; `speed_um_s` is set
  refine,           // near a peak that was seen
  approach,         // second half of a move: from below, after the overshoot that takes up backlash
  align,            // to the estimated centre
  probe,            // a dither step while holding
  recover,          // looking for a jet that jumped
  step_back,        // away from something too bright, to the last safe position
  return_to_start,  // needs no fresh shots
  count_
};
std::string_view name(MoveClass move);  // "scan", "return to start", ...

// What is being waited for.
enum class Activity : std::uint8_t {
  starting,    // the first good shots
  scanning,    // the end of a coarse search
  refining,    // a centre that is known well enough
  verifying,   // the signal at the estimated centre
  holding,     // the next probe, or a change
  probing,     // the dwells of a probe pair
  recovering,  // a lost jet to be seen again
  paused,      // beam, data or motor to come back; no moves
  learning,    // a new reference after a change of beam state, sample or window
  returning,   // the arrival at the start
  done,
  count_
};
std::string_view name(Activity activity);

// Where the jet is thought to be.
struct Estimate {
  double centre_um = 0;
  double sigma_um = 0;    // standard error of centre_um
  double jet_on = 1;      // probability that the jet runs
  double fwhm_um = 0;     // of the signal profile
  double amplitude = 0;   // ratio at the centre above the background
  double background = 0;  // ratio off the jet
  template <class Archive>
  void fields(Archive& archive) {
    archive(centre_um, sigma_um, jet_on, fwhm_um, amplitude, background);
  }
};

struct Decision {
  enum class Kind : std::uint8_t {
    hold,      // no new command; a move under way goes on
    move,      // put `target_um`
    stop,      // stop the motor now, and end
    finished,  // no command; `outcome` says how; every later answer is the same
  };
  Kind kind = Kind::hold;
  double target_um = 0;              // move only: finite and inside the limits
  MoveClass move = MoveClass::scan;  // move only
  double speed_um_s = 0;             // move only: 0 is the axis's own speed
  bool continues = false;          // move only: second half of the decision before (overshoot, then approach)
  std::optional<Outcome> outcome;  // stop and finished only
  Activity activity = Activity::starting;
  CauseProbabilities causes;
  std::string reason;                // one short sentence with its numbers
  std::optional<Estimate> estimate;  // when there is one
};

}  // namespace jt::control
