// Takes in what is new: gates shots, follows the axis, and says whether anything may be decided at all.
// Inside stop 8 of the walk: the first thing every strategy does with an observation.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/axis.hpp"
#include "control/beam_gate.hpp"
#include "control/class_levels.hpp"
#include "control/decision.hpp"
#include "control/settings.hpp"

namespace jt::control {

// A shot with beam, reduced to what the strategies use.
struct GoodShot {
  Seconds time;
  double ratio = 0;
  double i0 = 0;
  std::optional<double> beam_position;
  template <class Archive>
  void fields(Archive& archive) {
    archive(time, ratio, i0, beam_position);
  }
};

class Intake {
 public:
  explicit Intake(const Task& task);

  // Takes the observation in. Afterwards `fresh()` are the shots with beam that came with it.
  void take(const Observation& seen, Seconds now);

  [[nodiscard]] const std::vector<GoodShot>& fresh() const { return fresh_; }
  [[nodiscard]] const AxisTracker& axis() const { return axis_; }
  AxisTracker& axis() { return axis_; }

  // Off-jet level and its single-shot spread, once they are known: a run of shots far below is a beam
  // that does not reach the sample. Level 0: not known, nothing is called dark.
  // `share`: how far below, in parts of the level.
  void set_background(double level, double spread, double share);

  // What forbids a move now; `none`: a move is allowed.
  [[nodiscard]] Cause obstacle(Seconds now) const;
  // The same in words with numbers.
  [[nodiscard]] std::string evidence(Cause cause, Seconds now) const;

  [[nodiscard]] bool dark() const { return dark_run_ >= dark_needed_; }
  [[nodiscard]] bool saturated() const { return saturated_run_ >= 3; }
  [[nodiscard]] Seconds newest_good() const { return last_good_; }
  [[nodiscard]] double rate_hz() const { return rate_hz_; }  // good shots per second, measured
  [[nodiscard]] double usual_i0() const { return gate_.usual_i0(); }
  [[nodiscard]] std::uint32_t window_id() const { return window_id_; }
  // What changed since `acknowledge_change`: attenuated (transmission), jet_moved (mirror), ring_moved
  // (window of the ring, photon energy, detector distance); none.
  [[nodiscard]] Cause change() const { return change_; }
  [[nodiscard]] Seconds changed_at() const { return changed_at_; }
  void acknowledge_change() { change_ = Cause::none; }
  // Signal of each event-code class relative to the others, as learnt.
  [[nodiscard]] const ClassLevels& classes() const { return classes_; }
  // The lowest level that three shots in a row have shown so far, wherever they were taken: no more than the
  // background can be, known before any point is. 0: nothing yet.
  [[nodiscard]] double lowest_level() const { return lowest_; }

  template <class Archive>
  void fields(Archive& archive) {
    archive(gate_, axis_, last_good_, last_arrival_, any_shot_, bad_run_, absent_run_, weak_run_, dark_run_,
            dark_needed_, dark_level_, saturated_run_, rate_hz_, window_id_, window_known_, fault_,
            beam_blocked_, operator_hold_, state_known_, change_, changed_at_, classes_, lowest_, i0_slow_,
            i0_fast_, i0_seen_, last_ratios_, transmission_, energy_, mirror_, distance_, first_good_,
            good_count_, rate_from_, rate_count_);
  }

 private:
  void take_shot(const ShotSeen& shot);
  void take_beam_state(const BeamState& state, Seconds now);
  void watch_lowest(double ratio);
  void follow_i0(double i0);
  void measure_rate();
  [[nodiscard]] double patience_s() const;

  Settings settings_;
  std::vector<GoodShot> fresh_;  // of the last observation only: not part of the state
  BeamGate gate_;
  AxisTracker axis_;
  Seconds last_good_, last_arrival_, first_good_;
  bool any_shot_ = false;
  std::uint64_t good_count_ = 0;
  int bad_run_ = 0, absent_run_ = 0, weak_run_ = 0, dark_run_ = 0, dark_needed_ = 3, saturated_run_ = 0;
  double dark_level_ = 0;
  double rate_hz_;
  Seconds rate_from_;
  int rate_count_ = 0;
  std::uint32_t window_id_ = 0;
  bool window_known_ = false;
  bool fault_ = false, beam_blocked_ = false, operator_hold_ = false;
  bool state_known_ = false;
  Cause change_ = Cause::none;
  Seconds changed_at_;
  ClassLevels classes_;
  double lowest_ = 0, i0_slow_ = 0, i0_fast_ = 0, i0_seen_ = 0;
  std::vector<double> last_ratios_;
  double transmission_ = -1, energy_ = -1, mirror_ = 0, distance_ = 0;
};

}  // namespace jt::control
