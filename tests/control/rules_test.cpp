// What must hold for every strategy, whatever the plant does; and the failures of the original, one test
// each.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/errors.hpp"
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

// Was `cause` the most likely one at some moment between?
bool names(const RigResult& result, control::Cause cause, double from, double until) {
  for (const auto& [time, named] : result.causes)
    if (named == cause && time >= from && time <= until) return true;
  return false;
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

// In one session, on one plant: the original's second search made 0 moves and reported the old peak.
TEST(searches, the_second_search_of_a_session_looks_as_the_first_did) {
  RigSetup setup = searching("J20", "clean", 4);
  setup.plant.jump_s = 15;  // after the first search, before the second
  setup.plant.jump_um = 50;
  simulator::Plant plant(setup.plant, setup.seed, setup.trial);
  const RigResult first = run_on(plant, setup);
  ASSERT_TRUE(first.last);
  EXPECT_EQ(first.last->outcome, Outcome::found);
  EXPECT_LT(first.seconds, 15);
  const double old_centre = first.last->estimate->centre_um;
  while (plant.next_time() < 16) plant.next_shot();

  const RigResult second = run_on(plant, setup);
  ASSERT_TRUE(second.last);
  EXPECT_EQ(second.last->outcome, Outcome::found);
  EXPECT_GT(second.puts.size(), first.puts.size() / 2);
  EXPECT_GT(std::abs(second.last->estimate->centre_um - old_centre), 40);
  EXPECT_GT(second.overlap, 0.95);
}

TEST(searches, swapped_limits_are_put_in_order) {
  for (const control::StrategyInfo& info : control::strategies()) {
    if (info.kind != control::StrategyKind::search) continue;
    RigSetup setup = searching("J20", "clean", 3, info.name.c_str());
    const RigResult straight = run(setup);
    setup.swap_limits = true;
    const RigResult swapped = run(setup);
    ASSERT_TRUE(swapped.last) << info.name;
    EXPECT_EQ(swapped.last->outcome, Outcome::found) << info.name;
    ASSERT_EQ(swapped.puts.size(), straight.puts.size()) << info.name;
    for (std::size_t i = 0; i < straight.puts.size(); ++i)
      EXPECT_EQ(swapped.puts[i].decision.target_um, straight.puts[i].decision.target_um) << info.name;
  }
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
  int stepped_back = 0;
  for (const control::StrategyInfo& info : control::strategies()) {
    if (info.kind != control::StrategyKind::search) continue;
    for (const char* preset : {"GDVN5", "J20"})
      for (std::uint64_t trial = 0; trial < 10; ++trial) {
        const RigResult result = run(searching(preset, "decoy", trial, info.name.c_str()));
        ASSERT_TRUE(result.last) << info.name;
        if (result.last->outcome == Outcome::found) {
          EXPECT_GT(result.overlap, 0.5) << info.name << " calls something else the jet, trial " << trial;
        }
        if (result.last->outcome == Outcome::too_bright) ++stepped_back;
      }
  }
  EXPECT_GT(stepped_back, 20) << "the decoy was hardly ever met: the test says nothing";
}

// Nothing else than a wide edge in range, brighter than any jet or not: there is no peak that falls on both
// sides.
TEST(searches, a_decoy_alone_is_never_found) {
  for (const char* name : {"adaptive", "fly"})
    for (const double height : {0.6, 1.0, 2.0, 20.0}) {
      RigSetup setup = searching("GDVN5", "decoy", 1, name);
      setup.plant.jet_present = 0;
      setup.plant.decoy_height = height;
      setup.plant.decoy_width_um = 120;
      const RigResult result = run(setup);
      ASSERT_TRUE(result.last) << name;
      EXPECT_NE(result.last->outcome, Outcome::found) << name << " height " << height;
    }
}

// A failed search leaves nothing that could be taken for a calibration, before, while or after.
TEST(searches, a_failed_search_never_re_calibrates) {
  for (const char* scenario : {"none", "decoy"})
    for (std::uint64_t trial = 0; trial < 6; ++trial) {
      int claims = 0;
      const RigResult result =
          run(searching("GDVN5", scenario, trial), [&](const simulator::Plant&, const Decision& decision) {
            if (decision.estimate) ++claims;
          });
      ASSERT_TRUE(result.last);
      if (result.last->outcome != Outcome::found) {
        EXPECT_EQ(claims, 0) << scenario << " " << trial;
      } else {
        EXPECT_EQ(claims, 1) << "only the verified peak carries an estimate";
      }
    }
}

TEST(searches, begin_again_when_the_ring_window_changes) {
  RigSetup setup = searching("J20", "clean", 4);
  setup.window_changes_s = 3;
  bool named = false;
  const RigResult result = run(setup, [&](const simulator::Plant&, const Decision& decision) {
    named = named || decision.causes.most_likely() == control::Cause::ring_moved;
  });
  ASSERT_TRUE(result.last);
  EXPECT_TRUE(named);
  EXPECT_EQ(result.last->outcome, Outcome::found);
  EXPECT_GT(result.seconds, run(searching("J20", "clean", 4)).seconds + 1);
}

TEST(searches, fly_scan_moves_slowly_once_and_finds) {
  const RigResult result = run(searching("GDVN5", "dropped", 3, "fly"));
  ASSERT_TRUE(result.last);
  EXPECT_EQ(result.last->outcome, Outcome::found);
  double slowest = 1e9;
  for (const Put& put : result.puts)
    if (put.decision.move == MoveClass::fly && put.decision.speed_um_s > 0)
      slowest = std::min(slowest, put.decision.speed_um_s);
  EXPECT_LT(slowest, 6.4 * 120 / 12 + 1);  // 12 shots per width of 6.3 um
}

TEST(searches, fly_scan_is_not_offered_without_velocity_control) {
  const RigSetup setup = searching("J20", "clean", 1, "fly");
  const simulator::Plant plant(setup.plant, 1, 1);
  control::Task task = task_for(setup, plant);
  task.axis.velocity_control = false;
  EXPECT_THROW(control::make_strategy("fly", task), SetupError);
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
  for (const char* preset : {"GDVN5", "J20", "J100", "SHEET50"}) {
    RigSetup setup = holding(preset, "jump", 25);
    setup.plant.jump_s = 10;
    setup.settings.max_moves_per_min = 60;
    const RigResult result = run(setup);
    EXPECT_GT(result.overlap, 0.9) << preset;
    EXPECT_TRUE(names(result, control::Cause::jet_moved, 10, 15)) << preset;
  }
}

TEST(holding, a_camera_leads_the_search_for_a_jet_that_jumped) {
  RigSetup setup = holding("J20", "jump", 60);
  setup.plant.jump_s = 50;
  const auto looks = [](const RigResult& result) {
    int count = 0;
    for (const Put& put : result.puts)
      if (put.decision.move == MoveClass::recover && !put.decision.continues) ++count;
    return count;
  };
  const int without = looks(run(setup));
  setup.camera = true;
  EXPECT_LE(looks(run(setup)), 3);
  EXPECT_GT(without, 3);
}

// What happened is named while it lasts or soon after, and nothing is searched for.
TEST(holding, what_the_beamline_says_of_itself_is_named_and_nothing_is_searched) {
  struct Case {
    const char* scenario;
    control::Cause cause;
  };
  for (const Case& each :
       {Case{"picker", control::Cause::beam_blocked}, Case{"attenuator", control::Cause::attenuated},
        Case{"mirror", control::Cause::jet_moved}}) {
    RigSetup setup = holding("J20", each.scenario, 30);
    setup.plant.beam_state = 1;
    setup.plant.transmission = 0.2;
    setup.plant.beam_from_s = 10;
    setup.plant.beam_to_s = 20;
    const RigResult result = run(setup);
    EXPECT_TRUE(names(result, each.cause, 10, 12)) << each.scenario;
    for (const Put& put : result.puts) EXPECT_NE(put.decision.move, MoveClass::recover) << each.scenario;
  }
}

TEST(holding, causes_are_told_apart_without_beam_state) {
  struct Case {
    const char* scenario;
    control::Cause cause;
    double until;
  };
  for (const Case& each :
       {Case{"beamloss", control::Cause::beam_off, 12},
        Case{"beamloss-unflagged", control::Cause::beam_off, 12},
        Case{"rampdown", control::Cause::i0_low, 20}, Case{"picker", control::Cause::beam_blocked, 12},
        Case{"attenuator", control::Cause::attenuated, 12}, Case{"jetstop", control::Cause::jet_gone, 25},
        Case{"saturated", control::Cause::saturated, 12}}) {
    RigSetup setup = holding("J20", each.scenario, 30);
    setup.plant.transmission = 0.3;
    setup.plant.beam_from_s = 10;
    setup.plant.beam_to_s = 20;
    if (setup.plant.stop_from_s >= 0) {
      setup.plant.stop_from_s = 10;
      setup.plant.stop_to_s = 28;
    }
    EXPECT_TRUE(names(run(setup), each.cause, each.scenario == std::string("saturated") ? 0 : 10, each.until))
        << each.scenario;
  }
}

TEST(holding, a_new_ring_window_is_learnt_and_named) {
  RigSetup setup = holding("J20", "dropped", 30);
  setup.window_changes_s = 10;
  const RigResult result = run(setup);
  EXPECT_TRUE(names(result, control::Cause::ring_moved, 10, 12));
  EXPECT_GT(result.overlap, 0.9);
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
  setup.camera = *rc::gen::arbitrary<bool>();
  setup.plant.beam_position = *rc::gen::inRange(0, 2);
  setup.plant.beam_state = *rc::gen::inRange(0, 2);
  setup.seconds = setup.hold ? 20 : 400;
  const RigResult result = run(setup);
  RC_ASSERT(result.violations == 0);
  for (const Put& put : result.puts)
    if (!needs_no_fresh_shots(put.decision.move))
      RC_ASSERT(put.time - put.newest_good_shot < 2.0 + 0.25 + 8 / setup.plant.rate_hz + 1);
  // A search has 300 s, and as long as the way back takes.
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

// Whenever it comes: one `stop`, and nothing but `finished: stopped` after it, whatever is seen.
RC_GTEST_PROP(every_strategy, never_moves_again_once_stopped, ()) {
  const auto& all = control::strategies();
  RigSetup setup = searching("J20", "bad", *rc::gen::inRange<std::uint64_t>(0, 100000));
  const auto& info = all[*rc::gen::inRange<std::size_t>(0, all.size())];
  setup.strategy = info.name;
  setup.hold = info.kind == control::StrategyKind::hold;
  setup.stop_at_s = *rc::gen::inRange(0, 300) / 100.0;
  setup.go_on_after_end = true;
  setup.seconds = 5;
  int moves_after = 0, stops = 0;
  run(setup, [&](const simulator::Plant& plant, const Decision& decision) {
    if (decision.kind == Decision::Kind::stop) ++stops;
    if (stops > 0 && decision.kind == Decision::Kind::move) ++moves_after;
    if (stops > 0 && plant.truth().time > setup.stop_at_s + 0.1)
      RC_ASSERT(decision.outcome == Outcome::stopped);
  });
  RC_ASSERT(stops == 1);
  RC_ASSERT(moves_after == 0);
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

// How many histories a sweep takes: JT_PROPERTY_CASES (2 000 in CI's release build, 100 000 in `scripts/soak
// control`). Without it a handful, for somebody who works on a strategy. RC_PARAMS="seed=N" repeats a sweep;
// the seed is printed.
int main(int argc, char** argv) {
  const char* cases = std::getenv("JT_PROPERTY_CASES");
  const std::string count = cases != nullptr ? cases : "40";
  const char* given = std::getenv("RC_PARAMS");
  const std::string params =
      "max_success=" + count + " verbose_progress=0 " + (given != nullptr ? given : "");
  setenv("RC_PARAMS", params.c_str(), 1);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
