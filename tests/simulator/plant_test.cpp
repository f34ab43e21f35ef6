// The plant's statistics against independent calculation. Seeds are fixed; limits are about 3.3 standard
// errors.
#include "simulator/plant.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <utility>
#include <vector>

#include "simulator/plant_scenario.hpp"

namespace jt::simulator {
namespace {

// GDVN5 with nothing but what a test switches on.
PlantSettings quiet_plant() {
  PlantSettings s = preset("GDVN5");
  s.jitter_um = 0;
  s.thickness_noise = 0;
  s.sase_rms = 0;
  s.i0_noise = 0;
  s.i0_floor_noise = 0;
  s.drift = 0;
  s.settle_um = 0;
  return s;
}

struct Moments {
  double n = 0, sum = 0, squares = 0;
  void add(double v) {
    n += 1;
    sum += v;
    squares += v * v;
  }
  [[nodiscard]] double mean() const { return sum / n; }
  [[nodiscard]] double variance() const { return squares / n - mean() * mean(); }
};

TEST(Plant, photons_are_poisson_around_the_signal_and_the_background) {
  PlantSettings s = quiet_plant();
  s.jet_spread_um = 0;
  s.start_um = 2;  // 2 um beside the jet
  Plant plant(s, 1, 1);
  Moments ring;
  for (int i = 0; i < 50000; ++i) ring.add(plant.next_shot().ring);
  const double expected = 2000 * (make_profiles(s).signal(2) + 0.05);
  EXPECT_NEAR(ring.mean(), expected, 3.3 * std::sqrt(expected / ring.n));
  EXPECT_NEAR(ring.variance() / expected, 1, 3.3 * std::sqrt(2 / ring.n));
}

TEST(Plant, pulse_energy_is_gamma_with_its_rms_and_skewness) {
  PlantSettings s = quiet_plant();
  s.sase_rms = 0.2;
  Plant plant(s, 2, 1);
  Moments i0;
  double cubes = 0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const double v = plant.next_shot().i0;
    i0.add(v);
    cubes += (v - 1) * (v - 1) * (v - 1);
  }
  EXPECT_NEAR(i0.mean(), 1, 3.3 * 0.2 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(i0.variance()), 0.2, 0.003);
  EXPECT_NEAR(cubes / n / 0.008, 0.4, 0.06);  // skewness of a gamma of shape 25: 2 / sqrt(25)
}

TEST(Plant, monitor_noise_and_floor_are_as_set) {
  PlantSettings s = quiet_plant();
  s.i0_noise = 0.015;
  s.i0_floor_noise = 0.003;
  Plant plant(s, 3, 1);
  Moments i0;
  for (int i = 0; i < 50000; ++i) i0.add(plant.next_shot().i0);
  EXPECT_NEAR(std::sqrt(i0.variance()), std::hypot(0.015, 0.003), 0.0002);
}

TEST(Plant, thickness_noise_and_jitter_spread_the_ratio_as_calculated) {
  PlantSettings s = quiet_plant();
  s.photons = 1e7;  // no photon noise to speak of
  s.thickness_noise = 0.05;
  s.jitter_um = 1;
  s.background = 0;
  s.jet_spread_um = 0;
  Plant plant(s, 4, 1);
  Moments ring;
  for (int i = 0; i < 50000; ++i) ring.add(plant.next_shot().ring / 1e7);
  // mean and mean square of the profile over a unit normal, by a plain sum
  const Profile signal = make_profiles(s).signal;
  double mean = 0;
  double square = 0;
  double weights = 0;
  for (double z = -6; z <= 6; z += 0.001) {
    const double w = std::exp(-0.5 * z * z);
    mean += w * signal(z);
    square += w * signal(z) * signal(z);
    weights += w;
  }
  mean /= weights;
  square = square / weights * (1 + 0.05 * 0.05);
  EXPECT_NEAR(ring.mean(), mean, 3.3 * std::sqrt((square - mean * mean) / ring.n));
  EXPECT_NEAR(ring.variance(), square - mean * mean, 0.04 * (square - mean * mean));
}

TEST(Plant, the_walk_spreads_with_the_square_root_of_time) {
  PlantSettings s = quiet_plant();
  s.drift = 1;
  s.walk_um_sqrt_s = 0.5;
  s.jet_spread_um = 1000;  // walls far away
  const auto profiles = std::make_shared<const Profiles>(make_profiles(s));
  Moments after_1, after_16;
  for (std::uint64_t trial = 0; trial < 800; ++trial) {
    Plant plant(s, 5, trial, Plant::Start::as_set, profiles);
    (void)plant.next_shot();
    const double begin = plant.truth().jet_um;
    for (int i = 0; i < 120; ++i) (void)plant.next_shot();
    after_1.add(plant.truth().jet_um - begin);
    for (int i = 0; i < 15 * 120; ++i) (void)plant.next_shot();
    after_16.add(plant.truth().jet_um - begin);
  }
  EXPECT_NEAR(std::sqrt(after_1.variance()), 0.5, 0.5 * 3.3 / std::sqrt(2 * 800.0));
  EXPECT_NEAR(std::sqrt(after_16.variance()), 2.0, 2.0 * 3.3 / std::sqrt(2 * 800.0));
}

TEST(Plant, sway_and_line_are_as_set_and_the_line_turns_back_at_the_wall) {
  PlantSettings s = quiet_plant();
  s.drift = 2;
  s.walk_um_sqrt_s = 0;
  s.sine_um = 3;
  s.linear_um_s = 1;
  s.jet_spread_um = 80;
  Plant plant(s, 6, 3);
  double largest = 0;
  double fastest = 0;
  double before = 0;
  for (int i = 0; i < 300 * 120; ++i) {
    (void)plant.next_shot();
    const double at = plant.truth().jet_um;
    largest = std::max(largest, std::fabs(at));
    if (i > 0) fastest = std::max(fastest, std::fabs(at - before) * 120);
    before = at;
  }
  EXPECT_LE(largest, 80 + 2 * 3);
  EXPECT_NEAR(fastest, 1 + 3 * 2 * 3.14159265 / 60, 0.01);
}

TEST(Plant, curling_has_its_rms_and_its_memory) {
  PlantSettings s = quiet_plant();
  s.curl_um = 6;
  s.curl_s = 0.5;
  s.jet_spread_um = 0;
  Plant plant(s, 7, 1);
  std::vector<double> at;
  for (int i = 0; i < 600 * 120; ++i) {
    (void)plant.next_shot();
    at.push_back(plant.truth().jet_um);
  }
  Moments now, together;
  for (std::size_t i = 60; i < at.size(); ++i) {
    now.add(at[i]);
    together.add(at[i] * at[i - 60]);
  }
  EXPECT_NEAR(std::sqrt(now.variance()), 6, 0.5);                      // some 600 independent stretches
  EXPECT_NEAR(together.mean() / now.variance(), std::exp(-1.0), 0.1);  // after 0.5 s
}

TEST(Plant, dropped_unflagged_bubbles_spikes_and_interruptions_have_their_shares) {
  PlantSettings s = quiet_plant();
  apply_scenario(s, "bad", Mode::acquire);
  s.jet_spread_um = 0;
  Plant plant(s, 8, 1);
  double dropped = 0, flagged = 0, off = 0, low = 0, high = 0;
  constexpr int n = 400000;
  for (int i = 0; i < n; ++i) {
    const PlantShot shot = plant.next_shot();
    const PlantTruth& truth = plant.truth();
    dropped += truth.beam == 0 ? 1 : 0;
    flagged += shot.flagged ? 1 : 0;
    off += truth.jet_on ? 0 : 1;
    if (truth.beam > 0 && truth.jet_on) {
      low += shot.ring < 0.7 * 2000 ? 1 : 0;   // a bubble leaves at most half, and 5 % background
      high += shot.ring > 1.6 * 2000 ? 1 : 0;  // a spike at least doubles
    }
  }
  const double seen = n * 0.9 * 0.92;
  EXPECT_NEAR(dropped / n, 0.10, 0.002);
  EXPECT_NEAR(flagged / n, 0.08, 0.002);
  EXPECT_NEAR(off / n, 0.08, 0.01);  // some 1100 interruptions
  EXPECT_NEAR(low / seen, 0.03 * 0.99, 0.002);
  EXPECT_NEAR(high / seen, 0.01 * 0.97, 0.0015);
}

TEST(Plant, interruptions_last_as_long_as_they_are_set) {
  PlantSettings s = quiet_plant();
  s.jet_off = 0.08;
  s.jet_off_s = 0.25;
  Plant plant(s, 9, 1);
  int length = 0;
  std::vector<int> lengths;
  for (int i = 0; i < 200000; ++i) {
    (void)plant.next_shot();
    if (!plant.truth().jet_on)
      ++length;
    else if (length > 0)
      lengths.push_back(std::exchange(length, 0));
  }
  ASSERT_GT(lengths.size(), 100U);
  int good = 0;
  for (int each : lengths) good += each == 30 || each == 31 ? 1 : 0;  // 0.25 s at 120 Hz
  EXPECT_GT(good, static_cast<int>(lengths.size()) * 9 / 10);         // two that touch count as one longer
}

TEST(Plant, what_happens_does_not_depend_on_what_the_motor_does) {
  PlantSettings s = preset("J20");
  apply_scenario(s, "bad", Mode::track);
  Plant still(s, 10, 1);
  Plant busy(s, 10, 1);
  for (int i = 0; i < 5000; ++i) {
    if (i % 100 == 0) busy.motor().move(busy.next_time(), (i / 100) % 2 == 0 ? 40 : -40);
    const PlantShot a = still.next_shot();
    const PlantShot b = busy.next_shot();
    EXPECT_EQ(a.i0, b.i0);
    EXPECT_EQ(a.flagged, b.flagged);
    EXPECT_EQ(still.truth().jet_um, busy.truth().jet_um);
    EXPECT_EQ(still.truth().jet_on, busy.truth().jet_on);
  }
}

// FNV-1a over the bits of everything a strategy or the benchmark sees.
std::uint64_t checksum(const char* preset_name, const char* scenario) {
  PlantSettings s = preset(preset_name);
  apply_scenario(s, scenario, Mode::track);
  make_realistic(s);
  s.beam_position = 1;
  Plant plant(s, 20260101, 7, Plant::Start::on_the_jet);
  std::uint64_t sum = 0xcbf29ce484222325ULL;
  const auto add = [&](double v) { sum = (sum ^ std::bit_cast<std::uint64_t>(v)) * 0x100000001b3ULL; };
  for (int i = 0; i < 12000; ++i) {
    const double now = plant.next_time();
    if (i % 97 == 0) plant.motor().move(now, (i % 7) * 5.3 - 12, i % 2 == 0 ? 0 : 80);
    const PlantShot shot = plant.next_shot();
    for (const double v :
         {shot.stamp, shot.arrival, shot.i0, shot.ring, *shot.beam_position, shot.seen ? 1.0 : 0.0,
          plant.truth().jet_um, plant.truth().carrier_um, plant.truth().overlap})
      add(v);
    add(plant.motor().view(now).readback_um);
    while (const auto picture = plant.next_picture(now)) add(picture->position_um);
  }
  return sum;
}

// The same in the release, strict and asan builds and with every compiler: the twin's bytes depend on it.
TEST(Plant, one_seed_gives_one_history_to_the_last_bit) {
  EXPECT_EQ(checksum("GDVN5", "bad"), 0x9e2dff8c6a422b9eULL);
  EXPECT_EQ(checksum("SHEET50", "jump"), 0xb2f95a02adda1939ULL);
  EXPECT_EQ(checksum("LCP50", "sample"), 0x9b64c34adb7b83a1ULL);
}

TEST(Plant, shots_come_late_in_order_and_in_part) {
  PlantSettings s = quiet_plant();
  make_realistic(s);
  Plant plant(s, 11, 1);
  double last = 0;
  double seen = 0;
  Moments late;
  constexpr int n = 30000;
  for (int i = 0; i < n; ++i) {
    const PlantShot shot = plant.next_shot();
    const double time = plant.truth().time;
    EXPECT_GE(shot.arrival, last);
    last = shot.arrival;
    EXPECT_NEAR(shot.stamp - time, 0.05, 1e-12);  // the DAQ's clock
    late.add(shot.arrival - time);
    EXPECT_GE(shot.arrival - time, 0.4 - 1e-12);
    EXPECT_LE(shot.arrival - time, 0.6 + 1e-12);
    seen += shot.seen ? 1 : 0;
  }
  EXPECT_NEAR(seen / n, 1.0 / 3, 3.3 * std::sqrt(2.0 / 9 / n));
}

TEST(Plant, the_camera_sees_the_jet_move_with_the_motor_late_and_biased) {
  PlantSettings s = quiet_plant();
  s.start_um = 10;
  s.camera_noise_um = 0;
  Plant plant(s, 12, 1);
  EXPECT_FALSE(plant.next_picture(0).has_value());
  (void)plant.next_shot();
  EXPECT_FALSE(plant.next_picture(0.05).has_value());
  const auto first = plant.next_picture(0.11);
  ASSERT_TRUE(first.has_value());
  plant.motor().move(0.02, 30);
  std::optional<PlantCameraView> later;
  for (int i = 0; i < 240; ++i) (void)plant.next_shot();
  while (const auto picture = plant.next_picture(2)) later = picture;
  ASSERT_TRUE(later.has_value());
  EXPECT_NEAR(later->position_um - first->position_um, 20, 1e-9);
}

// A monitor that tells where each pulse landed makes the jitter a free dither: at the very peak the best
// linear estimate of the offset spreads as 1 / sqrt(n E[slope^2 / variance]), calculated here from the
// profile alone.
TEST(Plant, beam_position_tells_the_offset_at_the_peak_as_well_as_calculated) {
  PlantSettings s = preset("GDVN5");
  s.drift = 0;
  s.beam_position = 1;
  s.beam_position_noise_um = 0;
  s.jet_spread_um = 0;  // the motor stands at 0: on the jet
  Plant plant(s, 13, 1);
  constexpr std::size_t per_block = 500;
  constexpr std::size_t blocks = 400;
  std::vector<double> position, ratio;
  Moments monitor;
  while (position.size() < per_block * blocks) {
    const PlantShot shot = plant.next_shot();
    position.push_back(*shot.beam_position);
    ratio.push_back(shot.ring / shot.i0);
    monitor.add(position.back());
  }
  const Profile signal = make_profiles(s).signal;
  const auto mean = [&](double at) { return 2000 * (signal(at) + 0.05); };
  const auto slope = [&](double at) { return (mean(at + 0.1) - mean(at - 0.1)) / 0.2; };
  const auto variance = [&](double at) {
    const double photons = mean(at) * 25 / 24;  // E[1 / pulse energy] of a gamma of shape 25
    const double thickness = 2000 * signal(at) * 0.05;
    return photons + thickness * thickness + std::pow(mean(at) * 0.015, 2);
  };
  Moments information;
  for (double z = -5; z <= 5; z += 0.001)
    information.add(10 / std::sqrt(2 * 3.14159265358979) * std::exp(-0.5 * z * z) * slope(z) * slope(z) /
                    variance(z));
  const double expected = 1 / std::sqrt(per_block * information.mean());

  Moments offsets;
  for (std::size_t block = 0; block < blocks; ++block) {
    double moved = 0;
    double weight = 0;
    for (std::size_t i = block * per_block; i < (block + 1) * per_block; ++i) {
      const double at =
          (position[i] - monitor.mean()) / std::sqrt(monitor.variance());  // um: the jitter is 1 um
      moved += slope(at) * (ratio[i] - mean(at)) / variance(at);
      weight += slope(at) * slope(at) / variance(at);
    }
    offsets.add(moved / weight);
  }
  // the monitor's own zero is known only as the mean of its readings
  const double zero = 1 / std::sqrt(static_cast<double>(per_block * blocks));
  EXPECT_NEAR(offsets.mean(), 0, 3.3 * std::hypot(expected / std::sqrt(blocks), zero));
  EXPECT_NEAR(std::sqrt(offsets.variance()) / expected, 1, 3.3 / std::sqrt(2.0 * blocks));
}

}  // namespace
}  // namespace jt::simulator
