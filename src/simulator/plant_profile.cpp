#include "simulator/plant_profile.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

#include "simulator/exact_math.hpp"

namespace jt::simulator {
namespace {

constexpr double sigma_per_fwhm = 0.42466090014400953;  // 1 / (2 sqrt(2 ln 2))
constexpr double halo_width = 3;                        // of the halo, in beam widths

double half_extent(const PlantSettings& s) {
  return s.jet_shape == 2 ? 4 * s.jet_radius_um : s.jet_radius_um;  // a Gaussian is below 2e-5 there
}

// The jet cut into thin slices: where, and how much of it. u = R sin(angle) puts many where edges are steep.
struct Slice {
  double at, weight;
};
std::vector<Slice> slices(const PlantSettings& s) {
  constexpr int count = 1000;  // angles, midpoint rule
  const double extent = half_extent(s);
  std::vector<Slice> result;
  for (int i = 0; i < count; ++i) {
    const double turns = ((i + 0.5) / count - 0.5) * 0.5;  // -1/4 to 1/4
    const double at = extent * exact::sin_turns(turns);
    const double cosine = exact::sin_turns(turns + 0.25);
    result.push_back({at, thickness(s, at) * extent * cosine * (3.14159265358979312 / count)});
  }
  return result;
}

double seen_by_gaussian(const std::vector<Slice>& jet, double at, double sigma) {
  const double norm = 1 / (sigma * 2.5066282746310002);
  double sum = 0;
  for (const Slice& slice : jet) {
    const double z = (at - slice.at) / sigma;
    if (z < 8 && z > -8) sum += slice.weight * exact::exp(-0.5 * z * z);
  }
  return sum * norm;
}

// The beam's own sigma and the jitter add in squares: the average over jitter is a wider beam.
Profile tabulate(const PlantSettings& s, const std::vector<Slice>& jet, double jitter) {
  const double beam = s.beam_fwhm_um * sigma_per_fwhm;
  const double core = std::sqrt(beam * beam + jitter * jitter);
  const double halo = std::sqrt(halo_width * halo_width * beam * beam + jitter * jitter);
  const double reach = half_extent(s) + 6 * (s.beam_halo > 0 ? halo : core);
  const double step = std::max(core / 80, reach / 20000);
  std::vector<double> values;
  for (double at = 0; at <= reach; at = step * static_cast<double>(values.size())) {
    double value = (1 - s.beam_halo) * seen_by_gaussian(jet, at, core);
    if (s.beam_halo > 0) value += s.beam_halo * seen_by_gaussian(jet, at, halo);
    values.push_back(value);
  }
  return {step, std::move(values)};
}

}  // namespace

double thickness(const PlantSettings& s, double distance_um) {
  const double x = (distance_um < 0 ? -distance_um : distance_um) / s.jet_radius_um;
  switch (static_cast<int>(s.jet_shape)) {
    case 0:
      return x < 1 ? std::sqrt(1 - x * x) : 0;
    case 1:
      return x < 1 ? exact::pow(1 - exact::pow(x, s.jet_power), 1 / s.jet_power) : 0;
    case 2:
      return exact::exp(-0.69314718055994531 * x * x);
    default:
      return x < 1 ? 1 : 0;
  }
}

Profile::Profile(double step_um, std::vector<double> values)
    : per_um_(1 / step_um),
      reach_(step_um * static_cast<double>(values.size() - 1)),
      values_(std::move(values)) {
  assert(values_.size() > 1);
  values_.push_back(0);  // so that the last point has a neighbour
}

double Profile::operator()(double distance_um) const {
  const double at = (distance_um < 0 ? -distance_um : distance_um) * per_um_;
  if (!(at < static_cast<double>(values_.size() - 2))) return 0;
  const auto index = static_cast<std::size_t>(at);
  const double part = at - static_cast<double>(index);
  return values_[index] + part * (values_[index + 1] - values_[index]);
}

double Profile::fwhm_um() const {
  const double half = 0.5 * values_.front();
  const auto below = std::find_if(values_.begin(), values_.end(), [&](double v) { return v < half; });
  const auto index = static_cast<double>(below - values_.begin());
  const double part = (*(below - 1) - half) / (*(below - 1) - *below);
  return 2 * (index - 1 + part) / per_um_;
}

void Profile::scale(double factor) {
  for (double& value : values_) value *= factor;
}

Profiles make_profiles(const PlantSettings& settings) {
  const std::vector<Slice> jet = slices(settings);
  Profiles result{tabulate(settings, jet, 0), tabulate(settings, jet, settings.jitter_um)};
  result.signal.scale(1 / result.signal(0));
  result.overlap.scale(1 / result.overlap(0));
  return result;
}

}  // namespace jt::simulator
