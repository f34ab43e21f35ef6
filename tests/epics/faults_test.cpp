// What goes wrong at a beamline: servers that stop, come back, hang.
#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "ca_world.hpp"
#include "core/errors.hpp"

namespace jt::epics::test {
namespace {

TEST_F(CaWorld, nobody_who_serves_the_name_is_no_connection) {
  start();
  Watched x;
  const auto channel = channels->connect("SIM:NOBODY", x.events());
  EXPECT_FALSE(channel->state().connected);
  EXPECT_EQ(channel->put(1.0), ChannelOutcome::disconnected);
  Heard<ChannelOutcome> ends;
  channel->put_and_complete(1.0, 60s, [&](ChannelOutcome end) { ends.add(end); });
  channel->get(60s, [&](const GetResult& result) { ends.add(result.outcome); });
  channel->get_details(60s, [&](const DetailsResult& result) { ends.add(result.outcome); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ends.next(), ChannelOutcome::disconnected);
}

// libca looks for lost servers at its own pace: about ten seconds.
TEST_F(CaWorld, a_server_that_stops_ends_what_was_asked_and_is_found_again) {
  ca::PvSetup motor{.name = "SIM:M", .value = 1.0, .writable = true};
  motor.on_put = [](ca::PutRequest) {};  // never completes
  server->database().add(std::move(motor));
  start();
  Watched x;
  const auto channel = channels->connect("SIM:M", x.events());
  x.connected();
  x.value_of(1.0);
  Heard<ChannelOutcome> ends;
  channel->put_and_complete(2.0, 600s, [&](ChannelOutcome end) { ends.add(end); });
  server->call([](ca::Database&) {});
  server.reset();
  EXPECT_EQ(ends.next(), ChannelOutcome::disconnected);
  x.lost();
  EXPECT_FALSE(channel->state().connected);
  EXPECT_EQ(channel->put(3.0), ChannelOutcome::disconnected);

  ca::ServerSettings again;
  again.port = udp_port;
  server = std::make_unique<ca::Server>(again);
  serve("SIM:M", std::int32_t{5});  // as another type
  server->start();
  EXPECT_EQ(x.connected().type, PvType::int32);
  EXPECT_EQ(x.value_of(5).value, PvValue(std::int32_t{5}));
  EXPECT_EQ(served("SIM:M"), PvValue(std::int32_t{5}));  // no put of before has arrived
  EXPECT_EQ(channel->put(std::int32_t{6}), ChannelOutcome::done);
  x.value_of(6);
}

TEST_F(CaWorld, a_pv_that_is_withdrawn_is_lost_and_one_that_becomes_writable_is_told) {
  ca::Pv& pv = serve("SIM:X", 1.0, false);
  start();
  Watched x;
  const auto channel = channels->connect("SIM:X", x.events());
  EXPECT_FALSE(x.connected().writable);
  EXPECT_EQ(channel->put(2.0), ChannelOutcome::no_access);
  server->call([&](ca::Database& database) { database.set_writable(pv, true); });
  x.states.until([](const ChannelState& state) { return state.writable; });
  EXPECT_EQ(channel->put(2.0), ChannelOutcome::done);
  x.value_of(2.0);
  server->call([&](ca::Database& database) { database.set_served(pv, false); });
  x.lost();
}

// A server whose thread does nothing, as one that is stopped or has lost its disk.
class Hung {
 public:
  explicit Hung(ca::Server& server) {
    server.send([hung = wake_.get_future().share(), begun = &begun_](ca::Database&) {
      begun->set_value();
      hung.wait();
    });
    begun_.get_future().wait();
  }
  ~Hung() { wake_.set_value(); }

 private:
  std::promise<void> wake_, begun_;
};

TEST_F(CaWorld, a_server_that_hangs_is_a_timeout_and_connected) {
  serve("SIM:X", 1.0);
  start();
  Watched x;
  const auto channel = channels->connect("SIM:X", x.events());
  x.value_of(1.0);
  Heard<ChannelOutcome> ends;
  {
    const Hung hung(*server);
    channel->get(100ms, [&](const GetResult& result) { ends.add(result.outcome); });
    EXPECT_EQ(ends.next(), ChannelOutcome::timed_out);
    channel->put_and_complete(2.0, 100ms, [&](ChannelOutcome end) { ends.add(end); });
    EXPECT_EQ(ends.next(), ChannelOutcome::timed_out);
    EXPECT_TRUE(channel->state().connected);
  }
  x.value_of(2.0);  // late, but it was on its way
  channel->get(60s, [&](const GetResult& result) { ends.add(result.outcome); });
  EXPECT_EQ(ends.next(), ChannelOutcome::done);  // once: the late answer of before is nobody's
  EXPECT_EQ(ends.count(), 0u);
}

// libca alone would take 180 000 puts and then wait for the server.
TEST_F(CaWorld, puts_to_a_server_that_hangs_never_wait_and_the_newest_arrives) {
  serve("SIM:X", 0.0);
  serve("SIM:Y", 0.0);
  start();
  Watched x, y;
  const auto channel = channels->connect("SIM:X", x.events());
  const auto other = channels->connect("SIM:Y", y.events());
  x.value_of(0.0);
  y.value_of(0.0);
  {
    const Hung hung(*server);
    for (int i = 1; i <= 500'000; ++i) ASSERT_EQ(channel->put(double{1.0} * i), ChannelOutcome::done);
    EXPECT_EQ(other->put(1.0), ChannelOutcome::done);
  }
  x.value_of(500'000);
  y.value_of(1.0);
}

TEST_F(CaWorld, an_end_beside_a_server_that_hangs_waits_for_nothing) {
  serve("SIM:X", 0.0);
  start();
  Watched x;
  auto channel = channels->connect("SIM:X", x.events());
  x.value_of(0.0);
  const Hung hung(*server);
  Heard<ChannelOutcome> ends;
  for (int i = 1; i <= 100'000; ++i) channel->put(double{1.0} * i);
  channel->put_and_complete(1.0, 600s, [&](ChannelOutcome end) { ends.add(end); });
  channel.reset();
  channels.reset();
  EXPECT_EQ(ends.count(), 0u);  // gone with its channel
}

// The whole program ends as well: libca may still be saying good-bye in a thread of its own.
TEST(CaProgram, ends_beside_a_server_that_hangs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto program = [] {
    ca::ServerSettings settings;
    settings.port = 0;
    auto& server = *new ca::Server(settings);  // left as it is: hung
    server.database().add({.name = "SIM:X", .value = 1.0, .writable = true});
    server.start();
    keep_on_loopback(server.udp_port());
    auto channels = std::make_unique<CaChannels>();
    Watched x;
    auto channel = channels->connect("SIM:X", x.events());
    x.value_of(1.0);
    new Hung(server);
    channel->put(2.0);
    channel.reset();
    channels.reset();
    std::exit(0);
  };
  EXPECT_EXIT(program(), testing::ExitedWithCode(0), "");
}

TEST_F(CaWorld, every_request_is_answered_once_whatever_comes_first) {
  ca::PvSetup slow{.name = "SIM:M", .value = 0.0, .writable = true};
  std::vector<std::function<void(ca::Status)>> pending;
  slow.on_put = [&](ca::PutRequest request) { pending.push_back(std::move(request.complete)); };
  server->database().add(std::move(slow));
  start();
  Watched x;
  const auto channel = channels->connect("SIM:M", x.events(false));
  x.connected();
  constexpr int many = 200;
  std::vector<std::atomic<int>> answers(many);
  Heard<int> heard;
  for (int i = 0; i < many; ++i)
    channel->put_and_complete(double{1.0} * i, std::chrono::milliseconds(i % 3), [&, i](ChannelOutcome) {
      ++answers[static_cast<std::size_t>(i)];
      heard.add(i);
    });
  server->call([&](ca::Database&) {
    for (const auto& complete : pending) complete(ca::Status::normal);
    pending.clear();
  });
  for (int i = 0; i < many; ++i) heard.next();
  for (const auto& times : answers) EXPECT_EQ(times, 1);
  server->call([&](ca::Database&) { pending.clear(); });
}

}  // namespace
}  // namespace jt::epics::test

// libCom keeps a little of every thread that has ended.
extern "C" const char* __lsan_default_suppressions() { return "leak:libCom.so\n"; }
