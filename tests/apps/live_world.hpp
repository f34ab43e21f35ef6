// What the tests of `jt live` as a whole program share: a config with ports of its own, the calibration that
// shots are judged by, and the comparison with its small data.
#pragma once

#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "api/stream_socket.hpp"
#include "apps/golden.hpp"
#include "apps/jt_run.hpp"
#include "calibration/small_data.hpp"

namespace jt::test {

using nlohmann::json;

// Ports of this test process: four from one that nobody else of this machine's tests has.
inline int port_block() {
  static int next = 20'000 + static_cast<int>(getpid() % 2'000) * 16;
  return next += 4;
}

struct LiveWorld {
  TempDir folder;
  int port = port_block();
  std::filesystem::path config = folder.path() / "live.yml";
  std::filesystem::path calibrations = folder.path() / "calib/jt_results";

  LiveWorld() {
    write_text(config, read_text(golden_config(40)) + "\napi_msg: {port: " + std::to_string(port) + "}\n");
  }
  json calibrate() {
    const Finished done = run_jt({"calibrate", "--cfg", config.string(), "--data-root", data_root(), "--out",
                                  folder.path().string(), "--json"});
    EXPECT_EQ(done.code, 0) << done.err;
    return json::parse(done.out);
  }
  std::vector<std::string> live(std::vector<std::string> more) {
    return live_from("run:40", std::move(more));
  }
  std::vector<std::string> live_from(const std::string& source, std::vector<std::string> more) {
    more.insert(more.begin(), {"live", "--cfg", config.string(), "--data-root", data_root(), "--calibrations",
                               calibrations.string(), "--source", source, "--json"});
    return more;
  }
  // The small data of `jt calibrate`, whose numbers the golden tests hold.
  calibration::SmallData truth() {
    calibrate();
    return calibration::read_small_data(folder.path() / "scratch/run40_jt_cal.h5");
  }
  Finished ctl(std::vector<std::string> more) {
    more.insert(more.begin(), {"ctl", "--cfg", config.string()});
    return run_jt(more);
  }
};

// Everything that the stream says until nothing came for a while after `expected` shots.
inline std::vector<api::ShotMessage> listen(api::ShotSubscriber& subscriber, std::size_t expected) {
  std::vector<api::ShotMessage> shots;
  while (shots.size() < expected) {
    auto shot = subscriber.receive(std::chrono::seconds(60));
    if (!shot) break;
    shots.push_back(std::move(*shot));
  }
  return shots;
}

constexpr std::size_t shots_in_run_40 = 1200;  // golden/xtc manifest

// Every shot in order, with value or cause, as the small data of `jt calibrate` have it: to 1e-6.
inline void expect_as_calibrated(const std::vector<api::ShotMessage>& shots,
                                 const calibration::SmallData& truth) {
  std::size_t row = 0, good = 0;
  std::uint64_t seq = 0;
  ShotTime before{};
  for (const api::ShotMessage& shot : shots) {
    EXPECT_EQ(shot.seq, ++seq);
    EXPECT_LT(before, shot.time);
    before = shot.time;
    if (shot.cause == "other event code" || shot.cause == "no event codes") continue;
    ASSERT_LT(row, truth.table.shots.size());
    const calibration::ShotRow& expected = truth.table.shots[row++];
    ASSERT_EQ(shot.time, expected.time) << "seq " << shot.seq;
    EXPECT_EQ(shot.fiducial, expected.fiducial);
    EXPECT_EQ(shot.cause.empty(), expected.used) << "seq " << shot.seq << ": " << shot.cause;
    if (!expected.used) continue;
    ++good;
    EXPECT_NEAR(shot.i0, expected.i0, 1e-6 * std::abs(expected.i0));
    EXPECT_NEAR(shot.ring, expected.ring, 1e-6 * std::abs(expected.ring));
    EXPECT_NEAR(shot.ratio, expected.ratio, 1e-6 * std::abs(expected.ratio));
  }
  EXPECT_EQ(row, truth.table.shots.size());
  EXPECT_GT(good, 100u);
}

}  // namespace jt::test
