#include "detector/cspad_common_mode.hpp"

#include <array>
#include <cmath>

namespace jt::detector {

namespace {

constexpr int lowest = -1000;  // ADU of the first bin
constexpr int bins = 3000;
using Histogram = std::array<int, bins>;

Histogram fill(std::span<const float> values, std::span<const std::uint16_t> status) {
  Histogram histogram{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (status[i] != 0) continue;
    const float rounded = std::round(values[i]);  // half away from zero
    if (rounded >= lowest && rounded < lowest + bins)
      ++histogram[static_cast<std::size_t>(static_cast<int>(rounded) - lowest)];
  }
  return histogram;
}

struct Peak {
  int at = 0;     // bin
  int left = -1;  // last bin below at half height; -1: never
  int right = bins;
};

// The first highest bin above the threshold, and where it has fallen to half.
std::optional<Peak> find_peak(const Histogram& histogram, double threshold) {
  Peak peak;
  int height = threshold > 0 ? static_cast<int>(threshold) : 100;
  bool found = false;
  for (int bin = 0; bin < bins; ++bin) {
    const int count = histogram[static_cast<std::size_t>(bin)];
    if (count > height) {
      height = count;
      peak = {bin, -1, bins};
      found = true;
    } else if (found && peak.right == bins && count <= height / 2) {
      peak.right = bin;
    }
  }
  if (!found) return std::nullopt;
  peak.left = peak.at;
  while (peak.left >= 0 && histogram[static_cast<std::size_t>(peak.left)] > height / 2) --peak.left;
  return peak;
}

struct Moments {
  double mean, sigma;  // in bins
};

// Twice: mean and spread within two sigma of the peak, about the mean before.
Moments refine(const Histogram& histogram, const Peak& peak) {
  Moments now{static_cast<double>(peak.at), (peak.right - peak.left) / 2.36};  // width at half height
  for (int pass = 0; pass < 2; ++pass) {
    const int reach = static_cast<int>(std::min(2 * now.sigma + 0.5, 1.0 * bins));
    double s0 = 0, s1 = 0, s2 = 0;
    for (int bin = std::max(peak.at - reach, 0); bin <= std::min(peak.at + reach, bins - 1); ++bin) {
      const double count = histogram[static_cast<std::size_t>(bin)];
      const double distance = bin - now.mean;
      s0 += count;
      s1 += count * distance;
      s2 += count * distance * distance;
    }
    now.mean += s1 / s0;
    now.sigma = std::sqrt(s2 / s0 - (s1 / s0) * (s1 / s0));
  }
  return now;
}

}  // namespace

CspadCommonMode read_cspad_common_mode(std::span<const double> numbers) {
  CspadCommonMode parameters;
  if (numbers.empty()) return parameters;
  const auto number = [&](std::size_t k) { return k < numbers.size() ? numbers[k] : 0.0; };
  using Algorithm = CspadCommonMode::Algorithm;
  parameters.algorithm = number(0) == 1   ? Algorithm::noise_peak
                         : number(0) == 5 ? Algorithm::unbonded
                                          : Algorithm::off;
  parameters.largest_mean = number(1);
  parameters.largest_sigma = number(2);
  parameters.threshold = number(3);
  parameters.fall_back = number(4) > 0.1;
  return parameters;
}

std::optional<double> noise_peak(std::span<const float> values, std::span<const std::uint16_t> status,
                                 const CspadCommonMode& limits) {
  const Histogram histogram = fill(values, status);
  const auto peak = find_peak(histogram, limits.threshold);
  if (!peak) return std::nullopt;
  const Moments found = refine(histogram, *peak);
  const double mean = found.mean + lowest;
  // Said as the failure: the field's own comparison lets a NaN sigma pass, and so do we.
  if (std::abs(mean) > limits.largest_mean || found.sigma > limits.largest_sigma) return std::nullopt;
  return mean;
}

std::optional<double> unbonded_mean(std::span<const float> values, double largest_mean) {
  double sum = 0;
  for (std::size_t k = 1; k <= 18; ++k) {
    const std::size_t pixel = 10 * k * cspad_cols + 10 * k;
    sum += values[pixel];
    sum += values[pixel + cspad_cols / 2];
  }
  const double mean = sum / 36;
  if (!(std::abs(mean) <= largest_mean)) return std::nullopt;
  return mean;
}

std::optional<double> cspad_offset(std::span<const float> values, std::span<const std::uint16_t> status,
                                   const CspadCommonMode& parameters) {
  using Algorithm = CspadCommonMode::Algorithm;
  if (parameters.algorithm == Algorithm::off) return std::nullopt;
  if (parameters.algorithm == Algorithm::noise_peak) {
    if (const auto peak = noise_peak(values, status, parameters)) return peak;
    if (!parameters.fall_back) return std::nullopt;
  }
  return unbonded_mean(values, parameters.largest_mean);
}

}  // namespace jt::detector
