// Hill Climb: dwell, step, and turn round when it got worse; for jets much wider than the motor's step.
// Stop 8 of the walk: an option of `jt track`; it moves all the time and cannot find a jet that jumped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/archive.hpp"
#include "control/intake.hpp"
#include "control/strategy.hpp"
#include "control/visit.hpp"

namespace jt::control {

class HillClimb final : public Strategy {
 public:
  explicit HillClimb(const Task& task);
  [[nodiscard]] std::string_view name() const override { return "hill-climb"; }
  [[nodiscard]] Decision step(const Observation& seen, Seconds now) override;
  [[nodiscard]] std::string save() const override;
  void restore(std::string_view state) override;

 private:
  Decision hold(std::string why) const;
  Decision finish(Outcome outcome, std::string why);
  void judge(const Point& point, Seconds now);
  void fields(auto& archive);

  Task task_;
  Intake intake_;
  Visit visit_;
  bool started_ = false, finished_ = false;
  double direction_ = 1, last_ = 0, best_ = 0;
  Seconds next_move_;
  Outcome outcome_ = Outcome::stopped;
  std::string why_;
};

}  // namespace jt::control
