// Channels over libca against our Channel Access server, which independent clients have tested: connect,
// watch, put, get.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <thread>

#include "ca_world.hpp"

namespace jt::epics::test {
namespace {

using testing::Each;
using testing::ElementsAre;

PvDetails choices(std::vector<std::string> names) {
  PvDetails details;
  details.choices = std::move(names);
  return details;
}

TEST_F(CaWorld, a_channel_connects_and_sees_value_alarm_and_time) {
  serve("SIM:X", 1.5, false);
  start();
  Watched x;
  const auto channel = channels->connect("SIM:X", x.events());
  const ChannelState state = x.connected();
  EXPECT_EQ(state.type, PvType::float64);
  EXPECT_EQ(state.count, 1u);
  EXPECT_TRUE(state.readable);
  EXPECT_FALSE(state.writable);
  EXPECT_EQ(state.server, "localhost:" + std::to_string(server->tcp_port()));
  EXPECT_EQ(x.samples.next().value, PvValue(1.5));
  server->post("SIM:X", 2.5, {AlarmSeverity::major, alarm_status::high}, PvTime{1700000000, 123456789});
  const PvSample sample = x.value_of(2.5);
  EXPECT_EQ(sample.alarm, (Alarm{AlarmSeverity::major, alarm_status::high}));
  EXPECT_EQ(sample.time, (PvTime{1700000000, 123456789}));
}

TEST_F(CaWorld, every_type_travels_both_ways) {
  const std::vector<std::pair<std::string, PvValue>> before = {
      {"SIM:S", "old"},
      {"SIM:I16", std::vector<std::int16_t>{1, 2, 3}},
      {"SIM:F32", std::vector<float>{0.5F, 1, 2}},
      {"SIM:C", Choice{0}},
      {"SIM:U8", std::vector<std::uint8_t>{1, 2, 3}},
      {"SIM:I32", std::int32_t{7}},
      {"SIM:F64", std::vector<double>{1, 2, 3}}};
  const std::vector<PvValue> after = {"new words",
                                      std::vector<std::int16_t>{-32768, 0, 32767},
                                      std::vector<float>{-1.25F, 3e30F, 0},
                                      Choice{1},
                                      std::vector<std::uint8_t>{255, 0, 128},
                                      std::int32_t{-2147483647},
                                      std::vector<double>{0.1, -1e300, 5e-324}};
  for (const auto& [name, value] : before) serve(name, value);
  server->database().set_details(server->database().at("SIM:C"), choices({"Stop", "Go"}));
  start();
  for (std::size_t i = 0; i < before.size(); ++i) {
    Watched x;
    const auto channel = channels->connect(before[i].first, x.events());
    EXPECT_EQ(x.connected().type, before[i].second.type());
    EXPECT_EQ(x.samples.next().value, before[i].second);
    EXPECT_EQ(channel->put(after[i]), ChannelOutcome::done);
    EXPECT_EQ(x.samples.next().value, after[i]);
    EXPECT_EQ(served(before[i].first), after[i]);
  }
}

TEST_F(CaWorld, a_large_array_arrives_whole) {
  std::vector<double> large(1 << 18);
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<double>(i) * 0.5;
  serve("SIM:A", large);
  start();
  Watched x;
  const auto channel = channels->connect("SIM:A", x.events());
  EXPECT_EQ(x.samples.next().value, PvValue(large));
  std::reverse(large.begin(), large.end());
  ASSERT_TRUE(channel->put(large) == ChannelOutcome::done);
  EXPECT_EQ(x.samples.next().value, PvValue(large));
}

TEST_F(CaWorld, pixels_of_16_bits_are_had_as_they_are) {
  serve("SIM:IMAGE", std::vector<std::int32_t>{0, 1, 40000, 65535});
  start();
  Watched x;
  const auto channel = channels->connect("SIM:IMAGE", x.events(true, PvType::int16));
  const PvSample sample = x.samples.next();
  const auto* pixels = sample.value.array<std::int16_t>();
  ASSERT_NE(pixels, nullptr);
  EXPECT_THAT(*pixels, ElementsAre(0, 1, static_cast<std::int16_t>(40000), -1));
}

TEST_F(CaWorld, a_get_asks_the_server) {
  serve("SIM:X", 1.0);
  start();
  Watched x;
  const auto channel = channels->connect("SIM:X", x.events(false));
  x.connected();
  Heard<GetResult> gets;
  for (const double value : {3.0, 4.0}) {
    server->post("SIM:X", value);
    server->call([](ca::Database&) {});
    channel->get(60s, [&](const GetResult& result) { gets.add(result); });
    const GetResult result = gets.next();
    EXPECT_EQ(result.outcome, ChannelOutcome::done);
    EXPECT_EQ(result.sample.value, PvValue(value));
  }
  EXPECT_EQ(x.samples.count(), 0u);
}

TEST_F(CaWorld, details_tell_units_limits_and_choices) {
  PvDetails of_motor;
  of_motor.units = "mm";
  of_motor.precision = 4;
  of_motor.display_low = -3;
  of_motor.display_high = 3;
  of_motor.alarm_low = -2.5;
  of_motor.alarm_high = 2.5;
  of_motor.warning_low = -2;
  of_motor.warning_high = 2;
  of_motor.control_low = -1;
  of_motor.control_high = 1.5;
  server->database().set_details(serve("SIM:M", 0.0), of_motor);
  server->database().set_details(serve("SIM:C", Choice{0}), choices({"Stop", "Pause", "Go"}));
  serve("SIM:S", "words");
  start();
  Heard<DetailsResult> heard;
  const auto details = [&](const std::string& name) {
    Watched x;
    const auto channel = channels->connect(name, x.events(false));
    x.connected();
    channel->get_details(60s, [&](const DetailsResult& result) { heard.add(result); });
    DetailsResult result = heard.next();
    EXPECT_EQ(result.outcome, ChannelOutcome::done);
    return result.details;
  };
  const PvDetails motor = details("SIM:M");
  EXPECT_EQ(motor.units, "mm");
  EXPECT_EQ(motor.precision, 4);
  EXPECT_EQ(motor.display_low, -3);
  EXPECT_EQ(motor.display_high, 3);
  EXPECT_EQ(motor.alarm_low, -2.5);
  EXPECT_EQ(motor.alarm_high, 2.5);
  EXPECT_EQ(motor.warning_low, -2);
  EXPECT_EQ(motor.warning_high, 2);
  EXPECT_EQ(motor.control_low, -1);
  EXPECT_EQ(motor.control_high, 1.5);
  EXPECT_THAT(details("SIM:C").choices, ElementsAre("Stop", "Pause", "Go"));
  EXPECT_TRUE(details("SIM:S").choices.empty());
}

TEST_F(CaWorld, completion_comes_when_the_server_says_so_and_not_before) {
  std::function<void(ca::Status)> complete;
  ca::PvSetup motor{.name = "SIM:M", .value = 0.0, .writable = true};
  motor.on_put = [&](ca::PutRequest request) { complete = std::move(request.complete); };
  server->database().add(std::move(motor));
  start();
  Watched x;
  const auto channel = channels->connect("SIM:M", x.events(false));
  x.connected();
  Heard<ChannelOutcome> ends;
  channel->put_and_complete(1.0, 60s, [&](ChannelOutcome end) { ends.add(end); });
  bool asked = false;
  while (!asked) server->call([&](ca::Database&) { asked = static_cast<bool>(complete); });
  Heard<GetResult> gets;  // the circuit goes on meanwhile
  channel->get(60s, [&](const GetResult& result) { gets.add(result); });
  EXPECT_EQ(gets.next().outcome, ChannelOutcome::done);
  EXPECT_EQ(ends.count(), 0u);
  server->call([&](ca::Database&) { complete(ca::Status::normal); });
  EXPECT_EQ(ends.next(), ChannelOutcome::done);
}

TEST_F(CaWorld, what_the_server_refuses_is_an_outcome) {
  ca::PvSetup disabled{.name = "SIM:DISP", .value = 0.0, .writable = true};
  disabled.on_put = [](ca::PutRequest request) { request.complete(ca::Status::put_failed); };
  server->database().add(std::move(disabled));
  serve("SIM:RO", 0.0, false);
  serve("SIM:N", 0.0);
  start();
  const auto end_of = [&](const std::string& name, const PvValue& value) {
    Watched x;
    const auto channel = channels->connect(name, x.events(false));
    x.connected();
    Heard<ChannelOutcome> ends;
    channel->put_and_complete(value, 60s, [&](ChannelOutcome end) { ends.add(end); });
    return ends.next();
  };
  EXPECT_EQ(end_of("SIM:DISP", 1.0), ChannelOutcome::refused);
  EXPECT_EQ(end_of("SIM:RO", 1.0), ChannelOutcome::no_access);
  EXPECT_EQ(end_of("SIM:N", "not a number"), ChannelOutcome::refused);
  EXPECT_EQ(end_of("SIM:N", std::string(40, 'x')), ChannelOutcome::refused);  // longer than a CA string
  EXPECT_EQ(end_of("SIM:N", std::vector<double>{}), ChannelOutcome::refused);
  EXPECT_EQ(served("SIM:N"), PvValue(0.0));
}

TEST_F(CaWorld, numbers_that_are_not_finite_never_leave) {
  serve("SIM:M", 0.0);
  start();
  Watched x;
  const auto channel = channels->connect("SIM:M", x.events(false));
  x.connected();
  Heard<ChannelOutcome> ends;
  for (const PvValue& value : {PvValue(std::nan("")), PvValue(std::numeric_limits<double>::infinity()),
                               PvValue("nan"), PvValue(std::vector<double>{0, -std::nan("")})}) {
    EXPECT_EQ(channel->put(value), ChannelOutcome::not_finite);
    channel->put_and_complete(value, 60s, [&](ChannelOutcome end) { ends.add(end); });
    EXPECT_EQ(ends.next(), ChannelOutcome::not_finite);
  }
  channel->put_and_complete(1.0, 60s, [&](ChannelOutcome end) { ends.add(end); });
  EXPECT_EQ(ends.next(), ChannelOutcome::done);
  EXPECT_EQ(served("SIM:M"), PvValue(1.0));
}

TEST_F(CaWorld, puts_of_different_kinds_keep_their_order) {
  std::vector<double> arrived;
  ca::PvSetup setup{.name = "SIM:M", .value = 0.0, .writable = true};
  setup.on_put = [&](ca::PutRequest request) {
    arrived.push_back(request.value.number().value());
    request.complete(ca::Status::normal);
  };
  server->database().add(std::move(setup));
  start();
  Watched x;
  const auto channel = channels->connect("SIM:M", x.events(false));
  x.connected();
  Heard<ChannelOutcome> ends;
  const auto done = [&](ChannelOutcome end) { ends.add(end); };
  for (int round = 0; round < 100; ++round) {
    channel->put(3.0 * round + 1);
    channel->put_and_complete(3.0 * round + 2, 60s, done);
    channel->put(3.0 * round + 3);
  }
  channel->put_and_complete(301.0, 60s, done);
  for (int i = 0; i < 101; ++i) EXPECT_EQ(ends.next(), ChannelOutcome::done);
  server->call([](ca::Database&) {});
  EXPECT_TRUE(std::is_sorted(arrived.begin(), arrived.end()));
  EXPECT_GE(arrived.size(), 201u);  // a plain put may be replaced by the plain put after it, nothing else
  EXPECT_EQ(arrived.back(), 301.0);
}

TEST_F(CaWorld, a_put_before_the_end_still_arrives) {
  serve("SIM:STOP", 0.0);
  start();
  {
    Watched x;
    const auto channel = channels->connect("SIM:STOP", x.events(false));
    x.connected();
    EXPECT_EQ(channel->put(1.0), ChannelOutcome::done);
  }
  channels.reset();
  PvValue value = 0.0;
  for (int i = 0; i < 6000 && value == PvValue(0.0); ++i) {
    value = served("SIM:STOP");
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(value, PvValue(1.0));
}

TEST_F(CaWorld, a_slow_listener_misses_values_but_never_the_last) {
  serve("SIM:X", 0.0, false);
  start();
  std::mutex gate;
  std::unique_lock closed(gate);
  Heard<double> heard;
  ChannelEvents events;
  Watched x;
  events.on_state = [&](const ChannelState& state) { x.states.add(state); };
  events.on_sample = [&](const PvSample& sample) {
    const std::lock_guard wait(gate);
    heard.add(*sample.value.number());
  };
  const auto channel = channels->connect("SIM:X", std::move(events));
  x.connected();
  for (int i = 1; i <= 200'000; ++i) server->post("SIM:X", double{1.0} * i);
  closed.unlock();
  heard.until([](double value) { return value == 200'000; });
}

TEST_F(CaWorld, callbacks_run_one_at_a_time_and_none_after_the_channel_is_gone) {
  serve("SIM:X", 0.0, false);
  start();
  std::atomic<int> running = 0, overlaps = 0, after = 0;
  std::atomic<bool> gone = false;
  const auto listen = [&](const PvSample&) {
    if (++running != 1) ++overlaps;
    if (gone) ++after;
    std::this_thread::yield();
    --running;
  };
  std::atomic<bool> stop = false;
  std::thread poster([&] {
    for (int i = 0; !stop; ++i) server->post("SIM:X", double{1.0} * i);
  });
  for (int round = 0; round < 20; ++round) {
    gone = false;
    Watched x;
    ChannelEvents events = x.events(false);
    events.on_sample = listen;
    auto one = channels->connect("SIM:X", events);
    auto other = channels->connect("SIM:X", ChannelEvents{{}, listen, {}});
    x.connected();
    other.reset();
    one.reset();
    gone = true;
    std::this_thread::yield();
  }
  stop = true;
  poster.join();
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(after, 0);
}

}  // namespace
}  // namespace jt::epics::test
