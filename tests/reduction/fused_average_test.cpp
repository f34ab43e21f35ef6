#include "reduction/fused_average.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "reduction/live_ring.hpp"
#include "reduction/made_detector.hpp"
#include "reduction/plain_average.hpp"

namespace {

using namespace jt::reduction;
using jt::detector::SaturatedPixels;
using made::Random;

// Rings of random width about a random point, or any cells at all; with shared cells as the original has
// them.
PixelBins bins_of(const jt::detector::AreaDetector& detector, std::size_t bins, Random& random, bool any) {
  const jt::Shape shape = detector.pixels().shape;
  PixelBins made;
  made.bins = bins;
  for (std::size_t c = 0; c < bins; ++c) {
    const bool shared = c + 1 < bins && made::chance(random, 0.2);
    made.cells.push_back({static_cast<std::uint16_t>(c), static_cast<std::uint16_t>(shared ? c + 1 : c)});
  }
  made.pixels.assign(bins, 0);
  const double x0 = made::uniform(random, 0, shape.cols), y0 = made::uniform(random, 0, shape.rows);
  const double width = std::hypot(shape.rows, shape.cols) / static_cast<double>(bins);
  for (std::size_t i = 0; i < shape.pixels(); ++i) {
    const double x = static_cast<double>(i % shape.cols),
                 y = static_cast<double>(i / shape.cols % shape.rows);
    std::size_t cell = any ? random() % bins
                           : std::min(static_cast<std::size_t>(std::hypot(x - x0, y - y0) / width), bins - 1);
    if (detector.pixels().good[i] == 0) cell = bins;
    made.cell.push_back(static_cast<std::uint16_t>(cell));
    if (cell == bins) continue;
    for (std::size_t b = made.cells[cell].first_bin; b <= made.cells[cell].last_bin; ++b) ++made.pixels[b];
  }
  return made;
}

struct Reference {
  std::vector<double> profile, mean_size;  // the mean of |value|: what errors are measured by
  std::vector<float> values;
  std::size_t saturated = 0;
};
Reference plain(const jt::detector::AreaDetector& detector, const PixelBins& bins, const jt::RawFrame& raw,
                SaturatedPixels saturated) {
  Reference made;
  made.values.resize(detector.pixels().shape.pixels());
  made.saturated = detector.calibrate(raw, saturated, made.values);
  made.profile.resize(bins.bins);
  made.mean_size.resize(bins.bins);
  plain_average(bins, made.values, made.profile);
  std::vector<float> sizes = made.values;
  for (float& size : sizes) size = std::abs(size);
  plain_average(bins, sizes, made.mean_size);
  return made;
}

// Near zero signal: what double leaves when pedestals that amount to up to 1e4 keV cancel.
constexpr double rounding = 1e-10;

void expect_near(const std::vector<double>& profile, const Reference& reference, double tolerance) {
  for (std::size_t k = 0; k < profile.size(); ++k) {
    ASSERT_EQ(std::isnan(profile[k]), std::isnan(reference.profile[k])) << "bin " << k;
    if (std::isnan(profile[k])) continue;
    ASSERT_NEAR(profile[k], reference.profile[k], tolerance * reference.mean_size[k] + rounding)
        << "bin " << k;
  }
}

struct Run {
  std::vector<double> profile;
  std::size_t saturated = 0;
};
Run fused(const jt::detector::AreaDetector& detector, const PixelBins& bins, const jt::RawFrame& raw,
          SaturatedPixels saturated, FusedOptions options, unsigned threads = 1) {
  WorkerPool pool(threads);
  const auto average = FusedAverage::make(detector, bins, pool, options);
  Run run;
  run.profile.resize(bins.bins);
  FusedAverage::Job job{raw, run.profile, nullptr, 0};
  EXPECT_TRUE(average != nullptr && average->takes(raw));
  if (average != nullptr) average->run({&job, 1}, saturated);
  run.saturated = job.saturated;
  return run;
}

// Single pixels may be wrong by half a step of 16 bits, some more where gains of a cell differ.
constexpr double few_pixels_sixteen = 1e-4;
constexpr double exact = 1e-6, sixteen = 1e-5;

bool is_same(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void compare_all_ways(const jt::detector::AreaDetector& detector, const PixelBins& bins,
                      const jt::RawFrame& raw, double sixteen_tolerance) {
  for (const auto saturated : {SaturatedPixels::become_nan, SaturatedPixels::stay}) {
    const Reference reference = plain(detector, bins, raw, saturated);
    for (const GainBits bits : {GainBits::exact, GainBits::sixteen}) {
      const Run first = fused(detector, bins, raw, saturated, {.bits = bits});
      expect_near(first.profile, reference, bits == GainBits::exact ? exact : sixteen_tolerance);
      EXPECT_EQ(first.saturated, reference.saturated);
      for (const InstructionSet set : instruction_sets())
        for (const unsigned threads : {1u, 3u})
          EXPECT_TRUE(is_same(
              fused(detector, bins, raw, saturated, {.bits = bits, .instructions = set}, threads).profile,
              first.profile))
              << name(set) << ", " << threads << " threads";
    }
  }
}

RC_GTEST_PROP(fused_average, gain_switching_panels_of_any_size_equal_the_plain_reference, ()) {
  Random random(*rc::gen::arbitrary<unsigned>());
  const jt::Shape shape{*rc::gen::inRange(1u, 4u), *rc::gen::inRange(1u, 70u), *rc::gen::inRange(1u, 130u)};
  const made::Oddities odd{.switched = *rc::gen::element(0.0, 0.01, 0.5)};
  const auto detector = made::jungfrau(shape, random, odd, {}, {});
  const PixelBins bins =
      bins_of(*detector, *rc::gen::inRange<std::size_t>(1, 40), random, made::chance(random, 0.3));
  made::Frame frame = made::gain_frame(*detector, random, odd, made::uniform(random, 0, 300));
  if (shape.panels > 1 && made::chance(random, 0.5)) frame.lose_panel(random() % shape.panels);
  if (made::chance(random, 0.5)) frame.turn_panels();
  compare_all_ways(*detector, bins, frame.raw(), few_pixels_sixteen);
}

RC_GTEST_PROP(fused_average, cameras_of_any_size_and_type_equal_the_plain_reference, ()) {
  Random random(*rc::gen::arbitrary<unsigned>());
  const jt::Shape shape{1, *rc::gen::inRange(1u, 90u), *rc::gen::inRange(1u, 150u)};
  const auto type = *rc::gen::element(jt::PixelType::u8, jt::PixelType::u16, jt::PixelType::i16);
  const auto detector = made::camera(shape, random, *rc::gen::arbitrary<bool>());
  const PixelBins bins =
      bins_of(*detector, *rc::gen::inRange<std::size_t>(1, 40), random, made::chance(random, 0.3));
  compare_all_ways(*detector, bins, made::camera_frame(shape, type, random).raw(), few_pixels_sixteen);
}

TEST(fused_average, an_epix10ka_of_every_gain_setting_equals_the_plain_reference) {
  Random random(5);
  const made::Oddities odd;
  const auto detector = made::epix10ka(2, random, odd, {}, true);
  const PixelBins bins = bins_of(*detector, 60, random, false);
  compare_all_ways(*detector, bins, made::gain_frame(*detector, random, odd, 50).raw(), few_pixels_sixteen);
}

TEST(fused_average, realistic_frames_reach_the_accuracy_that_is_promised) {
  Random random(6);
  const made::Oddities odd{.far_gain = 0};
  for (const double signal : {0.0, 5.0, 500.0}) {  // dark, weak, strong
    const auto detector = made::jungfrau({2, 256, 512}, random, odd, {}, {});
    const PixelBins bins = bins_of(*detector, 100, random, false);
    compare_all_ways(*detector, bins, made::gain_frame(*detector, random, odd, signal).raw(), sixteen);
  }
}

TEST(fused_average, the_row_common_mode_is_the_reference_s) {
  Random random(7);
  const made::Oddities odd{.far_gain = 0};
  const auto detector =
      made::jungfrau({2, 64, 256}, random, odd, {1, 100, 0}, {32, jt::detector::jungfrau_banks.bank_cols});
  const PixelBins bins = bins_of(*detector, 20, random, false);
  for (const double signal : {0.0, 60.0}) {
    made::Frame frame = made::gain_frame(*detector, random, odd, signal);
    compare_all_ways(*detector, bins, frame.raw(), few_pixels_sixteen);
    frame.lose_panel(1);
    compare_all_ways(*detector, bins, frame.raw(), few_pixels_sixteen);
  }
}

TEST(fused_average, the_column_common_mode_is_the_reference_s) {
  Random random(8);
  const made::Oddities odd{.far_gain = 0};
  for (const bool mixed : {false, true}) {
    const auto detector = made::epix10ka(1, random, odd, {2, 10, 10}, mixed);
    const PixelBins bins = bins_of(*detector, 30, random, false);
    // Half the columns drift less than the limit of 10 ADU, the others more.
    compare_all_ways(*detector, bins, made::gain_frame(*detector, random, odd, 10).raw(), few_pixels_sixteen);
  }
}

TEST(fused_average, a_frame_gives_the_same_alone_and_among_others) {
  Random random(9);
  const made::Oddities odd;
  const auto detector = made::jungfrau({1, 64, 128}, random, odd, {1, 100, 0}, jt::detector::jungfrau_banks);
  const PixelBins bins = bins_of(*detector, 10, random, false);
  std::vector<made::Frame> frames;
  for (int n = 0; n < 5; ++n) frames.push_back(made::gain_frame(*detector, random, odd, 20 * n));
  WorkerPool pool(2);
  const auto average = FusedAverage::make(*detector, bins, pool);
  std::vector<std::vector<double>> profiles(5, std::vector<double>(bins.bins));
  std::vector<FusedAverage::Job> jobs;
  for (std::size_t n = 0; n < 5; ++n) jobs.push_back({frames[n].raw(), profiles[n], nullptr, 0});
  average->run(jobs, SaturatedPixels::become_nan);
  for (std::size_t n = 0; n < 5; ++n)
    EXPECT_TRUE(is_same(profiles[n],
                        fused(*detector, bins, frames[n].raw(), SaturatedPixels::become_nan, {}).profile));
}

// Of every pixel, binned or not, against the mean of what calibrate() gives.
void check_mean_image(const jt::detector::AreaDetector& detector, std::vector<made::Frame>& frames,
                      Random& random) {
  const PixelBins bins = bins_of(detector, 10, random, false);
  const std::size_t pixels = bins.cell.size();
  WorkerPool pool(2);
  const auto average = FusedAverage::make(detector, bins, pool);
  ImageSum image(pixels);
  std::vector<double> sum(pixels), size(pixels), profile(bins.bins);
  std::vector<std::size_t> count(pixels);
  for (const made::Frame& frame : frames) {
    FusedAverage::Job job{frame.raw(), profile, &image, 0};
    average->run({&job, 1}, SaturatedPixels::become_nan);
    const Reference reference = plain(detector, bins, frame.raw(), SaturatedPixels::become_nan);
    for (std::size_t i = 0; i < pixels; ++i) {
      if (!std::isfinite(reference.values[i])) continue;
      sum[i] += static_cast<double>(reference.values[i]);
      size[i] += std::abs(static_cast<double>(reference.values[i]));
      ++count[i];
    }
  }
  const auto mean = image.mean();
  for (std::size_t i = 0; i < pixels; ++i) {
    const auto n = static_cast<double>(count[i]);
    ASSERT_EQ(std::isnan(mean[i]), count[i] == 0) << i;
    if (count[i] == 0) continue;
    ASSERT_NEAR(static_cast<double>(mean[i]), sum[i] / n, 1e-6 * size[i] / n + 1e-12) << i;
  }
}

TEST(fused_average, the_mean_image_is_that_of_calibrated_frames) {
  Random random(10);
  const made::Oddities odd{.switched = 0.1};
  const auto detector = made::jungfrau({2, 64, 128}, random, odd, {1, 100, 0}, jt::detector::jungfrau_banks);
  std::vector<made::Frame> frames;
  for (int n = 0; n < 4; ++n) frames.push_back(made::gain_frame(*detector, random, odd, 30 * n));
  frames[2].lose_panel(0);
  check_mean_image(*detector, frames, random);
  const jt::Shape shape{1, 33, 47};
  const auto camera = made::camera(shape, random, true);
  std::vector<made::Frame> pictures;
  for (int n = 0; n < 4; ++n) pictures.push_back(made::camera_frame(shape, jt::PixelType::u16, random));
  check_mean_image(*camera, pictures, random);
}

RC_GTEST_PROP(live_ring, its_bins_are_those_of_the_whole_profile_and_the_others_are_empty, ()) {
  Random random(*rc::gen::arbitrary<unsigned>());
  const bool common_mode = *rc::gen::arbitrary<bool>();
  const made::Oddities odd{.far_gain = 0, .full = *rc::gen::element(0.0, 0.01)};
  const jt::Shape shape{2, 32, 128};
  const auto detector = common_mode
                            ? made::jungfrau(shape, random, odd, {1, 100, 0}, jt::detector::jungfrau_banks)
                            : made::jungfrau(shape, random, odd, {}, {});
  const PixelBins bins = bins_of(*detector, 20, random, false);
  made::Frame frame = made::gain_frame(*detector, random, odd, 50);
  if (made::chance(random, 0.3)) frame.lose_panel(0);
  const RingWindow windows[] = {geometry_window(8, 2, 20), geometry_window(15, 1, 20)};
  WorkerPool pool(2);
  const auto ring = LiveRing::make(*detector, bins, windows, pool);
  RC_ASSERT(ring != nullptr);
  for (const auto saturated : {SaturatedPixels::become_nan, SaturatedPixels::stay}) {
    Reference reference = plain(*detector, bins, frame.raw(), saturated);
    for (std::size_t k = 0; k < 20; ++k)
      if (k < 6 || (k > 10 && k != 14 && k != 15 && k != 16)) reference.profile[k] = std::nan("");
    const auto found = ring->of(frame.raw(), saturated);
    expect_near({found.profile.begin(), found.profile.end()}, reference, few_pixels_sixteen);
  }
}

TEST(fused_average, frames_of_another_detector_are_refused) {
  Random random(11);
  const auto detector = made::jungfrau({2, 8, 16}, random, {}, {}, {});
  const PixelBins bins = bins_of(*detector, 3, random, false);
  WorkerPool pool(1);
  const auto average = FusedAverage::make(*detector, bins, pool);
  EXPECT_TRUE(average->takes(made::Frame({2, 8, 16}, jt::PixelType::u16).raw()));
  EXPECT_FALSE(average->takes(made::Frame({2, 8, 17}, jt::PixelType::u16).raw()));
  EXPECT_FALSE(average->takes(made::Frame({2, 8, 16}, jt::PixelType::i16).raw()));
  const made::Frame frame({2, 8, 16}, jt::PixelType::u16);
  const jt::PanelView beyond{2, frame.raw().panels[0].pixels};
  EXPECT_FALSE(average->takes({jt::PixelType::u16, {2, 8, 16}, 65535, {&beyond, 1}}));
}

TEST(fused_average, a_common_mode_that_the_kernels_do_not_know_is_left_to_the_plain_path) {
  Random random(12);
  const auto detector = made::jungfrau({1, 64, 128}, random, {}, {5, 100, 0}, jt::detector::jungfrau_banks);
  const PixelBins bins = bins_of(*detector, 3, random, false);
  WorkerPool pool(1);
  EXPECT_EQ(FusedAverage::make(*detector, bins, pool), nullptr);
}

}  // namespace
