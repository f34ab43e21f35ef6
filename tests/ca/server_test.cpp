// The server on real sockets of 127.0.0.1: searches, slow and hostile clients, names that are taken.
#include "ca/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <random>

#include "ca/dbr.hpp"
#include "ca/name_probe.hpp"
#include "ca/search.hpp"
#include "core/errors.hpp"
#include "hex.hpp"
#include "raw_client.hpp"

namespace jt::ca {
namespace {

using namespace std::chrono_literals;
using test::create_channel;
using test::RawSocket;
using test::subscribe;

ServerSettings private_settings() {
  ServerSettings settings;
  settings.port = 0;  // any free one
  return settings;
}

double number_in(View message, std::uint16_t dbr = 6) {
  View rest = message;
  Message it;
  if (take_message(rest, it) != Found::message) return -1;
  return read_plain(6, 1, it.payload.subspan(value_offset(dbr))).value().number().value();
}

TEST(CaServer, a_search_datagram_is_answered_with_the_port_of_the_circuits) {
  Server server(private_settings());
  server.database().add({.name = "SIM:X", .value = 1.5});
  server.start();
  const RawSocket udp(SOCK_DGRAM, server.udp_port());
  const std::vector<std::string> names = {"SIM:NOT", "SIM:X"};
  std::size_t next = 0;
  ASSERT_TRUE(udp.send(search_datagram(names, next)));
  const Bytes reply = udp.receive();
  View rest = reply;
  Message version, found;
  ASSERT_EQ(take_message(rest, version), Found::message);
  ASSERT_EQ(take_message(rest, found), Found::message);
  EXPECT_EQ(found.header.type, server.tcp_port());
  EXPECT_EQ(found.header.p2, 1u);
  EXPECT_TRUE(rest.empty());
}

TEST(CaServer, posts_from_any_thread_reach_a_subscriber) {
  Server server(private_settings());
  server.database().add({.name = "SIM:X", .value = 0.0});
  server.start();
  RawSocket client(SOCK_STREAM, server.tcp_port());
  ASSERT_TRUE(client.send(create_channel(1, "SIM:X")));
  ASSERT_TRUE(client.send(subscribe(1, 1, 6)));
  EXPECT_EQ(number_in(client.until(Command::event_add)), 0);
  std::thread poster([&] {
    for (int i = 1; i <= 1000; ++i) server.post("SIM:X", double{1.0} * i);
  });
  double last = 0;
  while (last < 1000) {
    const double value = number_in(client.until(Command::event_add));
    ASSERT_GT(value, last);  // in order, none twice
    last = value;
  }
  poster.join();
}

TEST(CaServer, a_pv_that_never_merges_delivers_every_post_of_every_thread) {
  Server server(private_settings());
  server.database().add({.name = "SIM:DMOV", .value = 0.0, .never_merge = true});
  server.start();
  RawSocket client(SOCK_STREAM, server.tcp_port());
  ASSERT_TRUE(client.send(create_channel(1, "SIM:DMOV")));
  ASSERT_TRUE(client.send(subscribe(1, 1, 6)));
  EXPECT_EQ(number_in(client.until(Command::event_add)), 0);
  for (int i = 1; i <= 500; ++i) server.post("SIM:DMOV", double{1.0} * i);
  for (int i = 1; i <= 500; ++i) ASSERT_EQ(number_in(client.until(Command::event_add)), i);
}

TEST(CaServer, a_client_that_reads_nothing_does_not_slow_the_others) {
  Server server(private_settings());
  server.database().add({.name = "SIM:IMG", .value = std::vector<double>(200000)});
  server.database().add({.name = "SIM:X", .value = 0.0});
  server.start();
  RawSocket stalled(SOCK_STREAM, server.tcp_port()), client(SOCK_STREAM, server.tcp_port());
  ASSERT_TRUE(stalled.send(create_channel(1, "SIM:IMG")));
  ASSERT_TRUE(stalled.send(subscribe(1, 1, 6)));
  ASSERT_TRUE(client.send(create_channel(1, "SIM:X")));
  ASSERT_TRUE(client.send(subscribe(1, 1, 6)));
  EXPECT_EQ(number_in(client.until(Command::event_add)), 0);
  for (int i = 1; i <= 50; ++i) {  // 80 MB of images, and a number after each
    server.call([&](Database& database) {
      database.post(database.at("SIM:IMG"), std::vector<double>(200000, i));
      database.post(database.at("SIM:X"), double{1.0} * i);
    });
    ASSERT_EQ(number_in(client.until(Command::event_add)), i);
  }
  EXPECT_GT(server.counts().merged, 0u);
  double last = 0;  // and when it reads again, it comes to the newest
  while (last < 50) last = number_in(stalled.until(Command::event_add));
}

TEST(CaServer, a_value_that_nobody_renews_becomes_invalid_and_keeps_its_time) {
  Server server(private_settings());
  server.database().add({.name = "SIM:X", .value = 0.0, .stale_after = 50ms});
  server.start();
  RawSocket client(SOCK_STREAM, server.tcp_port());
  ASSERT_TRUE(client.send(create_channel(1, "SIM:X")));
  server.post("SIM:X", 4.0, {}, PvTime{946684800, 0});
  ASSERT_TRUE(client.send(subscribe(1, 1, 20)));
  for (int i = 0; i < 10; ++i) {
    const Bytes event = client.until(Command::event_add);
    ASSERT_FALSE(event.empty());
    if (get16(event.data() + 18) != 3 || get32(event.data() + 20) == 0) continue;  // severity, time
    EXPECT_EQ(get16(event.data() + 16), alarm_status::timeout);
    EXPECT_EQ(get32(event.data() + 20), 315532800u);
    EXPECT_EQ(number_in(event, 20), 4.0);
    return;
  }
  FAIL() << "it never became INVALID";
}

TEST(CaServer, a_name_that_somebody_serves_already_is_refused) {
  Server first(private_settings());
  first.database().add({.name = "SIM:X", .value = 0.0});
  first.start();
  ServerSettings settings = private_settings();
  settings.search_first = {{0x7F000001, first.udp_port()}};
  settings.search_for = 3000ms;  // ends with the first answer
  Server second(settings);
  second.database().add({.name = "SIM:Y", .value = 0.0});
  second.database().add({.name = "SIM:X", .value = 0.0});
  try {
    second.start();
    FAIL() << "it serves a name that is taken";
  } catch (const SetupError& error) {
    EXPECT_NE(std::string(error.what()).find("SIM:X (by 127.0.0.1:"), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find("SIM:Y"), std::string::npos) << error.what();
  }
  settings.search_for = 100ms;
  Server third(settings);
  third.database().add({.name = "SIM:Y", .value = 0.0});
  EXPECT_NO_THROW(third.start());
}

TEST(CaServer, a_second_server_on_the_same_loopback_port_is_refused) {
  const Server first(private_settings());
  ServerSettings settings;
  settings.port = first.udp_port();
  EXPECT_THROW(Server second(settings), SetupError);
}

TEST(CaServer, beacons_announce_the_server) {
  const Descriptor repeater = bind_udp({0x7F000001, 0}, false);
  ServerSettings settings = private_settings();
  settings.beacons_to = {{0x7F000001, bound_port(repeater)}};
  Server server(settings);
  server.start();
  for (std::uint32_t expected = 0; expected < 3; ++expected) {
    pollfd ready{repeater.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 20000), 1);
    Bytes room(100);
    Address from;
    const auto size = receive_datagram(repeater, room, from);
    ASSERT_EQ(size, 16u);
    EXPECT_EQ(get16(room.data()), 13);
    EXPECT_EQ(get16(room.data() + 6), server.tcp_port());
    EXPECT_EQ(get32(room.data() + 8), expected);
  }
}

TEST(CaServer, too_many_clients_are_turned_away_and_the_others_stay) {
  ServerSettings settings = private_settings();
  settings.most_clients = 2;
  Server server(settings);
  server.database().add({.name = "SIM:X", .value = 0.0});
  server.start();
  RawSocket a(SOCK_STREAM, server.tcp_port()), b(SOCK_STREAM, server.tcp_port());
  ASSERT_FALSE(a.until(Command::version).empty());
  ASSERT_FALSE(b.until(Command::version).empty());
  RawSocket c(SOCK_STREAM, server.tcp_port());
  EXPECT_TRUE(c.until(Command::version).empty());
  ASSERT_TRUE(a.send(create_channel(1, "SIM:X")));
  EXPECT_FALSE(a.until(Command::create_channel).empty());
}

TEST(CaServer, garbage_on_every_socket_leaves_it_serving) {
  Server server(private_settings());
  server.database().add({.name = "SIM:X", .value = 7.0});
  server.start();
  std::mt19937 random(1);
  const RawSocket udp(SOCK_DGRAM, server.udp_port());
  for (int i = 0; i < 200; ++i) {
    Bytes garbage(random() % 1000);
    for (std::byte& byte : garbage) byte = static_cast<std::byte>(random() % (i % 2 == 0 ? 256 : 28));
    udp.send(garbage);
    const RawSocket tcp(SOCK_STREAM, server.tcp_port());
    tcp.send(garbage);
  }
  RawSocket client(SOCK_STREAM, server.tcp_port());
  ASSERT_TRUE(client.send(create_channel(1, "SIM:X")));
  ASSERT_TRUE(client.send(subscribe(1, 1, 6)));
  EXPECT_EQ(number_in(client.until(Command::event_add)), 7.0);
}

TEST(CaServer, clients_that_left_while_it_was_busy_take_no_place) {
  ServerSettings settings = private_settings();
  settings.most_clients = 4;
  Server server(settings);
  server.database().add({.name = "SIM:X", .value = 7.0});
  server.start();
  std::promise<void> release;
  server.send([busy = release.get_future().share()](Database&) { busy.wait(); });
  for (int i = 0; i < 40; ++i) {
    const RawSocket comes_and_goes(SOCK_STREAM, server.tcp_port());
    comes_and_goes.send(create_channel(1, "SIM:X"));
  }
  RawSocket stays(SOCK_STREAM, server.tcp_port());
  release.set_value();
  ASSERT_TRUE(stays.send(create_channel(1, "SIM:X")));
  ASSERT_TRUE(stays.send(subscribe(1, 1, 6)));
  EXPECT_EQ(number_in(stays.until(Command::event_add)), 7.0);
  EXPECT_EQ(server.counts().refused, 0u);
}

TEST(CaServer, ticks_and_messages_run_on_one_thread) {
  Server server(private_settings());
  std::atomic<int> ticks = 0;
  std::thread::id ticker;
  server.every(1ms, [&](Server::Clock::time_point) {
    ticker = std::this_thread::get_id();
    ++ticks;
  });
  server.start();
  while (ticks < 3) std::this_thread::sleep_for(1ms);
  std::thread::id caller;
  server.call([&](Database&) {
    caller = std::this_thread::get_id();
    EXPECT_EQ(caller, ticker);
  });
  EXPECT_NE(caller, std::this_thread::get_id());
}

TEST(CaServer, an_address_that_is_none_is_a_wrong_call) {
  ServerSettings settings;
  settings.address = "localhost";
  EXPECT_THROW(Server server(settings), CallError);
}

}  // namespace
}  // namespace jt::ca
