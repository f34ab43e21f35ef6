// The benchmark itself: its bounds against published figures, its checks of a call, its figures' independence
// of the number of threads, and that it sees what it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "../../bench/control/bounds.hpp"
#include "../../bench/control/call.hpp"
#include "../../bench/control/summary.hpp"
#include "../../bench/control/trial.hpp"
#include "core/errors.hpp"
#include "simulator/plant.hpp"

namespace jt::bench {
namespace {

using simulator::Mode;
using testing::HasSubstr;

// Calculated elsewhere: one shot's bound, the best side distance in widths, the overlap a walk allows at 120
// Hz.
TEST(BenchBounds, are_those_calculated_elsewhere) {
  struct Row {
    const char* name;
    double one_shot_um, best_side, tracking;
  };
  for (const Row& row : {Row{"GDVN5", 1.01, 0.65, 0.9923}, Row{"J20", 1.51, 0.62, 0.9966},
                         Row{"J100", 2.01, 0.55, 0.9988}, Row{"SHEET50", 2.01, 0.55, 0.9996}}) {
    const simulator::PlantSettings s = simulator::preset(row.name);
    const simulator::Profiles profiles = simulator::make_profiles(s);
    const Information information(s, profiles);
    EXPECT_NEAR(1 / std::sqrt(information.best()), row.one_shot_um, 0.006 * row.one_shot_um) << row.name;
    EXPECT_NEAR(information.best_distance_um() / profiles.overlap.fwhm_um(), row.best_side, 0.02) << row.name;
    const TrackingBound bound = tracking_bound(profiles, information, s.walk_um_sqrt_s, 120);
    // the duty is searched more finely here, which can only raise the overlap (and does on the sheet)
    EXPECT_GT(bound.overlap, row.tracking - 1e-4) << row.name;
    if (s.jet_shape == 0) {
      EXPECT_NEAR(bound.overlap, row.tracking, 2.5e-4) << row.name;
    }
    EXPECT_NEAR(information.at(0), 0, 1e-3 * information.best()) << row.name;  // nothing at the very peak
  }
}

TEST(BenchBounds, fewer_shots_allow_less) {
  const simulator::PlantSettings s = simulator::preset("GDVN5");
  const simulator::Profiles profiles = simulator::make_profiles(s);
  const Information information(s, profiles);
  EXPECT_NEAR(tracking_bound(profiles, information, 0.2, 30).overlap, 0.9877, 3e-4);
  EXPECT_NEAR(tracking_bound(profiles, information, 0.2, 10).overlap, 0.9822, 3e-4);
  EXPECT_EQ(tracking_bound(profiles, information, 0, 120).overlap, 1);
}

// An axis that may move more often, with smaller steps, allows more; and none more than no axis at all.
TEST(BenchBounds, an_axis_allows_less_than_none_and_more_with_more_moves) {
  const simulator::PlantSettings s = simulator::preset("J20");
  const simulator::Profiles profiles = simulator::make_profiles(s);
  const Information information(s, profiles);
  const double free = tracking_bound(profiles, information, 0.5, 120).overlap;
  double before = 0;
  for (const double moves : {6.0, 20.0, 60.0}) {
    const double bound = tracking_bound_with_axis(profiles, information, 0.5, 120, {0.5, 0.2, moves});
    EXPECT_GT(bound, before) << moves;
    EXPECT_LT(bound, free) << moves;
    before = bound;
  }
  // 6 moves a minute: 10 s between moves, the walk alone costs 0.5 * 0.25 * 10 = 1.25 um^2; a Gaussian of the
  // width of the signal, 17.4 um, loses 4 ln2 / w^2 of that
  EXPECT_NEAR(1 - tracking_bound_with_axis(profiles, information, 0.5, 120, {0.5, 0.2, 6}),
              4 * std::log(2.0) / (17.4 * 17.4) * (1.25 + 0.3), 0.006);
}

// The mean ratio of n shots, turned into a distance by the true curve: an honest estimator, so not below the
// bound, and at the side of the peak not far above it.
TEST(BenchBounds, no_simulated_estimator_beats_them_and_a_plain_one_comes_near) {
  simulator::PlantSettings s = simulator::preset("GDVN5");
  s.drift = 0;
  s.jet_spread_um = 0;
  const simulator::Profiles profiles = simulator::make_profiles(s);
  const Information information(s, profiles);
  s.resolution_um = 0.01;
  s.start_um = std::floor(100 * information.best_distance_um()) / 100;
  simulator::Plant plant(s, 1, 1);
  const auto expected = [&](double at) { return 2000 * profiles.overlap(at) * profiles.signal(0); };
  const double slope = (expected(s.start_um + 0.05) - expected(s.start_um - 0.05)) / 0.1;
  constexpr int shots = 20;
  constexpr int blocks = 3000;
  double sum = 0;
  double squares = 0;
  for (int block = 0; block < blocks; ++block) {
    double mean = 0;
    for (int i = 0; i < shots; ++i) {
      const simulator::PlantShot shot = plant.next_shot();
      mean += shot.ring / shot.i0 / shots;
    }
    sum += mean / slope;
    squares += mean / slope * mean / slope;
  }
  const double spread = std::sqrt(squares / blocks - sum / blocks * sum / blocks);
  const double bound = 1 / std::sqrt(shots * information.best());
  EXPECT_GT(spread, bound * (1 - 3.3 / std::sqrt(2.0 * blocks)));
  EXPECT_LT(spread, 1.5 * bound);
}

std::string problem_of(const Call& call, const std::vector<std::string>& assignments = {}) {
  try {
    (void)check(call, assignments);
  } catch (const CallError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(BenchCall, misspelt_names_are_answered_with_the_nearest) {
  Call call;
  EXPECT_EQ(problem_of(call), "accepted");
  EXPECT_THAT(problem_of(call, {"jiter_um=1"}), HasSubstr("Did you mean jitter_um?"));
  EXPECT_THAT(problem_of(call, {"max_move_per_min=1"}), HasSubstr("Did you mean max_moves_per_min?"));
  EXPECT_THAT(problem_of(call, {"jitter_um"}), HasSubstr("no assignment"));
  EXPECT_THAT(problem_of(call, {"jitter_um=1x"}), HasSubstr("no number"));
  EXPECT_THAT(problem_of(call, {"jitter_um=nan"}), HasSubstr("no number"));
  call.strategy = "adaptve";
  EXPECT_THAT(problem_of(call), HasSubstr("Did you mean adaptive?"));
  call.strategy = "extremum-seeking";
  EXPECT_THAT(problem_of(call), HasSubstr("does not search"));
}

TEST(BenchCall, single_settings_win_over_preset_scenario_and_realistic) {
  Call call;
  call.scenario = "bad";
  const Call checked = check(call, {"latency_s=0.1", "realistic=1", "dropped=0.3", "max_moves_per_min=60"});
  EXPECT_EQ(checked.plant.latency_s, 0.1);
  EXPECT_EQ(checked.plant.accel_s, 0.2);
  EXPECT_EQ(checked.plant.dropped, 0.3);
  EXPECT_EQ(checked.plant.jet_off, 0.08);
  EXPECT_EQ(checked.control.max_moves_per_min, 60);
  EXPECT_EQ(checked.control.clock_margin_s, 0.05);
}

nlohmann::ordered_json figures(Call call, const std::vector<std::string>& assignments = {}) {
  const Call checked = check(std::move(call), assignments);
  const World world = make_world(checked);
  return summary(checked, world, run_trials(checked, world));
}

TEST(Bench, figures_do_not_depend_on_the_number_of_threads) {
  Call call;
  call.preset = "J20";
  call.scenario = "bad";
  call.strategy = "golden";
  call.trials = 12;
  call.threads = 1;
  const auto one = figures(call);
  call.threads = 5;
  EXPECT_EQ(figures(call).dump(), one.dump());
  call.seed = 2;
  EXPECT_NE(figures(call).dump(), one.dump());
}

TEST(Bench, golden_section_always_claims_a_peak_even_where_there_is_none) {
  Call call;
  call.scenario = "none";
  call.strategy = "golden";
  call.trials = 5;
  const auto none = figures(call);
  EXPECT_EQ(none["found"], 1.0);
  EXPECT_EQ(none["false_found"], 1.0);
  EXPECT_EQ(none["success"], 0.0);
  EXPECT_TRUE(none["rms_um"].is_null());
  EXPECT_TRUE(none["overlap_mean"].is_null());
  EXPECT_EQ(none["limit_violations"], 0);
}

TEST(Bench, hands_off_on_a_jet_that_stands_still_loses_nothing) {
  Call call;
  call.mode = Mode::track;
  call.preset = "J100";
  call.scenario = "clean";
  call.strategy = "operator";  // moves only when the signal has fallen
  call.trials = 2;
  const auto still = figures(call);
  EXPECT_GT(still["overlap_mean"].get<double>(), 0.999);
  EXPECT_EQ(still["moves_per_min"], 0.0);
  EXPECT_TRUE(still["loss_over_bound"].is_null());  // nothing to lose
  EXPECT_TRUE(still["success"].is_null());
}

TEST(Bench, every_key_of_the_contract_is_there) {
  Call call;
  call.strategy = "golden";
  call.trials = 1;
  const auto out = figures(call);
  for (const char* key : {"preset",
                          "scenario",
                          "strategy",
                          "trials",
                          "seed",
                          "success",
                          "found",
                          "false_found",
                          "rms_um",
                          "t50_s",
                          "t95_s",
                          "shots_median",
                          "moves_median",
                          "crb_ratio",
                          "overlap_mean",
                          "overlap_p5",
                          "loss_over_bound",
                          "bound",
                          "recovered",
                          "recover_t50_s",
                          "recover_t95_s",
                          "moves_per_min",
                          "travel_um_per_min",
                          "moves_in_loss_mean",
                          "moves_in_loss_max",
                          "limit_violations",
                          "cause_right"})
    EXPECT_TRUE(out.contains(key)) << key;
}

}  // namespace
}  // namespace jt::bench
