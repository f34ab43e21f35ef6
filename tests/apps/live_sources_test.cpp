// `jt live` on the DAQ's shared memory, as `jt serve` plays it: the numbers are those of the recorded run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "apps/live_world.hpp"

namespace jt::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

std::string fresh_tag() {
  static int count = 0;
  return fmt::format("jt_live_{}_{}", getpid(), count++);
}

std::vector<std::string> serve(const std::string& tag, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"serve",       "--exp",     "xcsjt1236", "--run", "40",
                                    "--data-root", data_root(), "--tag",     tag,     "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

ShotTime first_of_run_40() {
  const json manifest = read_json(golden() / "xtc/xcs/xcsjt1236/manifest/e1236-r0040.json");
  for (const auto& row : manifest["datagrams"])
    if (row["service"] == "L1Accept")
      return {row["sec"].get<std::uint32_t>(), row["nsec"].get<std::uint32_t>()};
  throw std::runtime_error("the manifest of run 40 has no shot");
}

TEST(LiveFromSharedMemory, a_played_run_has_the_numbers_of_the_recorded_one) {
  LiveWorld world;
  const auto truth = world.truth();
  const TempDir of_live, of_server;
  const std::string tag = fresh_tag();
  api::ShotSubscriber subscriber({"127.0.0.1", world.port + 1});
  Started server(of_server.path(), serve(tag, {"--lossless"}), {});
  Started live(of_live.path(), world.live_from("shmem:" + tag, {"-p", "2", "--wait-readers", "1"}), {});
  const auto shots = listen(subscriber, shots_in_run_40);
  const Finished served = server.wait();
  EXPECT_EQ(served.code, 0) << served.err;
  EXPECT_EQ(world.ctl({"live", "stop"}).code, 0);
  const Finished done = live.wait();
  EXPECT_EQ(done.code, 0) << done.err;
  ASSERT_EQ(shots.size(), shots_in_run_40) << done.err;
  expect_as_calibrated(shots, truth);
  // Shots of years ago are no live ones, whoever serves them.
  for (const api::ShotMessage& shot : shots) ASSERT_EQ(shot.origin, api::Origin::replay);
  const json state = json::parse(done.out);
  EXPECT_EQ(state["shots"]["in"], shots_in_run_40);
  EXPECT_EQ(state["shots"]["lost_without_trace"], 0);
}

TEST(LiveFromSharedMemory, a_server_that_is_killed_and_started_again_is_found_again) {
  LiveWorld world;
  const auto truth = world.truth();
  const ShotTime begin = first_of_run_40();
  const TempDir of_live, of_first, of_second;
  const std::string tag = fresh_tag();
  api::ShotSubscriber subscriber({"127.0.0.1", world.port + 1});
  Started live(of_live.path(), world.live_from("shmem:" + tag, {"--wait-readers", "1"}), {});
  {
    Started first(of_first.path(), serve(tag, {"--lossless", "--rate", "100"}), {});
    ASSERT_EQ(listen(subscriber, 20).size(), 20u);
    first.send(SIGKILL);
    EXPECT_EQ(first.wait().signal, SIGKILL);
  }
  Started second(of_second.path(), serve(tag, {"--lossless"}), {});
  // What was under way from the first server, then the whole run from the second.
  std::vector<api::ShotMessage> shots;
  while (shots.size() < shots_in_run_40) {
    auto shot = subscriber.receive(120s);
    ASSERT_TRUE(shot);
    if (shot->time == begin) shots.clear();
    shots.push_back(std::move(*shot));
  }
  EXPECT_EQ(second.wait().code, 0);
  const Finished asked = world.ctl({"status", "--json"});
  ASSERT_EQ(asked.code, 0) << asked.err;
  EXPECT_EQ(json::parse(asked.out)["state"]["source"]["sessions"], 2);
  EXPECT_EQ(world.ctl({"live", "stop"}).code, 0);
  EXPECT_EQ(live.wait().code, 0);
  const std::uint64_t before = shots.front().seq - 1;
  for (api::ShotMessage& shot : shots) shot.seq -= before;
  expect_as_calibrated(shots, truth);
}

TEST(Live, ctrl_c_ends_it_with_a_summary_and_exit_code_0) {
  LiveWorld world;
  world.calibrate();
  const TempDir outputs;
  api::ShotSubscriber subscriber({"127.0.0.1", world.port + 1});
  Started live(outputs.path(), world.live({"--rate", "40", "--wait-readers", "1"}), {});
  ASSERT_EQ(listen(subscriber, 5).size(), 5u);
  live.send(SIGINT);
  const Finished done = live.wait();
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("stopped by the user: "));
  EXPECT_GE(json::parse(done.out)["shots"]["out"], 5);
}

}  // namespace
}  // namespace jt::test
