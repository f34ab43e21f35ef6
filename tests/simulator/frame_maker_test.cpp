// Frames of the twin: the right light in the right place, with the right statistics, from the same words.
#include "simulator/frame_maker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "simulator/jet_picture.hpp"

namespace jt::simulator {
namespace {

TwinSettings settings_of(TwinDetectorKind kind) {
  TwinSettings settings;
  settings.detector.kind = kind;
  return settings;
}

std::uint16_t word_at(std::span<const std::byte> pixels, std::size_t pixel) {
  std::uint16_t word;
  std::memcpy(&word, pixels.data() + 2 * pixel, 2);
  return word;
}

// Where the water-like ring is at 9.5 keV and 120 mm, by hand: its top lies near q = 2.0 per angstrom;
// lambda = 12398.42 / 9500 = 1.30510 A, theta = asin(q lambda / 4 pi) = 11.99 deg, r = 120 tan(2 theta)
// = 53.4.
TEST(RingProfile, has_its_top_where_water_has) {
  const RingProfile profile(TwinDetectorSettings{}, 9500, 90'000);
  EXPECT_NEAR(profile.peak_um() / 1000, 53.4, 1.0);
  EXPECT_NEAR(profile.jet(profile.peak_um()), 1, 1e-12);
  EXPECT_LT(profile.jet(profile.peak_um() * 0.8), 0.8);
  EXPECT_EQ(profile.jet(1000), 0);  // behind the beam stop
  EXPECT_NEAR(profile.background(profile.peak_um()), 1, 1e-12);
}

TEST(RingProfile, gives_q_as_the_textbook_does) {
  const RingProfile profile(TwinDetectorSettings{}, 9500, 90'000);
  const double lambda = 12398.42 / 9500;
  for (const double radius : {5e3, 2e4, 5e4, 8e4})
    EXPECT_NEAR(profile.q(radius), 4 * M_PI / lambda * std::sin(std::atan(radius / 120e3) / 2), 1e-9);
}

TEST(RingProfile, of_a_table_goes_straight_between_its_points) {
  TwinDetectorSettings detector;
  detector.ring = parse_ring_table("# q I\n1.0 0\n1.5, 100\n2.5 0 # end\n", "table");
  const RingProfile profile(detector, 9500, 90'000);
  EXPECT_NEAR(profile.q(profile.peak_um()), 1.5, 0.01);
}

TEST(RingProfile, that_misses_the_detector_is_a_sentence) {
  TwinDetectorSettings detector;
  detector.distance_mm = 500;
  EXPECT_THROW(RingProfile(detector, 9500, 90'000), CallError);
  for (const char* bad : {"", "1 2", "1\n2 3", "1 2 3\n", "2 1\n1 1\n", "a b\n", "-1 0\n2 0\n"})
    EXPECT_THROW(parse_ring_table(bad, "table"), CallError) << bad;
}

// Photons in rings of equal expectation against that expectation: chi-square over the detector's classes.
TEST(FrameMaker, puts_photons_where_they_are_expected) {
  const TwinSettings settings = settings_of(TwinDetectorKind::small_camera);
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, settings.photon_energy_ev, {3, 1, 0});
  FrameMaker::Workspace workspace;
  std::vector<std::byte> pixels(2 * detector.shape().pixels());
  const Exposure exposure{0.7, 0.05, true};
  std::vector<double> photons(TwinDetector::classes), expected(TwinDetector::classes);
  std::set<std::uint32_t> flawed;
  for (const FlawedPixel& pixel : detector.flaws()) flawed.insert(pixel.pixel);
  constexpr std::uint32_t shots = 200;
  const double per_photon = 10;  // ADU, of the camera at 9.5 keV
  for (std::uint32_t shot = 0; shot < shots; ++shot) {
    maker.make(shot, exposure, workspace, pixels);
    for (std::uint32_t pixel = 0; pixel < detector.shape().pixels(); ++pixel) {
      if (flawed.contains(pixel)) continue;
      photons[detector.pixel_classes()[pixel]] += std::round((word_at(pixels, pixel) - 10) / per_photon);
      expected[detector.pixel_classes()[pixel]] += maker.expected(pixel, exposure);
    }
  }
  double chi_square = 0, classes = 0;
  for (std::size_t k = 0; k < TwinDetector::classes; ++k) {
    if (expected[k] < 100) continue;
    chi_square += (photons[k] - expected[k]) * (photons[k] - expected[k]) / expected[k];
    ++classes;
  }
  ASSERT_GT(classes, 100);
  // Noise of 2 ADU rounds to a neighbouring photon in 1.2 % of the pixels: a little more scatter.
  EXPECT_LT(chi_square, classes + 5 * std::sqrt(2 * classes));
  EXPECT_GT(chi_square, classes - 5 * std::sqrt(2 * classes));
}

TEST(FrameMaker, dark_frames_have_pedestal_and_noise) {
  const TwinSettings settings = settings_of(TwinDetectorKind::epix10ka2m);
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, settings.photon_energy_ev, {3, 1, 0});
  FrameMaker::Workspace workspace;
  std::vector<std::byte> pixels(2 * detector.shape().pixels());
  const FrameSum sum = maker.make(5, {0, 0, false}, workspace, pixels);
  EXPECT_EQ(sum.photons, 0U);
  double mean = 0, square = 0;
  const auto n = static_cast<double>(detector.shape().pixels());
  for (std::size_t pixel = 0; pixel < detector.shape().pixels(); ++pixel) {
    const double value = static_cast<double>(word_at(pixels, pixel)) - detector.pedestals(0)[pixel];
    if (std::fabs(value) > 100) continue;  // the few hot ones
    mean += value / n;
    square += value * value / n;
  }
  // pixel noise 8, common mode 2, rounding 1/12 in the square; 12288 common-mode groups
  EXPECT_NEAR(mean, 0, 5 * 2 / std::sqrt(12288));
  EXPECT_NEAR(square, 64 + 4 + 1.0 / 12, 0.5);
}

TEST(FrameMaker, common_mode_moves_the_pixels_of_a_group_together) {
  TwinSettings settings = settings_of(TwinDetectorKind::epix10ka2m);
  settings.detector.noise = 0;
  settings.detector.common_mode = 6;
  settings.detector.bad_pixels = 0;
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, settings.photon_energy_ev, {3, 1, 0});
  FrameMaker::Workspace workspace;
  std::vector<std::byte> pixels(2 * detector.shape().pixels());
  maker.make(5, {0, 0, false}, workspace, pixels);
  std::set<int> values;
  for (std::size_t col = 0; col < 384; ++col) {
    const auto shift = [&](std::size_t row) {
      const std::size_t pixel = (3 * 352 + row) * 384 + col;  // panel 3
      return word_at(pixels, pixel) - detector.pedestals(0)[pixel];
    };
    for (std::size_t row = 1; row < 176; ++row) ASSERT_EQ(shift(row), shift(0)) << col;
    values.insert(shift(0));
    values.insert(shift(200));
  }
  EXPECT_GT(values.size(), 20U);  // of about +-3 sigma
}

struct SwitchCase {
  TwinDetectorKind kind;
  std::uint32_t photons;
  std::uint16_t bits;
  double pedestal, adu_per_photon;
};
class Switching : public testing::TestWithParam<SwitchCase> {};

// By hand at 9.5 keV: ADU per photon = gain * 9.5; epix 155.8 and 1.558; jungfrau 394.25, -13.205, -1.045.
TEST_P(Switching, gives_the_number_of_the_range_that_fits) {
  const SwitchCase& c = GetParam();
  TwinSettings settings = settings_of(c.kind);
  settings.detector.noise = 0;
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, 9500, {3, 1, 0});
  double sum = 0;
  constexpr int pixels = 500;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    const auto noise = static_cast<std::uint32_t>(pixel) * 0x9e3779b9U;
    const std::uint16_t word = maker.raw_word(static_cast<std::size_t>(pixel), c.photons, noise, 0);
    EXPECT_EQ(word & 0xC000, c.bits);
    sum += word & 0x3fff;
  }
  // pedestals scatter by up to 100 from pixel to pixel
  EXPECT_NEAR(sum / pixels, c.pedestal + c.photons * c.adu_per_photon, 5 * 100 / std::sqrt(pixels));
}

INSTANTIATE_TEST_SUITE_P(
    ranges, Switching,
    testing::Values(SwitchCase{TwinDetectorKind::epix10ka2m, 0, 0, 3000, 155.8},
                    SwitchCase{TwinDetectorKind::epix10ka2m, 60, 0, 3000, 155.8},
                    SwitchCase{TwinDetectorKind::epix10ka2m, 200, 0x4000, 2500, 1.558},
                    SwitchCase{TwinDetectorKind::epix10ka2m, 5000, 0x4000, 2500, 1.558},
                    SwitchCase{TwinDetectorKind::jungfrau4m, 1, 0, 2600, 394.25},
                    SwitchCase{TwinDetectorKind::jungfrau4m, 100, 0x4000, 14500, -13.205},
                    SwitchCase{TwinDetectorKind::jungfrau4m, 3000, 0xC000, 14600, -1.045}));

TEST(FrameMaker, full_pixels_stay_at_the_end_of_the_scale) {
  for (const auto& [kind, word] : {std::pair{TwinDetectorKind::small_camera, 0xffff},
                                   std::pair{TwinDetectorKind::epix10ka2m, 0x4000 | 0x3fff},
                                   std::pair{TwinDetectorKind::jungfrau4m, 0xC000}}) {
    const TwinSettings settings = settings_of(kind);
    const TwinDetector detector(settings);
    const FrameMaker maker(detector, 9500, {3, 1, 0});
    EXPECT_EQ(maker.raw_word(1000, 1U << 30, 0x12345678, 0), word);
  }
}

TEST(FrameMaker, flaws_read_as_they_are) {
  const TwinSettings settings = settings_of(TwinDetectorKind::rayonix);
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, 9500, {3, 1, 0});
  FrameMaker::Workspace workspace;
  std::vector<std::byte> lit(2 * detector.shape().pixels()), dark(lit.size());
  maker.make(1, {1, 0.1, true}, workspace, lit);
  maker.make(1, {0, 0, false}, workspace, dark);
  ASSERT_EQ(detector.flaws().size(), 44U);
  for (const FlawedPixel& flawed : detector.flaws()) {
    if (flawed.flaw == Flaw::dead) {
      EXPECT_EQ(word_at(lit, flawed.pixel), 10);
    }
    if (flawed.flaw == Flaw::hot) {
      EXPECT_EQ(word_at(dark, flawed.pixel), 0xffff);
    }
    if (flawed.flaw == Flaw::in_direct_light) {
      EXPECT_EQ(word_at(lit, flawed.pixel), 0xffff);
      EXPECT_LT(word_at(dark, flawed.pixel), 30);
    }
  }
}

TEST(FrameMaker, sums_are_those_of_the_pixels) {
  const TwinSettings settings = settings_of(TwinDetectorKind::small_camera);
  const TwinDetector detector(settings);
  const FrameMaker maker(detector, 9500, {3, 1, 0});
  FrameMaker::Workspace workspace;
  std::vector<std::byte> pixels(2 * detector.shape().pixels());
  const FrameSum made = maker.make(1, {1, 0.1, true}, workspace, pixels);
  std::uint64_t sum = 0;
  std::uint16_t least = 0xffff, most = 0;
  for (std::size_t pixel = 0; pixel < detector.shape().pixels(); ++pixel) {
    sum += word_at(pixels, pixel);
    least = std::min(least, word_at(pixels, pixel));
    most = std::max(most, word_at(pixels, pixel));
  }
  EXPECT_EQ(made.sum, sum);
  EXPECT_EQ(made.least, least);
  EXPECT_EQ(made.most, most);
}

// The centre of the bright columns, row by row, above the background: a straight line through the beam's
// row at the jet's column, tilted as asked.
TEST(JetPicture, shows_the_jet_where_it_is) {
  JetCameraSettings camera;
  camera.tilt_deg = 3;
  camera.light = camera.dark;
  const JetPicture picture(camera, 10, {3, 1, 0});
  std::vector<std::uint32_t> words;
  std::vector<std::byte> pixels(std::size_t{camera.rows} * camera.cols);
  for (const double position : {-80.0, 0.0, 33.0}) {
    picture.make(4, position, true, words, pixels);
    for (std::size_t row = 40; row < camera.rows; row += 10) {
      double weight = 0, moment = 0;
      for (std::size_t col = 0; col < camera.cols; ++col) {
        const double level = static_cast<double>(pixels[row * camera.cols + col]) - camera.dark;
        if (level < 25) continue;  // noise is 3
        weight += level;
        moment += level * static_cast<double>(col);
      }
      const double by_hand = 120 + position / 2 + std::tan(3 * M_PI / 180) * (90 - static_cast<double>(row));
      EXPECT_NEAR(moment / weight, by_hand, 0.3) << position << ", row " << row;
    }
  }
}

TEST(JetPicture, without_a_jet_shows_only_the_nozzle) {
  const JetCameraSettings camera;
  const JetPicture picture(camera, 10, {3, 1, 0});
  std::vector<std::uint32_t> words;
  std::vector<std::byte> pixels(std::size_t{camera.rows} * camera.cols);
  picture.make(4, 0, false, words, pixels);
  const auto most = [&](std::size_t first_row, std::size_t end_row) {
    return static_cast<int>(
        *std::max_element(pixels.begin() + static_cast<std::ptrdiff_t>(first_row * camera.cols),
                          pixels.begin() + static_cast<std::ptrdiff_t>(end_row * camera.cols)));
  };
  EXPECT_GT(most(0, 10), 50);
  EXPECT_LT(most(30, camera.rows), 50);
}

}  // namespace
}  // namespace jt::simulator
