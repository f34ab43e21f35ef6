// The common part of peers that measure at one point after another: go there, wait, average shots plainly.
// Behind control's interface; a peer only says which point comes next and when it has its answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/strategy.hpp"

namespace jt::bench {

struct Point {
  double at_um, value;  // plain mean of the valid ratios
};

// Shots that count: not flagged, and i0 above a fifth of the mean of those seen before.
class ValidShots {
 public:
  bool operator()(const control::ShotSeen& shot);

 private:
  double mean_i0_ = 0;
};

class PointPeer : public control::Strategy {
 public:
  PointPeer(std::string_view name, const control::Task& task) : task_(task), name_(name) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] control::Decision step(const control::Observation& seen, control::Seconds now) override;
  // Peers live for one trial: there is nothing to save, and restore throws SetupError.
  [[nodiscard]] std::string save() const override;
  void restore(std::string_view state) override;

 protected:
  // The next point to measure, from all so far; nothing: the answer is known.
  virtual std::optional<double> next(const std::vector<Point>& points) = 0;
  // Where to end. Peers know no "not found": they always claim their best.
  virtual double answer(const std::vector<Point>& points) = 0;

  const control::Task task_;

 private:
  [[nodiscard]] control::Decision go_to(double at_um, control::Seconds now);
  [[nodiscard]] control::Decision go_on(control::Seconds now);

  std::string name_;
  std::vector<Point> points_;
  ValidShots valid_;
  std::optional<double> target_;
  bool ending_ = false;
  control::Seconds put_{-1};
  double sum_ = 0;
  int count_ = 0;
};

// The moment from which shots belong to the present position; nothing while the axis moves or has not yet
// answered the put of `put`.
std::optional<control::Seconds> at_rest_since(const control::Observation& seen, control::Seconds put,
                                              const control::Task& task);

}  // namespace jt::bench
