// What must hold for every strategy, whatever the plant does; and the failures of the original, one test
// each.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "rig.hpp"

namespace jt::test {
namespace {

using control::Decision;
using control::MoveClass;
using control::Outcome;

RigSetup searching(const char* preset, const char* scenario, std::uint64_t trial,
                   const char* strategy = "adaptive") {
  RigSetup setup;
  setup.plant = simulator::preset(preset);
  simulator::apply_scenario(setup.plant, scenario, simulator::Mode::acquire);
  setup.strategy = strategy;
  setup.seed = 77;
  setup.trial = trial;
  return setup;
}

RigSetup holding(const char* preset, const char* scenario, double seconds) {
  RigSetup setup;
  setup.plant = simulator::preset(preset);
  simulator::apply_scenario(setup.plant, scenario, simulator::Mode::track);
  setup.strategy = "probe-and-hold";
  setup.seed = 78;
  setup.hold = true;
  setup.seconds = seconds;
  return setup;
}

bool needs_no_fresh_shots(MoveClass move) {
  return move == MoveClass::return_to_start || move == MoveClass::step_back;
}

TEST(searches, every_one_of_them_finds_a_jet) {
  for (const control::StrategyInfo& info : control::strategies()) {
    if (info.kind != control::StrategyKind::search) continue;
    const RigResult result = run(searching("J20", "dropped", 3, info.name.c_str()));
    ASSERT_TRUE(result.last) << info.name;
    EXPECT_EQ(result.last->outcome, Outcome::found) << info.name << ": " << result.last->reason;
    EXPECT_GT(result.overlap, 0.9) << info.name;
  }
}

TEST(searches, the_second_search_of_a_session_moves_like_the_first) {
  const RigResult first = run(searching("J20", "dropped", 4)), second = run(searching("J20", "dropped", 5));
  EXPECT_GT(first.puts.size(), 5u);
  EXPECT_GT(second.puts.size(), 5u);
}

TEST(searches, no_jet_is_not_found_and_the_start_is_restored) {
  for (const control::StrategyInfo& info : control::strategies()) {
    if (info.kind != control::StrategyKind::search) continue;
    const RigResult result = run(searching("J20", "none", 6, info.name.c_str()));
    ASSERT_TRUE(result.last) << info.name;
    EXPECT_EQ(result.last->outcome, Outcome::not_found) << info.name;
    ASSERT_FALSE(result.puts.empty());
    EXPECT_EQ(result.puts.back().decision.move, MoveClass::return_to_start) << info.name;
    EXPECT_EQ(result.puts.back().decision.target_um, 0) << info.name;
    EXPECT_FALSE(result.last->estimate) << info.name << " claims a peak it has not verified";
  }
}

TEST(searches, a_step_that_meets_the_limit_exactly_ends) {
  RigSetup setup = searching("J20", "none", 7, "basic");
  setup.settings.step_um = 20;  // -100 + 10 * 20 = 100
  const RigResult result = run(setup);
  ASSERT_TRUE(result.last);
  EXPECT_EQ(result.last->outcome, Outcome::not_found);
  double highest = -1e9;
  for (const Put& put : result.puts) highest = std::max(highest, put.decision.target_um);
  EXPECT_EQ(highest, 100);
}

TEST(searches, a_decoy_is_never_found) {
  for (std::uint64_t trial = 0; trial < 12; ++trial) {
    const RigResult result = run(searching("GDVN5", "decoy", trial));
    if (result.last && result.last->outcome == Outcome::found) {
      EXPECT_GT(result.overlap, 0.8) << trial;
    }
  }
}

TEST(holding, a_beam_loss_starts_no_search) {
  for (const char* scenario : {"beamloss", "beamloss-unflagged", "picker"}) {
    RigSetup setup = holding("J20", scenario, 30);
    setup.plant.beam_from_s = 10;
    setup.plant.beam_to_s = 20;
    const RigResult result = run(setup);
    int decisions = 0;
    for (const Put& put : result.puts)
      if (put.time > 10 && put.time < 20 && !put.decision.continues) ++decisions;
    EXPECT_LE(decisions, 1) << scenario;
  }
}

TEST(holding, a_jet_that_jumped_is_found_again) {
  RigSetup setup = holding("J20", "jump", 30);
  setup.plant.jump_s = 10;
  EXPECT_GT(run(setup).overlap, 0.9);
}

TEST(holding, quiet_makes_no_probing_moves) {
  RigSetup setup = holding("J100", "clean", 30);
  setup.settings.quiet = true;
  EXPECT_EQ(run(setup).puts.size(), 0u);
}

TEST(every_strategy, ends_for_good_when_stop_is_requested) {
  for (const control::StrategyInfo& info : control::strategies()) {
    const RigSetup setup = searching("J20", "clean", 1, info.name.c_str());
    const simulator::Plant plant(setup.plant, 1, 1);
    const auto strategy = control::make_strategy(info.name, task_for(setup, plant));
    control::Observation seen;
    seen.stop_requested = true;
    EXPECT_EQ(strategy->step(seen, {0}).kind, Decision::Kind::stop) << info.name;
    seen.stop_requested = false;
    for (double now = 0.1; now < 2; now += 0.1) {
      const Decision after = strategy->step(seen, {now});
      EXPECT_EQ(after.kind, Decision::Kind::finished) << info.name;
      EXPECT_EQ(after.outcome, Outcome::stopped) << info.name;
    }
  }
}

TEST(every_strategy, yields_for_good_when_somebody_else_moves_the_axis) {
  for (const control::StrategyInfo& info : control::strategies()) {
    const RigSetup setup = searching("J20", "clean", 1, info.name.c_str());
    const simulator::Plant plant(setup.plant, 1, 1);
    const auto strategy = control::make_strategy(info.name, task_for(setup, plant));
    control::Observation seen;
    seen.motor.someone_else = true;
    EXPECT_EQ(strategy->step(seen, {0}).outcome, Outcome::yielded) << info.name;
    seen.motor.someone_else = false;
    EXPECT_EQ(strategy->step(seen, {1}).outcome, Outcome::yielded) << info.name;
  }
}

// Random plants and histories; how many: RC_PARAMS max_success (2 000 in CI, 10^5 in scripts/soak).
RC_GTEST_PROP(every_strategy, keeps_the_rules_in_any_history, ()) {
  const auto& all = control::strategies();
  const auto presets = simulator::presets();
  const auto scenarios = simulator::scenarios();
  RigSetup setup;
  const auto& info = all[*rc::gen::inRange<std::size_t>(0, all.size())];
  setup.strategy = info.name;
  setup.plant = presets[*rc::gen::inRange<std::size_t>(0, presets.size())].settings;
  setup.hold = info.kind == control::StrategyKind::hold;
  simulator::apply_scenario(setup.plant, scenarios[*rc::gen::inRange<std::size_t>(0, scenarios.size())].name,
                            setup.hold ? simulator::Mode::track : simulator::Mode::acquire);
  setup.seed = *rc::gen::inRange<std::uint64_t>(0, 1000000);
  setup.told_width = *rc::gen::inRange(70, 131) / 100.0;
  setup.plant.limit_um = *rc::gen::element(85.0, 100.0, 133.3);
  setup.plant.rate_hz = *rc::gen::element(10.0, 30.0, 120.0);
  setup.plant.latency_s = *rc::gen::element(0.0, 0.5);
  setup.plant.beam_from_s = *rc::gen::inRange(1, 15);
  setup.plant.beam_to_s = setup.plant.beam_from_s + *rc::gen::inRange(1, 15);
  setup.seconds = setup.hold ? 20 : 400;
  const RigResult result = run(setup);
  RC_ASSERT(result.violations == 0);
  for (const Put& put : result.puts)
    if (!needs_no_fresh_shots(put.decision.move))
      RC_ASSERT(put.time - put.newest_good_shot < 2.0 + 0.25 + 8 / setup.plant.rate_hz + 1);
  if (info.kind == control::StrategyKind::search) RC_ASSERT(result.last.has_value());
}

RC_GTEST_PROP(every_strategy, decides_the_same_from_the_same_log, ()) {
  const auto& all = control::strategies();
  RigSetup setup = searching("J20", "bad", *rc::gen::inRange<std::uint64_t>(0, 100000));
  setup.strategy = all[*rc::gen::inRange<std::size_t>(0, all.size())].name;
  setup.seconds = 5;
  std::vector<double> first, second;
  const auto note = [](std::vector<double>& into) {
    return [&into](const simulator::Plant&, const Decision& decision) {
      into.push_back(decision.kind == Decision::Kind::move ? decision.target_um : 1e9);
    };
  };
  run(setup, note(first));
  run(setup, note(second));
  RC_ASSERT(first == second);
}

TEST(every_strategy, goes_on_from_its_saved_state) {
  for (const control::StrategyInfo& info : control::strategies()) {
    RigSetup setup = searching("J20", "dropped", 2, info.name.c_str());
    setup.seconds = 8;
    std::vector<double> plain, restored;
    run(setup, [&](const simulator::Plant&, const Decision& d) {
      plain.push_back(d.kind == Decision::Kind::move ? d.target_um : 1e9);
    });
    setup.hand_over = true;
    run(setup, [&](const simulator::Plant&, const Decision& d) {
      restored.push_back(d.kind == Decision::Kind::move ? d.target_um : 1e9);
    });
    EXPECT_EQ(plain, restored) << info.name;
  }
}

}  // namespace
}  // namespace jt::test

// The sweeps are long stories: as many as fit CI, unless the environment asks for more.
int main(int argc, char** argv) {
  setenv("RC_PARAMS", "max_success=40 verbose_progress=0", 0);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
