// Where a held jet is, from one dwell to the next: Kalman filters on centre, height and width, one per drift
// rate. Inside stop 8 of the walk: the memory of Probe and Hold.
#pragma once

#include <array>
#include <cstdint>

#include "control/decision.hpp"
#include "control/profile.hpp"

namespace jt::control {

// One filter: state (centre um, ln height, ln width), symmetric covariance.
struct HoldModel {
  double walk_um2_s = 0;  // drift rate that this model believes in
  double weight = 1;      // how well it has predicted
  std::array<double, 3> state{};
  std::array<double, 9> covariance{};  // row major
  double bias = 0, bias_variance = 0;  // camera minus signal, um; variance 0: no camera yet
  template <class Archive>
  void fields(Archive& archive) {
    archive(walk_um2_s, weight);
    for (double& value : state) archive(value);
    for (double& value : covariance) archive(value);
    archive(bias, bias_variance);
  }
};

class HoldFilter {
 public:
  // `walk_um2_s`: the drift rate in the middle of those that are tried (x 1/16 to x 4).
  void start(const Estimate& known, Shape shape, double width_error, double walk_um2_s);
  void predict(double seconds);
  // A dwell at x: ratio `mean` with `error`.
  void update(double x_um, double mean, double error);
  // A camera position of the jet in the motor's frame; the constant difference to the signal is learnt.
  void update_camera(double position_um, double error_um);
  // The reference changed, the place did not: height and background by these factors, height unsure by
  // `error`.
  void rescale(double height, double background, double error);
  // The centre is less sure than it was.
  void widen(double variance_um2);

  [[nodiscard]] Estimate estimate() const;
  [[nodiscard]] Profile profile() const { return {estimate().fwhm_um, shape_}; }
  [[nodiscard]] double walk() const;                 // drift rate, um^2 per s, as learnt
  [[nodiscard]] double expected(double x_um) const;  // ratio at x
  [[nodiscard]] double background() const { return background_; }
  [[nodiscard]] bool camera_known() const { return models_[0].bias_variance > 0; }
  [[nodiscard]] double camera_bias() const;
  void set_background(double background) { background_ = background; }

  template <class Archive>
  void fields(Archive& archive) {
    for (HoldModel& model : models_) archive(model);
    archive(shape_, background_);
  }

 private:
  std::array<HoldModel, 4> models_;
  Shape shape_ = Shape::gaussian;
  double background_ = 0;
};

}  // namespace jt::control
