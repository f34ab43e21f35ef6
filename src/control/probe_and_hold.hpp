// Probe and Hold: sits beside the centre, now on this side, now on the other, and follows; finds a jet that
// jumped. Stop 8 of the walk: the default of `jt track`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/dither.hpp"
#include "control/hold_filter.hpp"
#include "control/intake.hpp"
#include "control/search_plan.hpp"
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
    recovering,     // a lost jet to be seen again
    verifying,      // the signal at the place where it was seen
    waiting,        // back where the jet was: it to run again
    stepping_back,  // the arrival at the last safe position
    finished,
  };
  // What the last shots at this position say of the reference.
  enum class Level : std::uint8_t { as_expected, low, high };

  std::optional<Decision> forbidden(const Observation& seen);
  void take_camera(const Observation& seen);
  Decision go_on(Seconds now);
  Decision start(Seconds now);
  Decision hold_jet(Seconds now);
  Decision react(Level level, Seconds now);
  Decision probe(Seconds now);
  Decision recover(Seconds now);
  Decision next_visit(Seconds now);
  Decision verify(Seconds now);
  Decision wait_for_jet(Seconds now);
  Decision put(const VisitPut& due, Seconds now);
  Decision hold(std::string why) const;
  Decision finish(Outcome outcome, Cause cause, std::string why);
  void collect(Seconds now);
  void take_chunk(Seconds now);
  [[nodiscard]] Level level() const;
  [[nodiscard]] double recent_median() const;
  [[nodiscard]] std::size_t window() const;
  void plan_next_dwell(Seconds now);
  void set_dark_level();
  void resume(const Estimate& known, Shape shape, double width_error, Seconds now);
  [[nodiscard]] std::vector<double> recovery_order() const;
  [[nodiscard]] bool may_probe(Seconds now) const;
  [[nodiscard]] bool too_bright() const;
  void fields(auto& archive);

  Task task_;
  Intake intake_;
  std::optional<Estimate> known_;
  HoldFilter filter_;
  Visit visit_;
  std::unique_ptr<SearchPlan> plan_;
  bool has_plan_ = false;
  std::vector<double> order_;
  Ask ask_;
  Phase phase_ = Phase::starting;
  std::vector<double> chunk_;   // ratios of this position, not yet in the filter
  std::vector<double> recent_;  // last shots at this position, for the detectors
  std::vector<Point> points_;   // of the recovery
  std::vector<Seconds> puts_;   // of the last minute
  Seconds predicted_, next_probe_, low_since_, here_from_;
  bool low_ = false;
  double relative_noise_ = 0.1;
  double side_ = 1;
  double home_ = 0, safe_ = 0;
  int probes_left_ = 0;                    // quiet: so many dwells until it holds still again
  double reference_ = 0;                   // quiet: the height when it began to hold still
  double burst_s_ = 0, bursts_per_s_ = 0;  // interruptions that were waited out
  int bright_run_ = 0;
  CauseProbabilities causes_ = CauseProbabilities::certain(Cause::none);
  Seconds causes_until_;
  Outcome outcome_ = Outcome::stopped;
  Cause cause_ = Cause::none;
  std::string why_;
};

}  // namespace jt::control
