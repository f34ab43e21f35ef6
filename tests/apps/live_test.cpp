// `jt live` on a recorded run as a whole program: every shot on the stream, equal to `jt calibrate`'s small
// data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/live_world.hpp"

namespace jt::test {
namespace {

using namespace std::chrono_literals;

std::vector<api::ShotMessage> play(LiveWorld& world, const std::string& threads, Finished& done) {
  const TempDir outputs;
  api::ShotSubscriber subscriber({"127.0.0.1", world.port + 1});
  Started live(outputs.path(), world.live({"-p", threads, "--wait-readers", "1"}), {});
  std::vector<api::ShotMessage> shots = listen(subscriber, shots_in_run_40);
  done = live.wait();
  return shots;
}

TEST(Live, accounts_for_every_shot_with_the_values_of_the_calibration_whatever_the_number_of_threads) {
  LiveWorld world;
  world.calibrate();
  const auto truth = calibration::read_small_data(world.folder.path() / "scratch/run40_jt_cal.h5");
  std::vector<api::ShotMessage> with_one;
  for (const std::string threads : {"1", "2", "4"}) {
    Finished done;
    const auto shots = play(world, threads, done);
    EXPECT_EQ(done.code, 0) << done.err;
    ASSERT_EQ(shots.size(), shots_in_run_40) << done.err;
    const json state = json::parse(done.out);
    EXPECT_EQ(state["shots"]["in"], shots_in_run_40);
    EXPECT_EQ(state["shots"]["out"], shots_in_run_40);
    EXPECT_EQ(state["origin"], "replay");
    if (with_one.empty()) {
      expect_as_calibrated(shots, truth);
      with_one = shots;
      continue;
    }
    for (std::size_t i = 0; i < shots.size(); ++i) {
      api::ShotMessage one = with_one[i], other = shots[i];
      one.age_us = other.age_us = 0;
      ASSERT_EQ(api::to_text(one), api::to_text(other));
    }
  }
}

TEST(Live, a_change_takes_effect_at_one_shot_and_is_seen_in_status_and_log) {
  LiveWorld world;
  const json result = world.calibrate();
  const int peak = result["peak_bin"].get<int>();
  const TempDir outputs;
  const auto log = world.folder.path() / "live.log";
  api::ShotSubscriber subscriber({"127.0.0.1", world.port + 1});
  Started live(outputs.path(),
               world.live({"-p", "2", "--rate", "40", "--wait-readers", "1", "--log", log.string()}), {});
  ASSERT_TRUE(subscriber.receive(60s));
  EXPECT_EQ(world.ctl({"peak-bin", "5000"}).code, 1);
  const Finished changed = world.ctl({"peak-bin", std::to_string(peak + 3)});
  EXPECT_EQ(changed.code, 0) << changed.err;
  const Finished asked = world.ctl({"status", "--json"});
  ASSERT_EQ(asked.code, 0) << asked.err;
  const json state = json::parse(asked.out)["state"];
  EXPECT_EQ(state["window"]["peak_bin"], peak + 3);
  EXPECT_EQ(state["workers"]["alive"], 2);
  EXPECT_EQ(state["calibration"]["run"], 40);
  EXPECT_EQ(world.ctl({"jog", "1"}).code, 2);
  // One boundary: the id changes once on the stream.
  std::uint32_t id = 0;
  int changes = -1;
  while (changes < 1) {
    const auto shot = subscriber.receive(60s);
    ASSERT_TRUE(shot);
    if (shot->window_id != id) ++changes;
    id = shot->window_id;
  }
  EXPECT_EQ(world.ctl({"live", "stop"}).code, 0);
  EXPECT_EQ(live.wait().code, 0);
  const auto lines = json_lines(read_text(log));
  ASSERT_EQ(lines.size(), 3u);  // refused, changed, stopped
  EXPECT_EQ(lines[1]["command"], "peak-bin");
  EXPECT_EQ(lines[1]["value"], peak + 3);
  for (const char* key : {"user", "host", "peer", "time"}) EXPECT_NE(lines[1][key], "") << key;
}

TEST(Live, without_a_calibration_every_shot_says_so) {
  LiveWorld world;
  Finished done;
  const auto shots = play(world, "1", done);
  EXPECT_THAT(done.err, testing::HasSubstr("no calibration"));
  ASSERT_EQ(shots.size(), shots_in_run_40);
  for (const api::ShotMessage& shot : shots) ASSERT_EQ(shot.cause, "no calibration");
}

TEST(Ctl, nobody_there_is_a_sentence_and_a_wrong_word_is_a_wrong_call) {
  LiveWorld world;
  const Finished nobody = world.ctl({"status"});
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.err, testing::HasSubstr("Is 'jt live' running"));
  const Finished wrong = world.ctl({"peek-bin", "3"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, testing::HasSubstr("peak-bin"));
}

}  // namespace
}  // namespace jt::test
