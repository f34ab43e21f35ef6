// Stream and command port over real sockets on loopback: gaps are seen, garbage and floods do no harm, keys
// are asked.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "api/command_port.hpp"
#include "api/stream_socket.hpp"
#include "core/errors.hpp"
#include "support/support.hpp"

namespace jt::api {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 20s;

ShotMessage shot(std::uint64_t seq) {
  ShotMessage message;
  message.seq = seq;
  message.hutch = "xcs";
  message.experiment = "xcsx47519";
  return message;
}

// A subscriber is there only some time after it connects: send until it hears.
void introduce(ShotPublisher& publisher, ShotSubscriber& subscriber) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    publisher.send(to_text(shot(0)));
    if (subscriber.receive(20ms)) {
      while (subscriber.receive(200ms)) {
      }
      return;
    }
  }
  FAIL() << "the subscriber hears nothing";
}

// Bytes as anybody on the machine could write them to a port.
void send_raw(int port, const std::string& bytes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0)
    static_cast<void>(send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  close(socket);
}

std::string noise(unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(1 + random() % 2000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  if (seed % 3 == 0)
    bytes.insert(0, std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL", 16));  // a ZMTP greeting
  return bytes;
}

TEST(ShotStream, shots_arrive_in_order_and_gaps_are_counted) {
  ShotPublisher publisher({"127.0.0.1", 0});
  ShotSubscriber subscriber({"127.0.0.1", publisher.port()});
  introduce(publisher, subscriber);
  for (const std::uint64_t seq : {1, 2, 3, 7, 8}) publisher.send(to_text(shot(seq)));
  for (const std::uint64_t seq : {1, 2, 3, 7, 8}) {
    const auto got = subscriber.receive(patience);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->seq, seq);
  }
  EXPECT_EQ(subscriber.missed(), 3u);
  publisher.send(to_text(shot(0)));  // started again
  ASSERT_TRUE(subscriber.receive(patience));
  EXPECT_EQ(subscriber.missed(), 3u);
}

TEST(ShotStream, what_is_no_shot_is_counted_and_passed_over) {
  ShotPublisher publisher({"127.0.0.1", 0});
  ShotSubscriber subscriber({"127.0.0.1", publisher.port()});
  introduce(publisher, subscriber);
  for (unsigned seed = 0; seed < 50; ++seed) publisher.send(noise(seed));
  publisher.send(to_text(shot(1)));
  const auto got = subscriber.receive(patience);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->seq, 1u);
  EXPECT_EQ(subscriber.malformed(), 50u);
}

TEST(ShotStream, a_subscriber_that_sleeps_does_not_hold_up_the_publisher) {
  ShotPublisher publisher({"127.0.0.1", 0});
  ShotSubscriber sleeper({"127.0.0.1", publisher.port()}), reader({"127.0.0.1", publisher.port()});
  introduce(publisher, sleeper);
  introduce(publisher, reader);
  std::uint64_t seq = 0, heard = 0;
  while (seq < 150'000) {  // far more than its queues and the kernel's hold
    for (int i = 0; i < 100; ++i) publisher.send(to_text(shot(++seq)));
    for (int i = 0; i < 100; ++i) heard += reader.receive(patience).has_value();
  }
  EXPECT_EQ(heard, seq);
  EXPECT_EQ(reader.missed(), 0u);
  std::uint64_t newest = 0;
  while (newest != seq) {  // until it has caught up, however long it takes
    publisher.send(to_text(shot(++seq)));
    while (const auto late = sleeper.receive(100ms)) newest = late->seq;
  }
  EXPECT_GT(sleeper.missed(), 0u);
}

TEST(CommandPort, answers_with_what_the_handler_says_and_tells_it_who_asks) {
  Command heard;
  CommandServer server({"127.0.0.1", 0}, Receiver::live, {}, [&](const Command& command) {
    heard = command;
    return Reply{true, "window 4", R"({"a":1})"};
  });
  const auto reply = ask({"127.0.0.1", server.port()}, {}, {"peak-bin", 13, "opr", "console", ""}, patience);
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->ok);
  EXPECT_EQ(reply->words, "window 4");
  EXPECT_EQ(heard.value, 13);
  EXPECT_EQ(heard.user, "opr");
  EXPECT_EQ(heard.peer, "127.0.0.1");
}

TEST(CommandPort, a_wrong_command_never_reaches_the_handler) {
  std::atomic<int> calls = 0;
  CommandServer server({"127.0.0.1", 0}, Receiver::live, {}, [&](const Command&) {
    ++calls;
    return Reply{true, "", ""};
  });
  const auto reply = ask({"127.0.0.1", server.port()}, {}, {"jog", 1, "opr", "console", ""}, patience);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->ok);
  EXPECT_THAT(reply->words, testing::HasSubstr("'jog' is no command of jt live"));
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(server.counts().refused, 1u);
}

TEST(CommandPort, goes_on_after_garbage_on_its_socket_and_under_a_flood) {
  std::atomic<int> calls = 0;
  CommandServer server({"127.0.0.1", 0}, Receiver::live, {}, [&](const Command&) {
    ++calls;
    return Reply{true, "", ""};
  });
  for (unsigned seed = 0; seed < 100; ++seed) send_raw(server.port(), noise(seed));
  std::vector<std::thread> flood;
  for (int client = 0; client < 4; ++client)
    flood.emplace_back([&] {
      for (int i = 0; i < 40; ++i)
        ask({"127.0.0.1", server.port()}, {}, {"status", {}, "opr", "console", ""}, patience);
    });
  for (std::thread& thread : flood) thread.join();
  EXPECT_EQ(calls, 160);
}

TEST(CommandPort, nobody_there_is_no_answer) {
  int port = 0;
  {
    const ShotPublisher taken({"127.0.0.1", 0});
    port = taken.port();
  }
  EXPECT_FALSE(ask({"127.0.0.1", port}, {}, {"status", {}, "opr", "console", ""}, 200ms));
}

TEST(CommandPort, other_hosts_need_keys) {
  const auto handler = [](const Command&) { return Reply{}; };
  EXPECT_THROW(CommandServer({"0.0.0.0", 0}, Receiver::live, {}, handler), SetupError);
  EXPECT_THROW(ask({"192.0.2.1", 5000}, {}, {"status", {}, "opr", "console", ""}, 10ms), SetupError);
}

TEST(CommandPort, with_keys_only_known_clients_are_answered) {
  const test::TempDir folder, stranger;
  write_new_keys(folder.path());
  write_new_keys(stranger.path());
  EXPECT_THROW(write_new_keys(folder.path()), SetupError);  // never over keys that are in use
  std::atomic<int> calls = 0;
  CommandServer server({"127.0.0.1", 0}, Receiver::live, read_server_keys(folder.path()),
                       [&](const Command&) {
                         ++calls;
                         return Reply{true, "", ""};
                       });
  const Endpoint there{"127.0.0.1", server.port()};
  const Command status{"status", {}, "opr", "console", ""};
  ClientKeys known = read_client_keys(folder.path());
  EXPECT_TRUE(ask(there, known, status, patience));
  ClientKeys unknown = known;
  unknown.own = read_client_keys(stranger.path()).own;
  EXPECT_FALSE(ask(there, unknown, status, 500ms));
  EXPECT_FALSE(ask(there, {}, status, 500ms));
  EXPECT_EQ(calls, 1);
}

TEST(CurveKeys, a_secret_that_others_can_read_is_refused) {
  const test::TempDir folder;
  write_new_keys(folder.path());
  std::filesystem::permissions(folder.path() / "server.key", std::filesystem::perms(0644));
  EXPECT_THROW(read_server_keys(folder.path()), SetupError);
}

TEST(Ports, one_that_is_taken_is_a_sentence) {
  const ShotPublisher first({"127.0.0.1", 0});
  try {
    const ShotPublisher second({"127.0.0.1", first.port()});
    FAIL();
  } catch (const SetupError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("Is another jt running"));
  }
}

}  // namespace
}  // namespace jt::api
