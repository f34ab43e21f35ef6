#include "control/dither.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace jt::control {
namespace {

// Mean loss at a distance `side` +/- a normal error of `sigma`, by three-point Gauss-Hermite quadrature.
double mean_loss(const Profile& profile, double side, double sigma) {
  constexpr std::array nodes{-1.7320508, 0.0, 1.7320508}, weights{1.0 / 6, 4.0 / 6, 1.0 / 6};
  double loss = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    loss += weights[i] * (1 - profile.value(side + sigma * nodes[i]));
  return loss;
}

// Loss with one profile; what one shot tells is `relative_slope`^2 / noise^2.
double loss_with(const DitherTask& task, const Profile& profile, double side, double dwell) {
  const double shots = std::max(1.0, 2 * (dwell - 1.5 * task.dead_s) * task.shots_per_s);
  const double drift = task.walk_um2_s * 2 * dwell;
  // Rounded to the axis's steps, the side is off by up to half of one; also that tells where the jet is.
  const double rounding = task.resolution_um * task.resolution_um / 12;
  const double probed = std::sqrt(side * side + rounding);
  const double slope = std::abs(profile.slope(probed)) / std::max(profile.value(probed), 1e-6);
  const double one_shot = task.relative_noise / std::max(slope, 1e-9);
  const double measured = one_shot * one_shot / shots;
  const double known = -0.5 * drift + std::sqrt(0.25 * drift * drift + drift * measured);
  const double variance = known + 0.25 * drift + task.walk_um2_s * task.latency_s + rounding;
  return mean_loss(profile, side, std::sqrt(variance));
}

}  // namespace

Dither best_dither(const DitherTask& task) {
  const double shortest = 2 * task.dead_s + 0.2;
  const double dwell = std::max(shortest, 0.5 * task.puts_per_pair * 60 / std::max(task.moves_per_min, 0.1));
  double width = 0, weight = 0;
  for (const LikelyProfile& each : task.profiles) {
    width += each.weight * each.profile.fwhm_um;
    weight += each.weight;
  }
  width /= std::max(weight, 1e-12);
  Dither best;
  best.dwell_s = dwell;
  best.expected_loss = 2;
  best.drift_um = std::sqrt(task.walk_um2_s * dwell);
  const double step = std::max(0.25 * task.resolution_um, 0.02 * width);
  for (double side = std::max(0.25 * task.resolution_um, 0.01 * width); side < 0.6 * width; side += step) {
    double loss = 0;
    for (const LikelyProfile& each : task.profiles)
      if (each.weight > 0.02) loss += each.weight * loss_with(task, each.profile, side, dwell);
    if (loss < best.expected_loss) {
      best.side_um = side;
      best.expected_loss = loss;
    }
  }
  return best;
}

}  // namespace jt::control
