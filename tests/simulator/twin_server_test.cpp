// The twin served live: through the product's own shared-memory client, held against what was put in.
#include "simulator/twin_server.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <thread>

#include "core/errors.hpp"
#include "formats/xtc/decoder.hpp"
#include "sources/shared_memory_source.hpp"
#include "support/support.hpp"

namespace jt::simulator {
namespace {

using formats::Transition;

std::string fresh_tag() {
  static int count = 0;
  return "jt_twin_" + std::to_string(getpid()) + "_" + std::to_string(count++);
}

TwinSettings small_twin() {
  TwinSettings settings;
  settings.plant = preset("J20");
  settings.plant.dropped = 0.2;
  settings.detector.alias = "smallcam";
  return settings;
}

struct Received {
  std::vector<Transition> transitions;
  std::vector<Fiducial> fiducials;
  std::vector<double> totals;
  std::vector<std::uint64_t> sums;  // of the frame's words
  bool sim = false;                 // Configure carries the alias
};

// Reads until Unmap.
void read_all(const std::string& tag, Received& received) {
  sources::SharedMemoryOptions options;
  options.tag = tag;
  options.end_on = Transition::unmap;
  sources::SharedMemoryEvents source(options);
  formats::xtc::Decoder decoder;
  formats::Event event;
  while (const sources::RawEvent* shot = source.next()) {
    if (shot->service == Transition::configure) {
      decoder.configure(shot->main.bytes);
      const auto& aliases = decoder.run().aliases;
      received.sim = std::ranges::any_of(aliases, [](const auto& a) { return a.alias == "jt_sim"; });
    }
    if (shot->service != Transition::l1_accept) {
      received.transitions.push_back(shot->service);
      continue;
    }
    decoder.decode(shot->main.bytes, event);
    received.fiducials.push_back(event.fiducial);
    const auto total = formats::find_quantity(decoder.run(), "MFX-DG2-BMMON", "TotalIntensity");
    received.totals.push_back(event.reading(total.value()).value());
    std::uint64_t sum = 0;
    const formats::Frame* frame = event.frame(decoder.run().find_detector("smallcam").value());
    for (std::size_t i = 0; frame != nullptr && i < frame->shape.pixels(); ++i) {
      std::uint16_t word;
      std::memcpy(&word, frame->panels()[0].pixels + 2 * i, 2);
      sum += word;
    }
    received.sums.push_back(sum);
  }
}

ServeTwinOptions fast(std::uint64_t shots) {
  ServeTwinOptions options;
  options.tag = fresh_tag();
  options.rate_hz = 100'000;
  options.shots = shots;
  options.wait_for = 1;
  options.lossless = true;
  return options;
}

TEST(ServedTwin, gives_a_client_the_shots_that_were_made_in_order) {
  ServeTwinOptions options = fast(200);
  std::vector<TwinShot> truth;
  options.served = [&](const TwinShot& shot) { truth.push_back(shot); };
  TwinServer server(small_twin(), options);
  Received received;
  std::thread client([&] { read_all(options.tag, received); });
  const ServedTwin served = server.run();
  client.join();

  ASSERT_EQ(truth.size(), 200U);
  ASSERT_EQ(received.fiducials.size(), 200U);
  EXPECT_EQ(served.shots, 200U);
  EXPECT_EQ(served.missed, 0U);
  EXPECT_TRUE(received.sim);
  FrameMaker::Workspace workspace;
  std::vector<std::byte> pixels(2 * server.twin().detector().shape().pixels());
  for (std::size_t k = 0; k < 200; ++k) {
    EXPECT_EQ(received.fiducials[k], truth[k].stamp.fiducial);
    EXPECT_DOUBLE_EQ(received.totals[k], truth[k].total);
    const FrameSum made = server.twin().frames().make(static_cast<std::uint32_t>(truth[k].number),
                                                      truth[k].exposure, workspace, pixels);
    EXPECT_EQ(received.sums[k], made.sum) << k;
  }
  // after Map, which the server makes
  const std::vector<Transition> expected = {
      Transition::configure, Transition::begin_run,   Transition::begin_calib_cycle,
      Transition::enable,    Transition::disable,     Transition::end_calib_cycle,
      Transition::end_run,   Transition::unconfigure, Transition::unmap};
  std::erase(received.transitions, Transition::map);
  EXPECT_EQ(received.transitions, expected);
}

TEST(ServedTwin, of_three_servers_gives_each_every_third_shot) {
  ServeTwinOptions options = fast(60);
  options.servers = 3;
  TwinServer server(small_twin(), options);
  std::vector<Received> received(3);
  std::vector<std::thread> clients;
  ASSERT_EQ(server.tags().size(), 3U);
  for (std::size_t k = 0; k < 3; ++k)
    clients.emplace_back([&, k] { read_all(server.tags()[k], received[k]); });
  static_cast<void>(server.run());
  for (std::thread& client : clients) client.join();
  for (std::size_t k = 0; k < 3; ++k) {
    ASSERT_EQ(received[k].fiducials.size(), 20U);
    for (std::size_t i = 1; i < 20; ++i)
      EXPECT_EQ((received[k].fiducials[i].value + Fiducial::modulus - received[k].fiducials[i - 1].value) %
                    Fiducial::modulus,
                9U);  // three shots at 120 Hz
  }
  EXPECT_EQ((received[1].fiducials[0].value + Fiducial::modulus - received[0].fiducials[0].value) %
                Fiducial::modulus,
            3U);
}

TEST(ServedTwin, keeps_the_rate_that_was_asked_for) {
  ServeTwinOptions options = fast(50);
  options.rate_hz = 100;
  options.wait_for = 0;
  options.lossless = false;
  TwinServer server(small_twin(), options);
  const auto began = std::chrono::steady_clock::now();
  const ServedTwin served = server.run();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  EXPECT_GE(seconds, 0.49);  // never faster; a busy machine may be slower
  EXPECT_EQ(served.shots + served.missed, 50U);
}

TEST(ServedTwin, stops_when_it_is_asked_to) {
  ServeTwinOptions options = fast(0);
  options.wait_for = 1;  // nobody will come
  int asked = 0;
  options.stop_wanted = [&] { return ++asked > 5; };
  TwinServer server(small_twin(), options);
  EXPECT_EQ(server.run().shots, 0U);
}

TEST(ServedTwin, puts_to_the_motor_move_the_jet_out_of_the_beam) {
  ServeTwinOptions options = fast(240);
  std::vector<double> overlaps;
  options.before_shot = [&](Plant& plant, double time) {
    if (overlaps.size() == 60) plant.motor().move(time, plant.motor().view(time).setpoint_um + 100);
  };
  options.served = [&](const TwinShot& shot) { overlaps.push_back(shot.truth.overlap); };
  TwinServer server(small_twin(), options);
  Received received;
  std::thread client([&] { read_all(options.tag, received); });
  static_cast<void>(server.run());
  client.join();
  ASSERT_EQ(overlaps.size(), 240U);
  EXPECT_GT(overlaps[59], 0.8);
  EXPECT_LT(overlaps[239], 0.2);  // 1.5 s later, 100 um beside a jet of 20 um
}

// As `jt sim serve --ioc` does it: an axis of its own carries the jet, and a shutter closes the beam.
TEST(ServedTwin, follows_an_axis_and_a_shutter_outside_of_it) {
  ServeTwinOptions options = fast(120);
  double axis_um = 0, share = 1;
  std::vector<TwinShot> shots;
  options.before_shot = [&](Plant& plant, double time) {
    if (shots.empty()) axis_um = plant.motor().view(time).setpoint_um;
    if (shots.size() == 60) axis_um += 100;
    if (shots.size() == 90) share = 0;
    plant.motor().place(time, axis_um);
  };
  options.beam_share = [&] { return share; };
  options.served = [&](const TwinShot& shot) { shots.push_back(shot); };
  TwinServer server(small_twin(), options);
  Received received;
  std::thread client([&] { read_all(options.tag, received); });
  static_cast<void>(server.run());
  client.join();
  ASSERT_EQ(shots.size(), 120U);
  EXPECT_GT(shots[59].truth.overlap, 0.8);
  EXPECT_LT(shots[61].truth.overlap, 0.2);  // at once
  for (std::size_t k = 90; k < 120; ++k) {
    EXPECT_FALSE(shots[k].exposure.beam);
    EXPECT_EQ(received.totals[k], 0);
  }
}

TEST(ServedTwin, what_cannot_be_served_is_a_sentence) {
  ServeTwinOptions options = fast(1);
  options.servers = 0;
  EXPECT_THROW(TwinServer(small_twin(), options), CallError);
  options.servers = 1;
  for (const double rate : {-1.0, 0.01, 1e9, std::nan("")}) {
    options.rate_hz = rate;
    EXPECT_THROW(TwinServer(small_twin(), options), CallError) << rate;
  }
  options.rate_hz = 120;
  options.tag = "a/b";
  EXPECT_THROW(TwinServer(small_twin(), options), CallError);
}

}  // namespace
}  // namespace jt::simulator
