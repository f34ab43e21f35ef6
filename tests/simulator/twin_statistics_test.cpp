// The statistics of the twin are those that were asked for: shares, pulse energies, photons and noise, with
// fixed seeds, against distributions written out here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "simulator/twin.hpp"

namespace jt::simulator {
namespace {

constexpr std::uint64_t many = 20'000;

std::vector<TwinShot> shots_of(const TwinSettings& settings, std::uint64_t count = many) {
  Twin twin(settings, 5, {3}, Twin::recorded_start(5, {3}));
  std::vector<TwinShot> shots;
  for (std::uint64_t k = 0; k < count; ++k) shots.push_back(twin.next());
  return shots;
}

TwinSettings settings_of_test() {
  TwinSettings settings;
  settings.plant = preset("J20");
  settings.plant.dropped = 0.2;
  settings.plant.unflagged = 0.3;
  settings.plant.sase_rms = 0.2;
  settings.plant.i0_noise = 0;
  settings.plant.i0_floor_noise = 0;
  settings.detector.lost = 0.05;
  return settings;
}

// A share seen in n trials lies within four standard deviations: once in 16000 seeds it would not.
void expect_share(std::uint64_t seen, double share, std::uint64_t n, const char* what) {
  const auto trials = static_cast<double>(n);
  EXPECT_NEAR(static_cast<double>(seen) / trials, share, 4 * std::sqrt(share * (1 - share) / trials)) << what;
}

bool has(const TwinShot& shot, std::uint16_t code) { return std::ranges::count(shot.codes, code) > 0; }

TEST(TwinShares, of_dropped_off_beam_and_lost_shots_are_those_asked_for) {
  const auto shots = shots_of(settings_of_test());
  const auto count = [&](auto&& wanted) {
    return static_cast<std::uint64_t>(std::ranges::count_if(shots, wanted));
  };
  expect_share(count([](const TwinShot& s) { return !s.exposure.beam; }), 0.2, many, "without beam");
  expect_share(count([](const TwinShot& s) { return has(s, 162); }), 0.2 * 0.7, many, "marked");
  expect_share(count([](const TwinShot& s) { return has(s, 140) && !s.exposure.beam; }), 0.2 * 0.3, many,
               "not marked");
  expect_share(count([](const TwinShot& s) { return s.frame_lost; }), 0.05, many, "frames lost");
  EXPECT_EQ(count([](const TwinShot& s) { return has(s, 140) == has(s, 162); }), 0U);
  // Every monitor at the sample reads nothing without beam.
  EXPECT_EQ(count([](const TwinShot& s) { return !s.exposure.beam && s.total > 0.01; }), 0U);
}

// Chi-square of counts in 200 blocks of 100: independent draws, neither clustered nor too even.
TEST(TwinShares, come_at_random) {
  const auto shots = shots_of(settings_of_test());
  double chi2 = 0;
  for (std::size_t block = 0; block < 200; ++block) {
    double off = 0;
    for (std::size_t k = 0; k < 100; ++k) off += shots[block * 100 + k].exposure.beam ? 0 : 1;
    chi2 += (off - 20) * (off - 20) / 16;  // 100 * 0.2 * 0.8
  }
  EXPECT_GT(chi2, 200 - 4 * 20);  // standard deviation sqrt(2 * 200)
  EXPECT_LT(chi2, 200 + 4 * 20);
}

// The regularised lower incomplete gamma function, by its series.
double gamma_below(double k, double x) {
  double term = 1 / k, sum = term;
  for (int n = 1; n < 1000 && term > 1e-15 * sum; ++n) {
    term *= x / (k + n);
    sum += term;
  }
  return sum * std::exp(-x + k * std::log(x) - std::lgamma(k));
}

// Kolmogorov and Smirnov's largest distance, times sqrt(n): above 1.95 once in a thousand.
template <class Cdf>
double ks(std::vector<double> values, Cdf&& cdf) {
  std::ranges::sort(values);
  const auto n = static_cast<double>(values.size());
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cdf(values[i]);
    largest = std::max({largest, std::fabs(expected - static_cast<double>(i) / n),
                        std::fabs(expected - static_cast<double>(i + 1) / n)});
  }
  return largest * std::sqrt(n);
}

TEST(TwinPulses, have_the_gamma_distribution_of_the_rms) {
  std::vector<double> energies;
  for (const TwinShot& shot : shots_of(settings_of_test()))
    if (shot.exposure.beam) energies.push_back(shot.total / 0.75);
  EXPECT_LT(ks(energies, [](double x) { return gamma_below(25, 25 * x); }), 1.95);  // 1 / 0.2^2
  EXPECT_GT(ks(energies, [](double x) { return gamma_below(20, 20 * x); }), 1.95);  // the test would see it
}

std::vector<std::uint16_t> words_of(const FrameMaker& maker, std::uint32_t shot, const Exposure& exposure,
                                    std::size_t pixels) {
  FrameMaker::Workspace workspace;
  std::vector<std::byte> bytes(2 * pixels);
  static_cast<void>(maker.make(shot, exposure, workspace, bytes));
  std::vector<std::uint16_t> words(pixels);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return words;
}

// Without noise a pixel of the camera reads 10 and 10 for each photon.
TEST(TwinFrames, have_poisson_photons_in_every_pixel) {
  TwinSettings settings;
  settings.detector.noise = 0;
  settings.detector.bad_pixels = settings.detector.saturating_pixels = 0;
  settings.detector.peak_photons = 4;
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, 9500, {11, 1, 0});
  const Exposure exposure{0.9, 0.2, true};
  double chi2 = 0, cells = 0;
  std::map<std::uint16_t, std::map<std::uint64_t, double>> seen;  // by class of distance
  std::map<std::uint16_t, double> pixels;
  for (std::uint32_t shot = 0; shot < 12; ++shot) {
    const auto words = words_of(maker, shot, exposure, detector.shape().pixels());
    for (std::size_t i = 0; i < words.size(); ++i) {
      ASSERT_EQ((words[i] - 10) % 10, 0);
      const std::uint16_t ring = detector.pixel_classes()[i];
      seen[ring][static_cast<std::uint64_t>(words[i] - 10) / 10] += 1;
      pixels[ring] += 1;
    }
  }
  for (const auto& [ring, counts] : seen) {
    const double mean = maker.expected_in_class(ring, exposure);
    if (mean <= 0) continue;
    for (int n = 0; n < 40; ++n) {
      const double expected = pixels[ring] * std::exp(-mean + n * std::log(mean) - std::lgamma(n + 1.0));
      if (expected < 5) continue;  // too few for chi-square
      const auto found = counts.find(static_cast<std::uint64_t>(n));
      const double count = found == counts.end() ? 0 : found->second;
      chi2 += (count - expected) * (count - expected) / expected;
      cells += 1;
    }
  }
  ASSERT_GT(cells, 500);
  // Each ring's cells nearly add up to its pixels: a little less than one per cell is expected.
  EXPECT_LT(chi2, cells + 4 * std::sqrt(2 * cells));
  EXPECT_GT(chi2, 0.75 * cells);
}

TEST(TwinFrames, have_normal_noise_in_the_dark) {
  TwinSettings settings;
  settings.detector.kind = TwinDetectorKind::small_camera;
  settings.detector.noise = 2;
  settings.detector.bad_pixels = settings.detector.saturating_pixels = 0;
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, 9500, {12, 1, 0});
  const auto words = words_of(maker, 0, {0, 0, false}, detector.shape().pixels());
  // Whole numbers about 10: chi-square against the normal distribution, integrated over each.
  const auto below = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  double chi2 = 0;
  int cells = 0;
  for (int level = 4; level <= 16; ++level) {
    const double share = below((level + 0.5 - 10) / 2) - below((level - 0.5 - 10) / 2);
    const double expected = share * static_cast<double>(words.size());
    const auto count = static_cast<double>(std::ranges::count(words, level));
    chi2 += (count - expected) * (count - expected) / expected;
    ++cells;
  }
  EXPECT_EQ(cells, 13);
  EXPECT_LT(chi2, 34.5);  // 13 cells: once in a thousand
}

}  // namespace
}  // namespace jt::simulator
