#include "calibration/ring_finder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "calibration/least_squares.hpp"
#include "calibration/statistics.hpp"

namespace jt::calibration {
namespace {

using reduction::Baseline;
using reduction::RingWindow;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double fwhm_per_sigma = 2.3548;  // 2 sqrt(2 ln 2)

std::size_t index(int bin) { return static_cast<std::size_t>(bin); }

// The 4th difference about each bin, divided by what a bin of one pixel with unit scatter would give. A
// smooth ring hardly shows in it: 3 height / sigma^4 / 8.4.
std::vector<double> roughness(std::span<const double> p, std::span<const std::uint32_t> pixels) {
  constexpr std::array<double, 5> weights{1, -4, 6, -4, 1};
  std::vector<double> rough(p.size(), nan);
  for (std::size_t k = 2; k + 2 < p.size(); ++k) {
    double difference = 0, variance = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      difference += weights[i] * p[k - 2 + i];
      variance += weights[i] * weights[i] / pixels[k - 2 + i];
    }
    rough[k] = std::abs(difference) / std::sqrt(variance);
  }
  return rough;
}

// 1-2-1, over the neighbours that are there.
std::vector<double> smoothed(std::span<const double> p) {
  std::vector<double> s(p.size(), nan);
  for (std::size_t k = 0; k < p.size(); ++k) {
    if (!std::isfinite(p[k])) continue;
    double sum = 2 * p[k], weight = 2;
    if (k > 0 && std::isfinite(p[k - 1])) sum += p[k - 1], weight += 1;
    if (k + 1 < p.size() && std::isfinite(p[k + 1])) sum += p[k + 1], weight += 1;
    s[k] = sum / weight;
  }
  return s;
}

// How low the profile goes between a peak and the next higher place (or the end of the bins searched).
struct Valley {
  int bin = 0;
  double level = 0;
};
Valley valley_beside(std::span<const double> s, int peak, int step, const RingSearch& search) {
  Valley valley{peak, s[index(peak)]};
  for (int k = peak + step; k >= search.first_bin && k <= search.last_bin; k += step) {
    const double value = s[index(k)];
    if (!std::isfinite(value)) continue;
    if (value > s[index(peak)]) break;
    if (value < valley.level) valley = {k, value};
  }
  return valley;
}

bool is_local_maximum(std::span<const double> s, int k, const RingSearch& search) {
  const auto at = [&](int bin) {
    return bin < search.first_bin || bin > search.last_bin ? nan : s[index(bin)];
  };
  const double here = at(k), before = at(k - 1), after = at(k + 1);
  return std::isfinite(here) && !(before >= here) && !(after > here);
}

int brightest_bin(std::span<const double> profile, const RingSearch& search) {
  int best = search.first_bin;
  for (int k = search.first_bin; k <= search.last_bin; ++k)
    if (std::isfinite(profile[index(k)]) &&
        !(profile[index(k)] <= profile[index(best)]))  // also when `best` is empty
      best = k;
  return best;
}

// What surrounds the peak that is looked at.
struct Surroundings {
  int peak = 0;
  Valley left, right;
  double sigma = 1;   // from the width at half height
  RingWindow region;  // bins to fit
};

Surroundings look_around(std::span<const double> s, int peak, const RingSearch& search) {
  Surroundings around{peak, valley_beside(s, peak, -1, search), valley_beside(s, peak, +1, search), 1, {}};
  const double base = std::max(around.left.level, around.right.level);
  const double half = base + (s[index(peak)] - base) / 2;
  const auto half_width = [&](int step) {
    int k = peak;
    while (k + step >= search.first_bin && k + step <= search.last_bin && s[index(k + step)] > half)
      k += step;
    return std::abs(k - peak) + 0.5;
  };
  const double fwhm = half_width(-1) + half_width(+1);
  around.sigma = fwhm / fwhm_per_sigma;
  // 3.5 sigma, where a ring has faded. Farther out lies what else the sample does, water's second maximum
  // above all: it would bend the line and pull the ring outwards, by half a bin of a wide ring.
  const int reach = std::max(search.delta_bin + search.fit_points, static_cast<int>(std::ceil(1.5 * fwhm)));
  // Beyond a valley something else begins; the valley itself carries the line.
  const int to_left = std::min(reach, std::max(peak - around.left.bin, search.delta_bin));
  const int to_right = std::min(reach, std::max(around.right.bin - peak, search.delta_bin));
  around.region = {std::max(peak - to_left, search.first_bin), std::min(peak + to_right, search.last_bin),
                   false};
  return around;
}

struct Points {
  std::vector<double> k, value, error;
};
Points points_in(RingWindow region, std::span<const double> profile, std::span<const double> errors) {
  Points points;
  for (int k = region.first; k <= region.last; ++k)
    if (std::isfinite(profile[index(k)])) {
      points.k.push_back(k);
      points.value.push_back(profile[index(k)]);
      points.error.push_back(errors[index(k)]);
    }
  return points;
}

// A parameter that stays between two limits: p = middle + half range * sin(u).
struct Bounded {
  double low, high;
  [[nodiscard]] double of(double u) const { return (low + high) / 2 + (high - low) / 2 * std::sin(u); }
  [[nodiscard]] double start(double p) const {
    return std::asin(std::clamp((2 * p - low - high) / (high - low), -0.9, 0.9));
  }
  [[nodiscard]] double slope(double u) const { return (high - low) / 2 * std::abs(std::cos(u)); }
};

void fit_peak(FoundRing& ring, std::span<const double> profile, std::span<const double> errors,
              const Surroundings& around, const RingSearch& search) {
  const Points points = points_in(around.region, profile, errors);
  if (points.k.size() < 6) return;
  const double first = around.region.first, last = around.region.last;
  const Bounded position{first, last}, sigma{0.3, std::max(1.0, last - first)};
  const auto n =
      static_cast<std::ptrdiff_t>(std::min(index(std::max(search.fit_points, 1)), points.value.size() / 2));
  const std::span<const double> values(points.value);
  const double y0 = mean(values.first(index(static_cast<int>(n)))),
               y1 = mean(values.last(index(static_cast<int>(n))));
  const double slope = (y1 - y0) / (last - first - static_cast<double>(n) + 1);
  const double level = y0 - slope * (first + (static_cast<double>(n) - 1) / 2);
  const std::array<double, 5> start{profile[index(around.peak)] - (level + slope * around.peak),
                                    position.start(around.peak), sigma.start(around.sigma), slope, level};
  const auto model = [&](std::span<const double> p, double k) {
    const double u = (k - position.of(p[1])) / sigma.of(p[2]);
    return p[0] * std::exp(-u * u / 2) + p[3] * k + p[4];
  };
  const auto residuals = [&](std::span<const double> p, std::span<double> r) {
    for (std::size_t i = 0; i < points.k.size(); ++i)
      r[i] = (model(p, points.k[i]) - points.value[i]) / points.error[i];
  };
  const Fit fit = fit_least_squares(residuals, start, points.k.size());
  const auto& p = fit.parameters;
  double square = 0;
  for (std::size_t i = 0; i < points.k.size(); ++i)
    square += std::pow(model(p, points.k[i]) - points.value[i], 2);
  ring.height = p[0];
  ring.position = position.of(p[1]);
  ring.position_err = fit.errors[1] * position.slope(p[1]);
  ring.sigma = sigma.of(p[2]);
  ring.residual = std::sqrt(square / static_cast<double>(points.k.size())) / std::abs(p[0]);
  // A good fit: it stands on the peak that was seen, is no wider than its surroundings, and describes them.
  ring.fit_ok = fit.converged && p[0] > 0 && std::isfinite(ring.position_err) &&
                std::abs(ring.position - around.peak) <= std::max(2.0, 2 * around.sigma) &&
                ring.sigma < (last - first) && ring.residual < 0.2;
  if (!ring.fit_ok) return;
  ring.curve.assign(profile.size(), nan);
  for (int k = around.region.first; k <= around.region.last; ++k) ring.curve[index(k)] = model(p, k);
}

// `count` bins beyond the ring: at least delta + 1 from the peak, where a fitted ring has faded (3 sigma),
// but not past the valley beside it.
RingWindow side_bins(const FoundRing& ring, int step, int valley_distance, std::size_t bins,
                     const RingSearch& search) {
  int distance = search.delta_bin + 1;
  if (ring.fit_ok)
    distance = std::max(distance, std::min(static_cast<int>(std::ceil(3 * ring.sigma)), valley_distance));
  const int count = std::max(search.fit_points, 1);
  const int near = ring.peak_bin + step * distance, far = near + step * (count - 1);
  const RingWindow side{std::max(std::min(near, far), 0),
                        std::min(std::max(near, far), static_cast<int>(bins) - 1), false};
  return side.empty() ? RingWindow{} : side;
}

void measure_baseline(FoundRing& ring, std::span<const double> profile, int left_valley, int right_valley,
                      const RingSearch& search) {
  ring.window = reduction::geometry_window(ring.peak_bin, search.delta_bin, profile.size());
  ring.left = side_bins(ring, -1, ring.peak_bin - left_valley, profile.size(), search);
  ring.right = side_bins(ring, +1, right_valley - ring.peak_bin, profile.size(), search);
  ring.baseline = reduction::baseline_beside(profile, ring.left, ring.right);
}

std::vector<RingPeak> all_peaks(std::span<const double> profile, std::span<const double> errors,
                                const RingSearch& search) {
  const std::vector<double> s = smoothed(profile);
  std::vector<RingPeak> peaks;
  for (int k = search.first_bin; k <= search.last_bin; ++k) {
    if (!is_local_maximum(s, k, search)) continue;
    const double base =
        std::max(valley_beside(s, k, -1, search).level, valley_beside(s, k, +1, search).level);
    const double height = s[index(k)] - base;
    if (height > 0) peaks.push_back({k, height, height / errors[index(k)]});
  }
  std::stable_sort(peaks.begin(), peaks.end(),
                   [](const RingPeak& a, const RingPeak& b) { return a.height > b.height; });
  return peaks;
}

}  // namespace

std::vector<double> profile_errors(std::span<const double> profile, std::span<const std::uint32_t> pixels) {
  const std::vector<double> rough = roughness(profile, pixels);
  const double everywhere = median(rough);
  // Rounding alone makes a perfectly smooth profile this rough.
  double largest = 0;
  for (const double value : profile)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  const double least = std::max(1e-9 * largest, std::numeric_limits<double>::min());

  std::vector<double> errors(profile.size(), nan);
  for (std::size_t k = 0; k < profile.size(); ++k) {
    if (!std::isfinite(profile[k]) || pixels[k] == 0) continue;
    // A bright region is noisier than the rest: the larger of what is seen about the bin and everywhere.
    const std::size_t first = k > 15 ? k - 15 : 0, end = std::min(k + 16, profile.size());
    const double here = median(std::span(rough).subspan(first, end - first));
    const double one_pixel =
        std::max(std::isfinite(here) ? here : 0.0, std::isfinite(everywhere) ? everywhere : 0.0);
    // The median of |normal| is 0.6745 sigma.
    errors[k] = std::max(one_pixel / 0.6745 / std::sqrt(static_cast<double>(pixels[k])), least);
  }
  return errors;
}

std::vector<RingPeak> ring_peaks(std::span<const double> profile, std::span<const double> errors,
                                 const RingSearch& search) {
  auto peaks = all_peaks(profile, errors, search);
  std::erase_if(peaks, [](const RingPeak& peak) { return !(peak.contrast >= contrast_of_a_ring); });
  return peaks;
}

FoundRing find_ring(std::span<const double> profile, std::span<const std::uint32_t> pixels,
                    const RingSearch& search) {
  const std::vector<double> errors = profile_errors(profile, pixels);
  const auto peaks = ring_peaks(profile, errors, search);
  FoundRing ring;
  if (peaks.empty()) {
    for (const RingPeak& peak : all_peaks(profile, errors, search))
      ring.contrast = std::max(ring.contrast, peak.contrast);
    ring.peak_bin = brightest_bin(profile, search);
    measure_baseline(ring, profile, ring.peak_bin, ring.peak_bin, search);
    return ring;
  }
  const auto s = smoothed(profile);
  const Surroundings around = look_around(s, peaks.front().bin, search);
  fit_peak(ring, profile, errors, around, search);
  ring.peak_bin = ring.fit_ok ? std::clamp(static_cast<int>(std::lround(ring.position)), search.first_bin,
                                           search.last_bin)
                              : around.peak;
  measure_baseline(ring, profile, around.left.bin, around.right.bin, search);
  const double over_baseline = profile[index(ring.peak_bin)] - ring.baseline.at(ring.peak_bin);
  ring.contrast = over_baseline / errors[index(ring.peak_bin)];
  ring.is_ring = ring.contrast >= contrast_of_a_ring;
  if (!ring.is_ring) {
    ring.fit_ok = false;
    ring.peak_bin = brightest_bin(profile, search);
    measure_baseline(ring, profile, ring.peak_bin, ring.peak_bin, search);
  }
  for (std::size_t i = 1; i < std::min<std::size_t>(peaks.size(), 3); ++i) ring.others.push_back(peaks[i]);
  return ring;
}

}  // namespace jt::calibration
