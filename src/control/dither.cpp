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

}  // namespace

Dither best_dither(const DitherTask& task) {
  const double puts_per_pair = 3;
  const double shortest = 2 * task.dead_s + 0.2;
  const double dwell = std::max(shortest, 0.5 * puts_per_pair * 60 / std::max(task.moves_per_min, 0.1));
  const double shots = std::max(1.0, 2 * (dwell - 1.5 * task.dead_s) * task.shots_per_s);
  const double drift = task.walk_um2_s * 2 * dwell;

  Dither best;
  best.expected_loss = 2;
  const double step = std::max(0.5 * task.resolution_um, 0.01 * task.profile.fwhm_um);
  for (double side = std::max(step, 0.5 * task.resolution_um); side < 0.6 * task.profile.fwhm_um;
       side += step) {
    const double g = task.profile.value(side);
    const double relative_slope = std::abs(task.profile.slope(side)) / std::max(g, 1e-6);
    const double one_shot = task.relative_noise / std::max(relative_slope, 1e-9);
    const double measured = one_shot * one_shot / shots;
    const double known = -0.5 * drift + std::sqrt(0.25 * drift * drift + drift * measured);
    const double variance =
        known + 0.5 * drift + task.walk_um2_s * task.latency_s + task.resolution_um * task.resolution_um / 12;
    const double loss = mean_loss(task.profile, side, std::sqrt(variance));
    if (loss < best.expected_loss) best = {side, dwell, loss};
  }
  return best;
}

}  // namespace jt::control
