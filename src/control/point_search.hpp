// The frame of every search that visits points: wait for beam, move, dwell, ask the plan, verify, or return.
// Stop 8 of the walk: Basic, Ternary, Linear + Ternary, Dynamic Linear and Adaptive Scan are this with a
// plan.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/flight.hpp"
#include "control/intake.hpp"
#include "control/search_plan.hpp"
#include "control/strategy.hpp"
#include "control/visit.hpp"

namespace jt::control {

class PointSearch final : public Strategy {
 public:
  using PlanMaker = std::unique_ptr<SearchPlan> (*)(const Task&);
  PointSearch(std::string_view name, const Task& task, PlanMaker make_plan);
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] Decision step(const Observation& seen, Seconds now) override;
  [[nodiscard]] std::string save() const override;
  void restore(std::string_view state) override;

 private:
  enum class Phase : std::uint8_t {
    starting,       // the axis to be known and beam to be there
    visiting,       // the arrival at a point, then its shots
    taking_off,     // the arrival where a flight begins
    flying,         // the end of the flight, or a signal that rose and fell
    landing,        // the arrival, and the last shots of the flight
    verifying,      // a visit at a proposed centre
    stepping_back,  // the arrival at the last safe position
    returning,      // the arrival at the start
    finished,
  };

  std::optional<Decision> forbidden(const Observation& seen, Seconds now);
  Decision paused(Cause cause, Seconds now);
  Decision go_on(Seconds now);
  Decision fly_on(Seconds now);
  Decision flown(Seconds now);
  std::optional<Decision> go_ahead(Seconds now);
  Decision begin_again(Seconds now);
  void take_late_shots();
  void learn_background();
  [[nodiscard]] bool seen_to_fall(const PeakFit& fit, const Point& centre, int side) const;
  Decision ask_plan(Seconds now);
  Decision put(double x_um, MoveClass move, bool continues, Seconds now, double speed_um_s = 0);
  Decision point_done(Point point, Seconds now);
  Decision judge(const Point& point, Seconds now);
  Decision give_up(Outcome outcome, Cause cause, std::string why, Seconds now);
  Decision step_back(Seconds now);
  Decision finish(Outcome outcome, std::string why);
  Decision hold(std::string why) const;
  void watch_brightness();
  [[nodiscard]] double ceiling() const;
  [[nodiscard]] bool too_bright() const;
  [[nodiscard]] int verify_shots() const;
  [[nodiscard]] Activity activity() const;
  void fields(auto& archive);

  std::string name_;
  PlanMaker make_plan_;
  Task task_;
  Intake intake_;
  std::unique_ptr<SearchPlan> plan_;
  Phase phase_ = Phase::starting;
  Ask ask_;
  std::vector<Point> points_;
  Visit visit_;
  std::vector<LeftVisit> left_;  // visits whose last shots are still on their way
  Flight flight_;
  int restarts_ = 0;
  int looks_ = 0;  // at a proposed centre without any signal
  int refusals_ = 0;
  int bright_run_ = 0;
  bool started_ = false;
  Seconds begun_, paused_since_;
  bool is_paused_ = false;
  double safe_position_ = 0;
  double background_ = 0, background_error_ = 0;
  Outcome outcome_ = Outcome::not_found;
  Cause cause_ = Cause::none;
  std::string why_;
  std::optional<Estimate> estimate_;
};

}  // namespace jt::control
