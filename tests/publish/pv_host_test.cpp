// What shots become on the served PVs, looked at in the server's own database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/errors.hpp"
#include "publish/pv_host.hpp"

namespace jt::publish {
namespace {

using pipeline::ShotOrigin;
using pipeline::ShotResult;
using testing::HasSubstr;

const std::map<int, std::string> usual_map = {
    {1, "SIM:T:RING"}, {2, "SIM:T:I0"}, {3, "SIM:T:RATIO"}, {4, "SIM:T:DROPPED"}};

ca::ServerSettings private_settings() {
  ca::ServerSettings settings;
  settings.port = 0;
  return settings;
}

ShotResult good_shot() {
  ShotResult shot;
  shot.time = {1'400'000'000, 5};
  shot.fiducial = {77};
  shot.origin = ShotOrigin::live;
  shot.i0 = 2;
  shot.ring = 30;
  shot.ratio = 15;
  return shot;
}
ShotResult shot_outside_the_cut() {
  ShotResult shot = good_shot();
  shot.time.nsec = 6;
  shot.fiducial = {80};
  shot.lost = reduction::Lost::i0_outside;
  shot.i0 = 0.25;
  shot.ring = shot.ratio = std::nan("");
  return shot;
}

// call() comes after everything that was posted before.
PvSample sample_of(PvHost& host, const std::string& name) {
  PvSample sample;
  host.server().call([&](ca::Database& pvs) { sample = *pvs.at(name).sample; });
  return sample;
}

TEST(PvHost, a_good_shot_posts_all_with_its_own_time) {
  PvHost host(pv_table("sim", usual_map), private_settings(), ReplayedShots::never_put);
  host.start();
  host.shot(good_shot());
  EXPECT_EQ(sample_of(host, "SIM:T:RING").value.number(), 30);
  EXPECT_EQ(sample_of(host, "SIM:T:I0").value.number(), 2);
  EXPECT_EQ(sample_of(host, "SIM:T:RATIO").value.number(), 15);
  EXPECT_EQ(sample_of(host, "SIM:T:DROPPED").value.number(), 0);
  EXPECT_EQ(sample_of(host, "SIM:T:I0").time, (PvTime{1'400'000'000, 5}));
  EXPECT_EQ(sample_of(host, "SIM:T:I0").alarm.severity, AlarmSeverity::none);
  EXPECT_EQ(sample_of(host, "SIM:JTRK:SHOT").value.numbers(),
            (std::vector<double>{1'400'000'000, 5, 77, 2, 30, 15, 0}));
}

TEST(PvHost, a_dropped_shot_posts_i0_and_dropped_and_leaves_the_others) {
  PvHost host(pv_table("sim", usual_map), private_settings(), ReplayedShots::never_put);
  host.start();
  host.shot(good_shot());
  host.shot(shot_outside_the_cut());
  EXPECT_EQ(sample_of(host, "SIM:T:RING").value.number(), 30);
  EXPECT_EQ(sample_of(host, "SIM:T:RATIO").value.number(), 15);
  EXPECT_EQ(sample_of(host, "SIM:T:RATIO").time, (PvTime{1'400'000'000, 5}));
  EXPECT_EQ(sample_of(host, "SIM:T:I0").value.number(), 0.25);
  EXPECT_EQ(sample_of(host, "SIM:T:DROPPED").value.number(), 1);
  const std::vector<double> shot = sample_of(host, "SIM:JTRK:SHOT").value.numbers();
  ASSERT_EQ(shot.size(), 7u);
  EXPECT_EQ(shot[2], 80);
  EXPECT_EQ(shot[3], 0.25);
  EXPECT_TRUE(std::isnan(shot[4]) && std::isnan(shot[5]));
  EXPECT_EQ(shot[6], 1);
}

TEST(PvHost, a_shot_that_was_not_ours_posts_nothing) {
  PvHost host(pv_table("sim", usual_map), private_settings(), ReplayedShots::never_put);
  host.start();
  host.shot(good_shot());
  ShotResult other = shot_outside_the_cut();
  other.lost = reduction::Lost::other_event_code;
  host.shot(other);
  EXPECT_EQ(sample_of(host, "SIM:T:I0").value.number(), 2);
  EXPECT_EQ(sample_of(host, "SIM:T:DROPPED").value.number(), 0);
}

TEST(PvHost, recorded_and_simulated_shots_are_not_put_unless_it_is_wanted) {
  for (const ShotOrigin origin : {ShotOrigin::replay, ShotOrigin::sim}) {
    ShotResult shot = good_shot();
    shot.origin = origin;
    PvHost strict(pv_table("sim", usual_map), private_settings(), ReplayedShots::never_put);
    strict.start();
    strict.shot(shot);
    EXPECT_EQ(sample_of(strict, "SIM:T:I0").alarm.severity, AlarmSeverity::invalid);
    EXPECT_EQ(strict.shots_kept_back(), 1u);
    PvHost wanted(pv_table("sim", usual_map), private_settings(), ReplayedShots::put);
    wanted.start();
    wanted.shot(shot);
    EXPECT_EQ(sample_of(wanted, "SIM:T:I0").value.number(), 2);
  }
}

TEST(PvHost, replayed_shots_are_never_put_where_others_could_see_them) {
  ca::ServerSettings settings = private_settings();
  settings.address = "0.0.0.0";
  try {
    PvHost host(pv_table("sim", usual_map), settings, ReplayedShots::put);
    FAIL() << "it would serve replayed shots to others";
  } catch (const SetupError& error) {
    EXPECT_THAT(error.what(), HasSubstr("others would take them for real ones"));
  }
}

TEST(PvHost, the_state_is_told_beside_the_shots) {
  PvHost host(pv_table("sim", usual_map), private_settings(), ReplayedShots::never_put);
  host.start();
  pipeline::LiveStatus status;
  status.run = {40};
  status.shots_in = 12;
  status.window = {3, nullptr, 17, 2};
  host.state(status);
  host.state(status);
  EXPECT_EQ(sample_of(host, "SIM:JTRK:RUN").value.number(), 40);
  EXPECT_EQ(sample_of(host, "SIM:JTRK:SHOTS_IN").value.number(), 12);
  EXPECT_EQ(sample_of(host, "SIM:JTRK:PEAK_BIN").value.number(), 17);
  EXPECT_EQ(sample_of(host, "SIM:JTRK:ORIGIN").value.text(), "replay");
  EXPECT_EQ(sample_of(host, "SIM:JTRK:HEARTBEAT").value.number(), 2);
}

TEST(PvTable, takes_the_configs_names_and_refuses_what_cannot_be_one) {
  const auto pvs = pv_table("cxi", {{2, "CXI:MY:I0"}});
  EXPECT_EQ(pvs[0].name, "CXI:JTRK:REQ:DIFF_INTENSITY");
  EXPECT_EQ(pvs[1].name, "CXI:MY:I0");
  EXPECT_THROW(pv_table("cxi", {{1, "CXI:X"}, {2, "CXI:X"}}), SetupError);
  EXPECT_THROW(pv_table("cxi", {{1, "A B"}}), SetupError);
  EXPECT_THROW(pv_table("cxi", {{1, "A\"){}"}}), SetupError);
}

TEST(PvTable, records_for_an_ioc_are_the_four_of_the_map) {
  const std::string records = notepad_records(pv_table("cxi", {}));
  for (const char* name : {"DIFF_INTENSITY", "I0", "RATIO", "DROPPED"})
    EXPECT_THAT(records, HasSubstr("record(ao, \"CXI:JTRK:REQ:" + std::string(name) + "\") {"));
  EXPECT_THAT(records, testing::Not(HasSubstr("SHOT")));
  EXPECT_THAT(archiver_list(pv_table("cxi", {})), HasSubstr("CXI:JTRK:REQ:I0 1 Monitor\n"));
}

}  // namespace
}  // namespace jt::publish
