#include "simulator/ring_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/errors.hpp"
#include "simulator/exact_math.hpp"

// Built with -ffp-contract=off; of <cmath> only sqrt, floor and fabs are used, which IEEE 754 fixes.

namespace jt::simulator {
namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double hc_ev_angstrom = 12398.42;

double bump(double x, double centre, double sigma) {
  const double z = (x - centre) / sigma;
  return exact::exp(-0.5 * z * z);
}

// Water-like: a maximum at 2.0 per angstrom, the second one at 2.95 as a shoulder on the slow fall (all
// numbers rounded).
double water(double q) { return bump(q, 2.0, 0.24) + 0.45 * bump(q, 2.95, 0.42) + 0.14 / (1 + 0.08 * q * q); }

}  // namespace

RingProfile::RingProfile(const TwinDetectorSettings& detector, double photon_energy_ev, double reach_um)
    : detector_(detector),
      distance_(detector.distance_mm * 1000),
      stop_(detector.beam_stop_mm * 1000),
      per_sine_(4 * pi * photon_energy_ev / hc_ev_angstrom) {
  const double end = std::floor(reach_um);
  double top = 0;
  for (double radius = std::floor(stop_) + 1; radius < end; radius += 1) {
    const double here = raw_jet(radius);
    if (here > top) {
      top = here;
      peak_ = radius;
    }
  }
  const double margin = 0.02 * reach_um;
  if (top <= 0 || peak_ < stop_ + margin || peak_ > reach_um - margin)
    throw CallError(fmt::format("the ring would not be seen: its top lies {} the detector, which sees {:.1f} "
                                "to {:.1f} mm from the beam",
                                peak_ < stop_ + margin ? "inside" : "beyond", stop_ / 1000, reach_um / 1000),
                    "the twin is there to show a ring",
                    "Change the twin's distance_mm, photon_energy_ev or beam_stop_mm?");
  top_ = top;
}

double RingProfile::q(double radius_um) const {
  // sin(atan(r / z) / 2) without an arc tangent
  const double cosine = distance_ / std::sqrt(radius_um * radius_um + distance_ * distance_);
  return per_sine_ * std::sqrt(0.5 * (1 - cosine));
}

double RingProfile::intensity(double q) const {
  const auto& ring = detector_.ring;
  if (ring.empty()) return water(q);
  if (q < ring.front().q || q > ring.back().q) return 0;
  const auto above =
      std::upper_bound(ring.begin(), ring.end(), q, [](double x, const RingPoint& p) { return x < p.q; });
  if (above == ring.end()) return ring.back().intensity;
  const RingPoint& high = *above;
  const RingPoint& low = *(above - 1);
  return low.intensity + (high.intensity - low.intensity) * ((q - low.q) / (high.q - low.q));
}

// A flat pixel farther out covers less solid angle: cos^3 of the scattering angle.
double RingProfile::raw_jet(double radius_um) const {
  if (radius_um < stop_) return 0;
  const double cosine = distance_ / std::sqrt(radius_um * radius_um + distance_ * distance_);
  return intensity(q(radius_um)) * cosine * cosine * cosine;
}

double RingProfile::jet(double radius_um) const { return raw_jet(radius_um) / top_; }

double RingProfile::background(double radius_um) const {
  if (radius_um < stop_) return 0;
  const double half = 0.5 * peak_;
  const auto fall = [&](double radius) { return 1 / (1 + (radius / half) * (radius / half)); };
  return fall(radius_um) / fall(peak_);
}

}  // namespace jt::simulator
