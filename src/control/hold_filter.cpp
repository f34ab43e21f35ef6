#include "control/hold_filter.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace jt::control {
namespace {

using Matrix = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;
using Vector = Eigen::Vector3d;

// Heights of liquid jets wander by some per mille per second; assumed.
constexpr double height_walk_s = 0.004 * 0.004;
// The profile is never exactly one of the family.
constexpr double model_error = 0.005;
// The camera's bias drifts slowly (thermal); assumed 0.02 um per root second.
constexpr double bias_walk_um2_s = 4e-4;
constexpr double least_weight = 1e-4;

Eigen::Map<Matrix> covariance_of(HoldModel& model) { return Eigen::Map<Matrix>(model.covariance.data()); }
Eigen::Map<Vector> state_of(HoldModel& model) { return Eigen::Map<Vector>(model.state.data()); }

}  // namespace

void HoldFilter::start(const Estimate& known, Shape shape, double width_error, double walk_um2_s) {
  shape_ = shape;
  background_ = known.background;
  double factor = 1.0 / 16;
  for (HoldModel& model : models_) {
    model.walk_um2_s = factor * walk_um2_s;
    factor *= 4;
    model.weight = 0.25;
    model.state = {known.centre_um, std::log(std::max(known.amplitude, 1e-12)), std::log(known.fwhm_um)};
    model.covariance = {};
    model.covariance[0] = known.sigma_um * known.sigma_um;
    model.covariance[4] = 0.05 * 0.05;
    model.covariance[8] = width_error * width_error;
  }
}

void HoldFilter::predict(double seconds) {
  for (HoldModel& model : models_) {
    model.covariance[0] += model.walk_um2_s * seconds;
    model.covariance[4] += height_walk_s * seconds;
    if (model.bias_variance > 0) model.bias_variance += bias_walk_um2_s * seconds;
  }
}

void HoldFilter::update(double x_um, double mean, double error) {
  double total = 0;
  for (HoldModel& model : models_) {
    auto state = state_of(model);
    auto covariance = covariance_of(model);
    const double height = std::exp(state(1));
    const Profile profile{std::exp(state(2)), shape_};
    const double offset = x_um - state(0);
    const double g = profile.value(offset), slope = profile.slope(offset);
    const Vector gradient{-height * slope, height * g, -height * slope * offset};
    const double variance = error * error + std::pow(model_error * height, 2);
    const double innovation = mean - (height * g + background_);
    const double total_variance = gradient.dot(covariance * gradient) + variance;
    const double pull = innovation * innovation / total_variance;
    // Student-like: what lies far out moves the state less, and no model is killed by one outlier.
    const double trust = pull > 9 ? 9 / pull : 1;
    const Vector gain = trust * (covariance * gradient) / total_variance;
    Vector step = gain * innovation;
    step(0) = std::clamp(step(0), -0.3 * profile.fwhm_um, 0.3 * profile.fwhm_um);
    step(2) = std::clamp(step(2), -0.1, 0.1);
    state += step;
    covariance -= gain * (gradient.transpose() * covariance);
    covariance = 0.5 * (covariance + covariance.transpose()).eval();
    model.weight *= std::exp(-0.5 * std::min(pull, 16.0)) / std::sqrt(total_variance / variance);
    total += model.weight;
  }
  // Old evidence fades: the drift may change.
  double sum = 0;
  for (HoldModel& model : models_) {
    model.weight = std::max(least_weight, std::pow(model.weight / total, 0.998));
    sum += model.weight;
  }
  for (HoldModel& model : models_) model.weight /= sum;
}

void HoldFilter::update_camera(double position_um, double error_um) {
  for (HoldModel& model : models_) {
    auto state = state_of(model);
    auto covariance = covariance_of(model);
    const double variance = error_um * error_um;
    if (model.bias_variance <= 0) {
      model.bias = position_um - state(0);
      model.bias_variance = variance + covariance(0, 0);
      continue;
    }
    const double innovation = position_um - state(0) - model.bias;
    const double total = covariance(0, 0) + model.bias_variance + variance;
    const double trust = std::min(1.0, 9 * total / std::max(innovation * innovation, 1e-12));
    const double to_bias = trust * model.bias_variance / total;
    const Vector gain = trust * covariance.col(0) / total;
    state += gain * innovation;
    covariance -= (gain * covariance.row(0)).eval();
    covariance = 0.5 * (covariance + covariance.transpose()).eval();
    model.bias += to_bias * innovation;
    model.bias_variance -= to_bias * model.bias_variance;
  }
}

void HoldFilter::rescale(double height, double background, double error) {
  background_ *= background;
  for (HoldModel& model : models_) {
    model.state[1] += std::log(height);
    model.covariance[4] += error * error;
  }
}

void HoldFilter::widen(double variance_um2) {
  for (HoldModel& model : models_) model.covariance[0] += variance_um2;
}

Estimate HoldFilter::estimate() const {
  Estimate result;
  double log_height = 0, log_width = 0, centre = 0, variance = 0;
  for (const HoldModel& model : models_) {
    centre += model.weight * model.state[0];
    log_height += model.weight * model.state[1];
    log_width += model.weight * model.state[2];
  }
  for (const HoldModel& model : models_)
    variance += model.weight * (model.covariance[0] + std::pow(model.state[0] - centre, 2));
  result.centre_um = centre;
  result.sigma_um = std::sqrt(std::max(0.0, variance));
  result.amplitude = std::exp(log_height);
  result.fwhm_um = std::exp(log_width);
  result.background = background_;
  return result;
}

double HoldFilter::walk() const {
  double walk = 0;
  for (const HoldModel& model : models_) walk += model.weight * model.walk_um2_s;
  return walk;
}

double HoldFilter::camera_bias() const {
  double bias = 0;
  for (const HoldModel& model : models_) bias += model.weight * model.bias;
  return bias;
}

double HoldFilter::expected(double x_um) const {
  const Estimate now = estimate();
  return now.background + now.amplitude * Profile{now.fwhm_um, shape_}.value(x_um - now.centre_um);
}

}  // namespace jt::control
