// The signal profiles against integrals done here in another way, and against published figures.
#include "simulator/plant_profile.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace jt::simulator {
namespace {

constexpr double sigma_per_fwhm = 1 / 2.3548200450309493;

// Plain midpoint sum over a uniform grid of the beam, not of the jet (the library cuts the jet into slices).
double seen(double at, double radius, double sigma) {
  const int n = 200000;
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    const double z = 8 * (2 * (i + 0.5) / n - 1);
    const double x = (at + sigma * z) / radius;
    if (std::fabs(x) < 1) sum += std::exp(-0.5 * z * z) * std::sqrt(1 - x * x);
  }
  return sum;
}

TEST(PlantProfile, a_round_jet_seen_by_the_beam_is_the_integral) {
  for (const char* name : {"GDVN5", "J20"}) {
    const PlantSettings s = preset(name);
    const Profiles p = make_profiles(s);
    const double beam = s.beam_fwhm_um * sigma_per_fwhm;
    const double wider = std::hypot(beam, s.jitter_um);
    const double best = seen(0, s.jet_radius_um, beam);
    const double best_overlap = seen(0, s.jet_radius_um, wider);
    for (const double at : {0.0, 0.3, 1.1, 2.7, 5.0, 9.3, 14.0}) {
      EXPECT_NEAR(p.signal(at), seen(at, s.jet_radius_um, beam) / best, 5e-5) << name << at;
      EXPECT_NEAR(p.signal(-at), p.signal(at), 1e-15);
      EXPECT_NEAR(p.overlap(at), seen(at, s.jet_radius_um, wider) / best_overlap, 5e-5) << name << at;
    }
  }
}

TEST(PlantProfile, the_overlap_is_the_signal_averaged_over_the_jitter) {
  const PlantSettings s = preset("SHEET50");
  const Profiles p = make_profiles(s);
  const auto averaged = [&](double at) {
    double sum = 0;
    double weights = 0;
    for (int i = -600; i <= 600; ++i) {
      const double z = i * 0.01;
      sum += std::exp(-0.5 * z * z) * p.signal(at + s.jitter_um * z);
      weights += std::exp(-0.5 * z * z);
    }
    return sum / weights;
  };
  for (const double at : {0.0, 10.0, 16.35, 20.0, 24.5, 30.0})
    EXPECT_NEAR(p.overlap(at), averaged(at) / averaged(0), 1e-4) << at;
}

// Width of the signal and the offsets of 95 % and 98 % overlap as they were calculated elsewhere (two
// digits).
TEST(PlantProfile, widths_and_tolerances_are_the_published_ones) {
  struct Row {
    const char* name;
    double fwhm, d95, d98;
  };
  for (const Row& row : {Row{"GDVN5", 6.3, 0.87, 0.54}, Row{"J20", 17.4, 2.55, 1.61},
                         Row{"J100", 84.4, 15.46, 9.86}, Row{"SHEET50", 48.8, 16.35, 14.20}}) {
    const Profiles p = make_profiles(preset(row.name));
    EXPECT_NEAR(p.overlap.fwhm_um(), row.fwhm, 0.006 * row.fwhm) << row.name;
    EXPECT_NEAR(p.overlap(row.d95), 0.95, 0.002) << row.name;
    EXPECT_NEAR(p.overlap(row.d98), 0.98, 0.002) << row.name;
  }
}

TEST(PlantProfile, shapes_are_what_they_are_called) {
  PlantSettings s;
  s.jet_radius_um = 10;
  EXPECT_DOUBLE_EQ(thickness(s, 6), 0.8);  // 3-4-5 triangle
  EXPECT_EQ(thickness(s, 10.1), 0);
  s.jet_shape = 1;
  s.jet_power = 2;
  EXPECT_NEAR(thickness(s, 6), 0.8, 1e-14);  // of power 2 the super-ellipse is a circle
  s.jet_shape = 2;
  EXPECT_NEAR(thickness(s, 10), 0.5, 1e-15);
  s.jet_shape = 3;
  EXPECT_EQ(thickness(s, 9.9), 1);
}

TEST(PlantProfile, a_halo_adds_far_signal_and_keeps_the_peak_at_one) {
  PlantSettings s = preset("GDVN5");
  const Profiles plain = make_profiles(s);
  s.beam_halo = 0.2;
  const Profiles with = make_profiles(s);
  EXPECT_DOUBLE_EQ(with.signal(0), 1);
  EXPECT_GT(with.signal(8), 5 * plain.signal(8));
}

}  // namespace
}  // namespace jt::simulator
