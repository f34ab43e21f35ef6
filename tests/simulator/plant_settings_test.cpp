// The table of knobs: complete, unique, within its own ranges, and strict about names.
#include "simulator/plant_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>
#include <string>

#include "core/errors.hpp"

namespace jt::simulator {
namespace {

using testing::HasSubstr;

TEST(PlantSettings, every_number_of_the_plant_has_its_knob) {
  // PlantSettings holds doubles only; a member without a knob would make these differ
  EXPECT_EQ(knobs().size() * sizeof(double), sizeof(PlantSettings));
  std::set<const double*> members;
  PlantSettings settings;
  std::set<std::string> names;
  for (const Knob& knob : knobs()) {
    members.insert(&(settings.*knob.value));
    names.insert(std::string(knob.name));
  }
  EXPECT_EQ(members.size(), knobs().size());
  EXPECT_EQ(names.size(), knobs().size());
}

TEST(PlantSettings, every_knob_says_what_it_means_and_where_its_default_comes_from) {
  for (const Knob& knob : knobs()) {
    EXPECT_GT(knob.meaning.size(), 3U) << knob.name;
    EXPECT_GT(knob.source.size(), 3U) << knob.name;
  }
}

TEST(PlantSettings, defaults_presets_and_realistic_values_are_within_their_ranges) {
  for (const Preset& preset : presets())
    for (const Knob& knob : knobs()) {
      PlantSettings settings = preset.settings;
      EXPECT_NO_THROW(set(settings, knob.name, get(preset.settings, knob.name))) << preset.name << knob.name;
      if (knob.realistic) {
        EXPECT_NO_THROW(set(settings, knob.name, *knob.realistic)) << knob.name;
      }
    }
}

TEST(PlantSettings, the_benchmarks_keys_are_there) {
  const PlantSettings settings;
  for (const char* key : {"jet_radius_um", "beam_fwhm_um", "jitter_um", "photons", "background", "sase_rms",
                          "rate_hz", "shot_fraction", "latency_s", "clock_offset_s", "motor_speed_um_s",
                          "accel_s", "settle_s", "backlash_um", "resolution_um", "rbv_rate_hz", "beam_state"})
    EXPECT_NO_THROW((void)get(settings, key)) << key;
}

TEST(PlantSettings, realistic_takes_the_chains_and_the_motors_true_values) {
  PlantSettings settings = preset("J20");
  make_realistic(settings);
  EXPECT_EQ(settings.latency_s, 0.5);
  EXPECT_EQ(settings.clock_offset_s, 0.05);
  EXPECT_EQ(settings.rbv_rate_hz, 10);
  EXPECT_EQ(settings.accel_s, 0.2);
  EXPECT_DOUBLE_EQ(settings.shot_fraction, 1.0 / 3);
  EXPECT_EQ(settings.jet_radius_um, 10);
}

std::string problem_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const CallError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(PlantSettings, a_misspelt_key_is_answered_with_the_nearest) {
  PlantSettings settings;
  EXPECT_THAT(problem_of([&] { set(settings, "jiter_um", 1); }), HasSubstr("Did you mean jitter_um?"));
  EXPECT_THAT(problem_of([&] { (void)preset("GDVM5"); }), HasSubstr("Did you mean GDVN5?"));
}

TEST(PlantSettings, impossible_values_are_refused) {
  PlantSettings settings;
  EXPECT_THAT(problem_of([&] { set(settings, "dropped", 1.5); }), HasSubstr("from 0 to 1"));
  EXPECT_THAT(problem_of([&] { set(settings, "jet_shape", 0.5); }), HasSubstr("whole number"));
  EXPECT_THAT(problem_of([&] { set(settings, "rate_hz", 0); }), HasSubstr("not possible"));
  EXPECT_THAT(problem_of([&] { set(settings, "rate_hz", std::nan("")); }), HasSubstr("not possible"));
}

TEST(PlantSettings, the_presets_are_those_of_the_plant_model) {
  struct Row {
    const char* name;
    double radius, beam, jitter, photons, thickness, walk, sine, linear;
  };
  for (const Row& row :
       {Row{"GDVN5", 2.5, 5, 1.0, 2000, 0.05, 0.2, 1, 0}, Row{"J20", 10, 10, 1.5, 20000, 0.03, 0.5, 3, 0},
        Row{"J100", 50, 10, 2.0, 100000, 0.02, 1.0, 5, 0},
        Row{"SHEET50", 25, 10, 2.0, 10000, 0.03, 2.0, 5, 0.3}}) {
    const PlantSettings s = preset(row.name);
    EXPECT_EQ(s.jet_radius_um, row.radius);
    EXPECT_EQ(s.beam_fwhm_um, row.beam);
    EXPECT_EQ(s.jitter_um, row.jitter);
    EXPECT_EQ(s.photons, row.photons);
    EXPECT_EQ(s.thickness_noise, row.thickness);
    EXPECT_EQ(s.walk_um_sqrt_s, row.walk);
    EXPECT_EQ(s.sine_um, row.sine);
    EXPECT_EQ(s.linear_um_s, row.linear);
    EXPECT_EQ(s.sase_rms, 0.2);
    EXPECT_EQ(s.background, 0.05);
  }
  EXPECT_EQ(preset("SHEET50").jet_shape, 1);
  EXPECT_GT(preset("LCP50").curl_um, 0);
}

}  // namespace
}  // namespace jt::simulator
