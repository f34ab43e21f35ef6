// Probe and Hold: sits beside the centre, now on this side, now on the other, and follows; finds a jet that
// jumped. Stop 8 of the walk: the default of `jt track`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/archive.hpp"
#include "control/dither.hpp"
#include "control/hold_filter.hpp"
#include "control/instruments.hpp"
#include "control/intake.hpp"
#include "control/jet_recovery.hpp"
#include "control/strategy.hpp"
#include "control/visit.hpp"

namespace jt::control {

class ProbeAndHold final : public Strategy {
 public:
  ProbeAndHold(const Task& task, const std::optional<Estimate>& known);
  [[nodiscard]] std::string_view name() const override { return "probe-and-hold"; }
  [[nodiscard]] Decision step(const Observation& seen, Seconds now) override;
  [[nodiscard]] std::string save() const override;
  void restore(std::string_view state) override;

 private:
  enum class Phase : std::uint8_t {
    starting,       // the first good shots: what the signal is here
    holding,        // the next probe, or a change
    learning,       // shots after a change of beam state or ring window: the new reference
    recovering,     // a lost jet to be seen again
    returning,      // the arrival where the jet was, after a sweep that found nothing
    waiting,        // there: it to run again, or the next sweep
    stepping_back,  // the arrival at the last safe position
    finished,
  };
  // What the last shots say of the reference.
  enum class Level : std::uint8_t { as_expected, low, high };
  // A shot at rest: where, its ratio, and that over what was expected there (background taken off both).
  struct Placed {
    double x_um = 0, ratio = 0, share = 1;
    template <class Archive>
    void fields(Archive& archive) {
      archive(x_um, ratio, share);
    }
  };

  std::optional<Decision> forbidden(const Observation& seen);
  Decision paused(Cause cause, Seconds now);
  Decision go_on(Seconds now);
  Decision bright(Seconds now);
  Decision start(Seconds now);
  Decision hold_jet(Seconds now);
  Decision changed(Seconds now);
  Decision learn(Seconds now);
  Decision react(Level level, Seconds now);
  Decision probe(Seconds now);
  Decision recover(Seconds now);
  Decision look_on(Seconds now);
  Decision next_look(Seconds now);
  Decision resume(const RecoveredJet& found, Seconds now);
  Decision go_home(Seconds now);
  Decision wait_for_jet(Seconds now);
  Decision put(const VisitPut& due, Seconds now);
  Decision hold(std::string why) const;
  Decision finish(Outcome outcome, Cause cause, std::string why);

  void collect();
  void take_shot(const GoodShot& shot, double at_um);
  void end_chunk();
  void begin_holding(Seconds now);
  void follow_instruments(Seconds now);
  void follow_height(Seconds now);
  void plan_next_dwell(Seconds now);
  [[nodiscard]] double slack_at(double target_um) const;
  [[nodiscard]] double probe_target(double centre_um, double away, bool from_below) const;
  void set_dark_level();
  void blame(std::initializer_list<std::pair<Cause, double>> causes, Seconds until);
  [[nodiscard]] Level level() const;
  [[nodiscard]] double recent_share() const;
  [[nodiscard]] double share_of_last(std::size_t count) const;
  [[nodiscard]] Dwell recent_dwell() const;
  [[nodiscard]] Point recent_point() const;
  [[nodiscard]] bool same_place(Level level, const Dwell& dwell, double part) const;
  [[nodiscard]] double patience_s() const;
  [[nodiscard]] std::size_t window() const;
  [[nodiscard]] bool may_probe(Seconds now, int spare) const;
  [[nodiscard]] bool too_bright() const;
  void fields(auto& archive);

  Task task_;
  Intake intake_;
  std::optional<Estimate> known_;
  HoldFilter filter_;
  JetRecovery recovery_;
  CameraAid camera_;
  BeamPositionAid beam_;
  Visit visit_;
  Phase phase_ = Phase::starting;
  std::vector<double> chunk_;  // ratios at chunk_x_, not yet in the filter
  double chunk_x_ = 0;
  std::vector<Placed> recent_;  // the last shots at rest, for the detectors
  std::vector<Seconds> puts_;   // of the last minute, while holding
  Seconds now_, predicted_, next_probe_, low_since_, height_followed_, learn_from_, next_sweep_, lost_since_;
  bool low_ = false, was_paused_ = false, between_ = false;
  double relative_noise_ = 0.1;
  double side_ = 1, planned_offset_ = 0, drift_um_ = 0;
  double home_ = 0, safe_ = 0;
  int probes_left_ = 0;                    // quiet: so many dwells until it holds still again
  double reference_ = 0;                   // height that was verified last, forgotten in minutes
  double wait_s_ = 0;                      // until the next sweep
  double burst_s_ = 0, bursts_per_s_ = 0;  // interruptions that were waited out
  int bright_run_ = 0;
  Cause learning_ = Cause::none;
  CauseProbabilities causes_ = CauseProbabilities::certain(Cause::none);
  Seconds causes_until_;
  Outcome outcome_ = Outcome::stopped;
  Cause cause_ = Cause::none;
  std::string why_;
};

}  // namespace jt::control
