#include "bounds.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace jt::bench {
namespace {

using simulator::PlantSettings;
using simulator::Profiles;

struct Ratio {  // of one shot at a known place
  double mean, sigma;
};

Ratio expected_ratio(const PlantSettings& s, double signal) {
  const double mean = s.photons * (signal + s.background);
  const double thickness = s.photons * signal * s.thickness_noise;
  const double monitor = mean * std::hypot(s.i0_noise, s.i0_floor_noise);
  return {mean, std::sqrt(mean + thickness * thickness + monitor * monitor)};
}

struct Component {  // one value of the jitter: weight, place, and how both change with distance
  double weight, mean, sigma, mean_slope, sigma_slope;
};

std::vector<Component> mixture(const PlantSettings& s, const Profiles& p, double distance) {
  constexpr int nodes = 241;
  constexpr double reach = 5;  // of the jitter, in sigma
  constexpr double h = 1e-3;   // um, for the slopes
  std::vector<Component> result;
  double sum = 0;
  for (int i = 0; i < nodes; ++i) {
    const double z = reach * (2.0 * i / (nodes - 1) - 1);
    const double at = distance + s.jitter_um * z;
    const double step = std::max(h, 0.02 * s.beam_fwhm_um);
    const Ratio here = expected_ratio(s, p.signal(at));
    const Ratio above = expected_ratio(s, p.signal(at + step));
    const Ratio below = expected_ratio(s, p.signal(at - step));
    result.push_back({std::exp(-0.5 * z * z), here.mean, here.sigma, (above.mean - below.mean) / (2 * step),
                      (above.sigma - below.sigma) / (2 * step)});
    sum += result.back().weight;
  }
  for (Component& c : result) c.weight /= sum;
  return result;
}

// Integral of (dp/dd)^2 / p over the ratio.
double fisher(const PlantSettings& s, const Profiles& p, double distance) {
  const std::vector<Component> parts = mixture(s, p, distance);
  double low = std::numeric_limits<double>::max();
  double high = 0;
  double finest = low;
  for (const Component& c : parts) {
    low = std::min(low, c.mean - 6 * c.sigma);
    high = std::max(high, c.mean + 6 * c.sigma);
    finest = std::min(finest, c.sigma);
  }
  const double step = std::max(finest / 4, (high - low) / 4000);
  double sum = 0;
  for (double r = low; r <= high; r += step) {
    double density = 0;
    double slope = 0;
    for (const Component& c : parts) {
      const double z = (r - c.mean) / c.sigma;
      if (z > 7 || z < -7) continue;
      const double f = c.weight * std::exp(-0.5 * z * z) / c.sigma;
      density += f;
      slope += f * (z * c.mean_slope + (z * z - 1) * c.sigma_slope) / c.sigma;
    }
    if (density > 1e-300) sum += slope * slope / density;
  }
  return sum * step / std::sqrt(2 * 3.14159265358979312);
}

// Mean overlap when the position error is Gaussian with this rms around an offset.
double mean_overlap(const Profiles& p, double offset, double rms) {
  double sum = 0;
  double weights = 0;
  for (int i = -20; i <= 20; ++i) {
    const double z = i * 0.2;
    const double weight = std::exp(-0.5 * z * z);
    sum += weight * p.overlap(offset + rms * z);
    weights += weight;
  }
  return sum / weights;
}

}  // namespace

Information::Information(const PlantSettings& settings, const Profiles& profiles)
    : step_um_(profiles.overlap.fwhm_um() / 80) {
  const double cap = settings.jitter_um > 0 ? 1 / (settings.jitter_um * settings.jitter_um)
                                            : std::numeric_limits<double>::infinity();
  const double reach = profiles.overlap.reach_um();
  double best = 0;
  for (double at = 0; at <= reach; at += step_um_) {
    const double value = std::min(cap, fisher(settings, profiles, at));
    values_.push_back(value);
    if (profiles.overlap(at) >= 0.3 && value > best) {
      best = value;
      best_at_ = at;
    }
  }
}

double Information::at(double distance_um) const {
  const double at = std::fabs(distance_um) / step_um_;
  const auto index = static_cast<std::size_t>(at);
  if (!(at >= 0) || index + 1 >= values_.size()) return 0;
  const double part = at - static_cast<double>(index);
  return values_[index] * (1 - part) + values_[index + 1] * part;
}

double Information::best() const { return at(best_at_); }

TrackingBound tracking_bound(const Profiles& profiles, const Information& information, double walk_um_sqrt_s,
                             double shots_per_s, double least_dither_um) {
  TrackingBound best;
  if (walk_um_sqrt_s <= 0) return best;
  const double q = walk_um_sqrt_s * walk_um_sqrt_s;
  const double fwhm = profiles.overlap.fwhm_um();
  best.overlap = 0;
  for (int i = 0; i <= 120; ++i) {
    const double dither = least_dither_um + i * fwhm / 200;
    for (double duty = 1; duty > 0.004; duty *= 0.8) {
      const double rate = shots_per_s * (duty * information.at(dither) + (1 - duty) * information.at(0));
      if (rate <= 0) continue;
      const double rms = std::sqrt(std::sqrt(q / rate));
      const double overlap =
          duty * mean_overlap(profiles, dither, rms) + (1 - duty) * mean_overlap(profiles, 0, rms);
      if (overlap > best.overlap) best = {overlap, dither, rms};
    }
  }
  return best;
}

double tracking_bound_with_axis(const Profiles& profiles, const Information& information,
                                double walk_um_sqrt_s, double shots_per_s, const AxisLimits& axis) {
  if (walk_um_sqrt_s <= 0) return 1;
  const double q = walk_um_sqrt_s * walk_um_sqrt_s, dwell = 60 / axis.moves_per_min;
  const double live = std::max(0.0, 1 - axis.dead_s / dwell);
  const double rounding = axis.resolution_um * axis.resolution_um / 12;
  double best = 0;
  for (int i = 0; i <= 120; ++i) {
    const double side = i * profiles.overlap.fwhm_um() / 200;
    const double rate = shots_per_s * live * information.at(std::sqrt(side * side + rounding));
    if (rate <= 0) continue;
    // the filter's error all the time, and what the jet walks from one move to the next, on average half of
    // it
    const double rms = std::sqrt(std::sqrt(q / rate) + 0.5 * q * dwell + rounding);
    best = std::max(best, mean_overlap(profiles, side, rms));
  }
  return best;
}

}  // namespace jt::bench
