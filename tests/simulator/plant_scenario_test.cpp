// What each scenario does to the numbers that come out, seen shot by shot.
#include "simulator/plant_scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "simulator/plant.hpp"

namespace jt::simulator {
namespace {

struct Averages {
  double i0 = 0, ratio = 0, flagged = 0, overlap = 0, jet = 0, saturated = 0;
};

// Means from `from` to `to`; the motor stands on the jet's first place.
Averages between(Plant& plant, double from, double to) {
  while (plant.next_time() < from) (void)plant.next_shot();
  Averages sum;
  double n = 0;
  double ring = 0;
  while (plant.next_time() < to) {
    const PlantShot shot = plant.next_shot();
    sum.i0 += shot.i0;
    ring += shot.ring;
    sum.flagged += shot.flagged ? 1 : 0;
    sum.overlap += plant.truth().overlap;
    sum.jet += plant.truth().jet_um;
    sum.saturated += shot.saturated;
    n += 1;
  }
  return {sum.i0 / n, ring / n / 2000, sum.flagged / n, sum.overlap / n, sum.jet / n, sum.saturated / n};
}

Plant make(const char* scenario, double i0_upstream = 1, double transmission = 0) {
  PlantSettings s = preset("GDVN5");
  apply_scenario(s, scenario, Mode::track);
  s.drift = 0;  // the motor stands still here
  s.dropped = 0;
  s.beam_state = 1;
  s.i0_upstream = i0_upstream;
  s.transmission = transmission;
  s.jitter_um = 0;
  return {s, 1, 1, Plant::Start::on_the_jet};
}

TEST(PlantScenario, a_beam_loss_takes_i0_and_ring_and_comes_back) {
  for (const auto& [name, flagged] : {std::pair{"beamloss", 1.0}, std::pair{"beamloss-unflagged", 0.0}}) {
    Plant plant = make(name);
    EXPECT_NEAR(between(plant, 50, 60).i0, 1, 0.03);
    const Averages lost = between(plant, 60, 80);
    EXPECT_NEAR(lost.i0, 0, 0.001);
    EXPECT_EQ(lost.ratio, 0);
    EXPECT_EQ(lost.flagged, flagged);
    EXPECT_NEAR(between(plant, 80, 90).ratio, 1.05, 0.05);
  }
}

TEST(PlantScenario, a_shut_picker_leaves_i0_upstream_and_takes_it_downstream) {
  Plant upstream = make("picker");
  const Averages shut = between(upstream, 61, 79);
  EXPECT_NEAR(shut.i0, 1, 0.02);
  EXPECT_EQ(shut.ratio, 0);  // ring and background are dark
  EXPECT_EQ(shut.flagged, 0);
  Plant downstream = make("picker", 0);
  EXPECT_NEAR(between(downstream, 61, 79).i0, 0, 0.001);
}

TEST(PlantScenario, an_attenuator_changes_ring_and_background_by_one_factor) {
  Plant plant = make("attenuator", 1, 0.25);
  EXPECT_NEAR(between(plant, 61, 79).ratio, 1.05 * 0.25, 0.01);
  Plant after = make("attenuator", 0, 0.25);
  EXPECT_NEAR(between(after, 61, 79).i0, 0.25, 0.01);
}

TEST(PlantScenario, a_mirror_moves_the_beam_there_and_back) {
  Plant plant = make("mirror");
  const double before = between(plant, 50, 59).jet;
  EXPECT_NEAR(between(plant, 61, 79).jet - before, 5, 1e-9);
  EXPECT_NEAR(between(plant, 81, 90).jet - before, 0, 1e-9);
}

TEST(PlantScenario, a_rampdown_takes_the_energy_slowly) {
  Plant plant = make("rampdown");
  EXPECT_NEAR(between(plant, 64.5, 65.5).i0, 0.51, 0.05);
  EXPECT_NEAR(between(plant, 71, 79).i0, 0.02, 0.005);
  EXPECT_NEAR(between(plant, 81, 90).i0, 1, 0.03);
}

TEST(PlantScenario, beam_state_pvs_tell_what_was_done_a_moment_later) {
  Plant plant = make("picker");
  EXPECT_TRUE(plant.beam_state(60.05)->picker_open);
  EXPECT_FALSE(plant.beam_state(60.15)->picker_open);
  EXPECT_TRUE(plant.beam_state(80.15)->picker_open);
  Plant attenuated = make("attenuator", 1, 0.25);
  EXPECT_DOUBLE_EQ(attenuated.beam_state(70)->transmission / attenuated.beam_state(50)->transmission, 0.25);
  Plant mirror = make("mirror");
  EXPECT_NE(mirror.beam_state(70)->mirror_position, mirror.beam_state(50)->mirror_position);
  Plant loss = make("beamloss");
  EXPECT_TRUE(loss.beam_state(70)->stopper_open && loss.beam_state(70)->picker_open);
}

TEST(PlantScenario, the_jet_jumps_five_radii_inside_its_walls) {
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    for (const char* name : {"GDVN5", "J20", "J100"}) {
      PlantSettings s = preset(name);
      apply_scenario(s, "jump", Mode::track);
      s.drift = 0;
      Plant plant(s, 1, trial, Plant::Start::on_the_jet);
      while (plant.next_time() < 60) (void)plant.next_shot();
      const double before = plant.truth().jet_um;
      (void)plant.next_shot();
      EXPECT_NEAR(std::fabs(plant.truth().jet_um - before), std::min(5 * s.jet_radius_um, 60.0), 1e-9);
      EXPECT_LE(std::fabs(plant.truth().jet_um), 80 + 1e-9);
    }
  }
}

TEST(PlantScenario, a_stopped_jet_leaves_the_background) {
  Plant plant = make("jetstop");
  EXPECT_NEAR(between(plant, 110, 120).ratio, 1.05, 0.05);
  EXPECT_NEAR(between(plant, 120, 135).ratio, 0.05, 0.003);
  EXPECT_NEAR(between(plant, 135, 140).ratio, 1.05, 0.05);
}

TEST(PlantScenario, another_sample_comes_after_a_gap_with_its_own_signal_and_background) {
  Plant plant = make("sample");
  const PlantSettings& s = plant.settings();
  EXPECT_GE(s.sample_gap_s, 5);
  EXPECT_LE(s.sample_gap_s, 120);
  EXPECT_NEAR(between(plant, 60, 60 + s.sample_gap_s).ratio, 0.05, 0.004);
  const double expected = s.sample_amplitude + 0.05 * s.sample_background;
  EXPECT_NEAR(between(plant, 60 + s.sample_gap_s, 70 + s.sample_gap_s).ratio, expected, 0.05 * expected);
}

TEST(PlantScenario, without_a_jet_there_is_background_everywhere) {
  PlantSettings s = preset("J20");
  apply_scenario(s, "none", Mode::acquire);
  Plant plant(s, 1, 1, Plant::Start::on_the_jet);
  double ring = 0;
  double n = 0;
  while (plant.next_time() < 20) {
    ring += plant.next_shot().ring;
    n += plant.truth().beam > 0 ? 1 : 0;
  }
  EXPECT_NEAR(ring / n / 20000, 0.05, 0.002);
}

TEST(PlantScenario, a_decoy_is_bright_and_beside_the_jet) {
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    PlantSettings s = preset("GDVN5");
    apply_scenario(s, "decoy", Mode::acquire);
    s.jitter_um = 0;
    Plant plant(s, 1, trial, Plant::Start::on_the_jet);
    (void)plant.next_shot();
    EXPECT_LT(plant.truth().decoy, 0.05) << trial;  // not on the jet
    EXPECT_GE(plant.settings().decoy_height, 5);
    EXPECT_LE(plant.settings().decoy_height, 50);
    const double edge = std::fabs(plant.decoy_centre_um()) - 0.5 * plant.settings().decoy_width_um;
    EXPECT_LT(edge, 96) << trial;  // begins within the limits
  }
}

TEST(PlantScenario, saturation_cuts_the_ring_and_says_so) {
  Plant plant = make("saturated");
  const Averages cut = between(plant, 0, 10);
  EXPECT_NEAR(cut.ratio, 0.6, 0.01);
  EXPECT_GT(cut.saturated, 0.9);
}

TEST(PlantScenario, ice_grows_everywhere) {
  Plant plant = make("ice");
  EXPECT_NEAR(between(plant, 50, 60).ratio, 1.05, 0.05);
  EXPECT_NEAR(between(plant, 79.5, 80.5).ratio, 2.05, 0.15);
}

TEST(PlantScenario, tracks_drift_and_drop_unless_they_are_clean_or_walk) {
  for (const Scenario& scenario : scenarios()) {
    PlantSettings s = preset("GDVN5");
    apply_scenario(s, scenario.name, Mode::track);
    const bool bare = scenario.name == "clean" || scenario.name == "walk";
    EXPECT_EQ(s.dropped, bare ? 0 : 0.1) << scenario.name;
    EXPECT_EQ(s.drift, scenario.name == "clean" ? 0 : scenario.name == "walk" ? 1 : 2) << scenario.name;
  }
}

TEST(PlantScenario, an_unknown_name_is_answered_with_the_nearest) {
  PlantSettings s;
  try {
    apply_scenario(s, "beamlos", Mode::track);
    FAIL();
  } catch (const CallError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("Did you mean beamloss?"));
  }
}

}  // namespace
}  // namespace jt::simulator
