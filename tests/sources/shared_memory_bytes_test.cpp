// Our server before a client, and our client before a server, that are written out byte by byte from the
// protocol's description (raw_monitor.hpp); and what hostile ones can do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "formats/xtc/decoder.hpp"
#include "monitor_bench.hpp"
#include "raw_monitor.hpp"

namespace jt::test {
namespace {

using sources::HeldEvent;
using sources::LiveState;
using sources::LiveTrouble;
using sources::ServerCount;
using sources::SharedMemoryServer;
using sources::SharedMemorySource;
using Sent = SharedMemoryServer::Sent;
using ::testing::HasSubstr;

// ---- our server, their client

constexpr std::uint32_t page = 4096;

std::uint64_t memory_size(const std::string& tag) {
  struct stat status {};
  stat(("/dev/shm/PdsMonitorSharedMemory_" + tag).c_str(), &status);
  return static_cast<std::uint64_t>(status.st_size);
}

TEST(ServerBytes, memory_and_queues_are_as_the_protocol_has_them) {
  const std::string tag = fresh_tag();
  const mode_t before = umask(0077);  // whatever the user's umask is, other users' clients can write
  const SharedMemoryServer server({.tag = tag, .buffer_size = 5000, .event_buffers = 8, .client_slots = 2});
  umask(before);
  EXPECT_EQ(memory_size(tag), (8 + 18) * 2 * page);  // 5000 bytes are two pages
  struct stat status {};
  stat(("/dev/shm/PdsMonitorSharedMemory_" + tag).c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0666u);
  const std::string events = "/PdsToMonitorEvQueue_" + tag;
  for (const auto& [name, depth, waiting] : {std::tuple{events + "_0", 4, 0},
                                             {events + "_1", 4, 0},
                                             {events + "_2", 8, 0},
                                             {"/PdsFromMonitorDiscovery_" + tag, 2, 1}}) {
    const QueueFacts facts = facts_of(name);
    EXPECT_EQ(facts.depth, depth) << name;
    EXPECT_EQ(facts.message_size, 16) << name;
    EXPECT_EQ(facts.waiting, waiting) << name;
    EXPECT_EQ(facts.mode, 0666u) << name;
  }
  EXPECT_FALSE(queue_exists(events + "_3"));
  EXPECT_GE(server.status().port, 32768);
}

// Attends until the client has heard something.
Sixteen hear(SharedMemoryServer& server, const RawClient& client) {
  Sixteen message{};
  EXPECT_TRUE(attend_until(server, [&] { return client.hear(message); }));
  return message;
}

class ByHand : public ::testing::Test {
 protected:
  void start(bool distributed, unsigned slots = 2) {
    server_.emplace(sources::SharedMemoryServerOptions{.tag = tag_,
                                                       .buffer_size = page,
                                                       .event_buffers = 4,
                                                       .client_slots = slots,
                                                       .distributed = distributed});
  }
  [[nodiscard]] std::string queue(int i) const {
    return "/PdsToMonitorEvQueue_" + tag_ + "_" + std::to_string(i);
  }
  // Connects and answers all transitions.
  void join(RawClient& client, unsigned transitions) {
    client.connect_to(server_->status().port);
    hear(*server_, client);
    for (unsigned i = 0; i < transitions; ++i) client.say(hear(*server_, client));
  }
  [[nodiscard]] Transition kind_in_buffer(std::int32_t buffer) const {
    const int file = shm_open(("/PdsMonitorSharedMemory_" + tag_).c_str(), O_RDONLY, 0);
    unsigned char control = 0;
    EXPECT_EQ(pread(file, &control, 1, static_cast<off_t>(buffer) * page + 11), 1);  // byte 3 of stamp-low
    close(file);
    return static_cast<Transition>(control & 0xf);
  }
  std::string tag_ = fresh_tag();
  std::optional<SharedMemoryServer> server_;
};

TEST_F(ByHand, a_client_finds_the_port_is_greeted_and_hears_the_transitions_in_order) {
  start(true);
  serve_begin(*server_);
  RawClient client(tag_);
  const int port = client.port();
  EXPECT_EQ(port, server_->status().port);
  EXPECT_EQ(client.port(), 0);  // the one message was taken
  client.connect_to(port);
  // slot 0; 4 + 18 buffers, 2 slots, distributed: back by queue 2; pages of 4096.
  EXPECT_EQ(hear(*server_, client), sixteen(0, 22, 2, 2, page));
  EXPECT_EQ(client.port(), port);  // offered again after the connection
  std::vector<Transition> kinds;
  for (int i = 0; i < 5; ++i) {
    const Sixteen message = hear(*server_, client);
    EXPECT_GE(index_of(message), 4);
    EXPECT_LT(index_of(message), 22);
    EXPECT_EQ(message, sixteen(index_of(message), 22, 2, 2, page));
    kinds.push_back(kind_in_buffer(index_of(message)));
    EXPECT_EQ(server_->status().ready, 0u);
    client.say(message);
  }
  EXPECT_THAT(kinds, ::testing::ElementsAre(Transition::map, Transition::configure, Transition::begin_run,
                                            Transition::begin_calib_cycle, Transition::enable));
  EXPECT_TRUE(wait_for_ready(*server_, 1));
  ASSERT_EQ(server_->send(live_shot(9)), Sent::sent);
  const mqd_t in = raw_open(queue(0), O_RDONLY), back = raw_open(queue(2), O_WRONLY);
  Sixteen shot{};
  ASSERT_TRUE(raw_receive(in, shot));
  EXPECT_EQ(shot, sixteen(0, 22, 2, 2, page));
  EXPECT_EQ(kind_in_buffer(0), Transition::l1_accept);
  EXPECT_EQ(server_->status().buffers_out, 1u);
  raw_send(back, shot);
  EXPECT_TRUE(attend_until(*server_, [&] { return server_->status().buffers_out == 0; }));
  mq_close(in);
  mq_close(back);
}

TEST_F(ByHand, in_serial_mode_the_return_queue_is_0_and_a_shot_may_come_back_by_an_empty_slot) {
  start(false);
  serve_begin(*server_);
  RawClient client(tag_);
  client.connect_to(server_->status().port);
  EXPECT_EQ(hear(*server_, client), sixteen(0, 22, 2, 0, page));
  for (int i = 0; i < 5; ++i) client.say(hear(*server_, client));
  ASSERT_TRUE(wait_for_ready(*server_, 1));
  ASSERT_EQ(server_->send(live_shot(0)), Sent::sent);
  const mqd_t in = raw_open(queue(0), O_RDONLY), next = raw_open(queue(1), O_WRONLY);
  Sixteen shot{};
  ASSERT_TRUE(raw_receive(in, shot));
  raw_send(next, shot);  // nobody is there
  EXPECT_TRUE(attend_until(*server_, [&] { return server_->status().buffers_out == 0; }));
  mq_close(in);
  mq_close(next);
}

TEST_F(ByHand, a_third_client_of_two_is_hung_up_on) {
  start(false);
  RawClient a(tag_), b(tag_), c(tag_);
  for (RawClient* client : {&a, &b, &c}) client->connect_to(server_->status().port);
  EXPECT_EQ(index_of(hear(*server_, a)), 0);
  EXPECT_EQ(index_of(hear(*server_, b)), 1);
  EXPECT_TRUE(attend_until(*server_, [&] { return c.hung_up_on(); }));
  EXPECT_EQ(server_->status().counts[ServerCount::clients_refused], 1u);
}

TEST_F(ByHand,
       a_client_that_still_holds_an_enable_gets_nothing_until_it_has_answered_and_then_everything_again) {
  start(false, 1);
  serve_begin(*server_);
  RawClient client(tag_);
  client.connect_to(server_->status().port);
  hear(*server_, client);
  for (int i = 0; i < 4; ++i) client.say(hear(*server_, client));
  const Sixteen enable = hear(*server_, client);
  ASSERT_EQ(kind_in_buffer(index_of(enable)), Transition::enable);
  server_->send(transition(Transition::disable));
  const Sixteen disable = hear(*server_, client);
  client.say(disable);
  server_->send(transition(Transition::enable));  // the next thing begins
  server_->attend(0ms);
  EXPECT_EQ(server_->status().behind, 1u);
  EXPECT_EQ(server_->send(live_shot(0)), Sent::dropped);
  Sixteen nothing{};
  EXPECT_FALSE(client.hear(nothing));
  client.say(enable);
  std::vector<Transition> again;
  for (int i = 0; i < 5; ++i) {
    const Sixteen message = hear(*server_, client);
    again.push_back(kind_in_buffer(index_of(message)));
    client.say(message);
  }
  EXPECT_EQ(again.front(), Transition::map);
  EXPECT_EQ(again.back(), Transition::enable);
  EXPECT_TRUE(wait_for_ready(*server_, 1));
  EXPECT_EQ(server_->send(live_shot(0)), Sent::sent);
}

TEST_F(ByHand, a_client_that_never_answers_is_let_go_before_the_transitions_run_out_of_buffers) {
  start(false, 2);
  RawClient silent(tag_), good(tag_);
  silent.connect_to(server_->status().port);
  hear(*server_, silent);
  good.connect_to(server_->status().port);
  hear(*server_, good);
  for (int cycle = 0; cycle < 40; ++cycle) {  // no Enable, so it is never behind
    for (const auto kind : {Transition::configure, Transition::unconfigure}) {
      ASSERT_EQ(server_->send(transition(kind)), Sent::sent);
      Sixteen message{};
      while (good.hear(message)) good.say(message);
    }
  }
  EXPECT_EQ(server_->status().counts[ServerCount::clients_let_go], 1u);
  EXPECT_TRUE(attend_until(*server_, [&] { return server_->status().clients == 1; }));
  EXPECT_FALSE(good.hung_up_on());
}

TEST_F(ByHand, garbage_of_clients_is_counted_and_disturbs_nobody) {
  start(true);
  serve_begin(*server_);
  RawClient bad(tag_);
  join(bad, 5);
  ASSERT_TRUE(wait_for_ready(*server_, 1));
  ASSERT_EQ(server_->send(live_shot(0)), Sent::sent);
  const auto bad_messages = [&] { return server_->status().counts[ServerCount::bad_messages]; };
  // The return of buffers that are none, are free, or come back twice; no message at all.
  const mqd_t back = raw_open(queue(2), O_WRONLY);
  for (const std::int32_t index : {-1, 4, 21, 1 << 30, 1, 2, 3}) {
    raw_send(back, sixteen(index, 22, 2, 2, page));
    server_->attend(0ms);
  }
  mq_send(back, "short", 5, 0);
  EXPECT_TRUE(attend_until(*server_, [&] { return bad_messages() == 8; }));
  EXPECT_EQ(server_->status().buffers_out, 1u);
  raw_send(back, sixteen(0, 22, 2, 2, page));
  raw_send(back, sixteen(0, 22, 2, 2, page));
  EXPECT_TRUE(
      attend_until(*server_, [&] { return bad_messages() == 9 && server_->status().buffers_out == 0; }));
  // Answers to what was not asked.
  for (const std::int32_t index : {0, 3, 4, 21, 22, -5}) bad.say(sixteen(index, 22, 2, 2, page));
  bad.say_bytes("GET / HTTP/1.0\r\n", 16);
  EXPECT_TRUE(attend_until(*server_, [&] { return bad_messages() == 16; }));
  // Somebody connects, says half a message and goes; a client in its place is served.
  RawClient half(tag_);
  half.connect_to(server_->status().port);
  ASSERT_TRUE(attend_until(*server_, [&] { return server_->status().clients == 2; }));
  half.say_bytes("half", 4);
  half.hang_up();
  ASSERT_TRUE(attend_until(*server_, [&] { return server_->status().clients == 1; }));
  SharedMemorySource good({.tag = tag_});
  ASSERT_TRUE(attend_until(*server_, [&] {
    good.next(0ms);
    return server_->status().ready == 2;
  }));
  mq_close(back);
}

TEST_F(ByHand, garbage_in_the_queue_of_ports_is_passed_over_by_the_client) {
  start(false);
  const mqd_t discovery = raw_open("/PdsFromMonitorDiscovery_" + tag_, O_WRONLY);
  RawClient(tag_).port();  // takes the right one away
  mq_send(discovery, "no port", 7, 0);
  raw_send(discovery, sixteen(70000, 0, 0, 0, 0));
  SharedMemorySource client({.tag = tag_});
  ASSERT_TRUE(attend_until(*server_, [&] {
    client.next(0ms);
    return client.status().sessions == 1;
  }));
  EXPECT_EQ(client.status().troubles[LiveTrouble::bad_message], 2u);
  mq_close(discovery);
}

// ---- our client, their server

// Steps the client while `serve` does the server's part.
class ClientBytes : public ::testing::Test {
 protected:
  void connect(unsigned slots = 1, int slot = 0, bool distributed = false) {
    server_.emplace(tag_, 4u, slots, page, distributed);
    client_.emplace(sources::SharedMemoryOptions{.tag = tag_});
    std::thread stepping([&] {
      until([&] {
        client_->next(5ms);
        return client_->status().sessions == 1;
      });
    });
    server_->take_client(slot);
    stepping.join();
  }
  // Gives a transition and takes it; checks that the very same 16 bytes come back.
  void pass(unsigned number, Transition kind) {
    server_->tell(number, transition(kind));
    const auto event = client_->next(long_enough);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->raw().service, kind);
    EXPECT_EQ(ByteVector(event->raw().main.bytes.begin(), event->raw().main.bytes.end()), transition(kind));
    EXPECT_EQ(server_->answer(), server_->message(static_cast<std::int32_t>(4 + number)));
  }
  void enable() {
    pass(0, Transition::map);
    pass(1, Transition::configure);
    pass(2, Transition::begin_run);
    pass(17, Transition::begin_calib_cycle);
    pass(3, Transition::enable);
  }
  void give_shot(unsigned buffer, std::uint32_t number, unsigned slot = 0) {
    server_->put(buffer, live_shot(number));
    server_->give(static_cast<std::int32_t>(buffer), slot);
  }
  [[nodiscard]] std::uint64_t trouble(LiveTrouble what) const { return client_->status().troubles[what]; }
  // Nothing is given out, and `count` of this trouble are counted.
  void expect_only(LiveTrouble what, std::uint64_t count) {
    EXPECT_TRUE(until([&] {
      EXPECT_FALSE(client_->next(1ms));
      return trouble(what) >= count;
    }));
    EXPECT_EQ(trouble(what), count);
    EXPECT_EQ(client_->status().troubles.total(), count);
  }

  std::string tag_ = fresh_tag();
  std::uint64_t bad_ = 0;
  std::optional<RawServer> server_;
  std::optional<SharedMemorySource> client_;
};

TEST_F(ClientBytes, transitions_are_answered_with_the_same_bytes_and_shots_come_only_while_enabled) {
  connect();
  EXPECT_EQ(client_->status().layout->buffers(), 22u);
  enable();
  EXPECT_EQ(client_->status().state, LiveState::running);
  give_shot(2, 77);
  auto shot = client_->next(long_enough);
  ASSERT_TRUE(shot);
  EXPECT_EQ(ByteVector(shot->raw().main.bytes.begin(), shot->raw().main.bytes.end()), live_shot(77));
  EXPECT_EQ(server_->passed_on(1), -1);
  EXPECT_TRUE(shot->give_back());
  EXPECT_EQ(server_->passed_on(1), 2);
  // A transition overtakes the shots that wait, and these are passed on unread.
  give_shot(0, 78);
  server_->tell(4, transition(Transition::disable));
  EXPECT_EQ(client_->next(long_enough)->raw().service, Transition::disable);
  expect_only(LiveTrouble::not_enabled, 1);
  EXPECT_EQ(server_->passed_on(1), 0);
}

TEST_F(ClientBytes, a_serial_client_passes_on_to_the_next_queue_and_past_it_when_that_is_full) {
  connect(2, 0);  // depth of the clients' queues: 4 / 2
  enable();
  for (const unsigned buffer : {0u, 1u, 2u}) {
    give_shot(buffer, buffer);
    client_->next(long_enough);  // and given back at once
  }
  EXPECT_EQ(server_->passed_on(1), 0);
  EXPECT_EQ(server_->passed_on(1), 1);
  EXPECT_EQ(server_->passed_on(1), -1);
  EXPECT_EQ(server_->passed_on(2), 2);  // the server's own
}

TEST_F(ClientBytes, the_last_client_of_a_chain_and_a_distributed_one_pass_on_to_the_server) {
  connect(2, 1);
  enable();
  give_shot(3, 0, 1);
  client_->next(long_enough);
  EXPECT_EQ(server_->passed_on(2), 3);
}

TEST_F(ClientBytes, a_distributed_client_passes_on_to_the_server_alone) {
  connect(2, 0, true);
  enable();
  give_shot(3, 0);
  client_->next(long_enough);
  EXPECT_EQ(server_->passed_on(1), -1);
  EXPECT_EQ(server_->passed_on(2), 3);
}

TEST_F(ClientBytes, a_buffer_that_finds_all_queues_full_is_given_back_later) {
  connect();
  enable();
  give_shot(0, 0);
  auto shot = client_->next(long_enough);
  for (int i = 0; i < 4; ++i) server_->give(9, 1);  // somebody fills the return queue
  shot->give_back();
  EXPECT_EQ(trouble(LiveTrouble::nowhere_to_return), 1u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(server_->passed_on(1), 9);
  std::int32_t returned = -1;
  EXPECT_TRUE(until([&] {
    client_->next(1ms);
    return (returned = server_->passed_on(1)) != -1;
  }));
  EXPECT_EQ(returned, 0);
}

TEST_F(ClientBytes, shots_before_any_configure_are_passed_on_and_named) {
  connect();
  pass(0, Transition::map);
  pass(3, Transition::enable);
  give_shot(1, 0);
  expect_only(LiveTrouble::no_configure, 1);
  EXPECT_EQ(server_->passed_on(1), 1);
  EXPECT_EQ(client_->status().state, LiveState::not_configured);
}

TEST_F(ClientBytes, garbage_in_the_queue_is_counted_and_the_next_shot_is_read) {
  connect();
  enable();
  for (const std::int32_t index : {-1, 4, 22, 1 << 30}) {
    server_->give(index);
    expect_only(LiveTrouble::bad_message, ++bad_);
  }
  server_->give_bytes("no message");
  server_->give_bytes("");
  expect_only(LiveTrouble::bad_message, 6);
  give_shot(0, 5);
  const auto shot = client_->next(long_enough);
  ASSERT_TRUE(shot);
  EXPECT_EQ(number_of(shot->raw().main.bytes), 5u);
  server_->give(0);  // we hold it already
  EXPECT_FALSE(client_->next(20ms));
  EXPECT_EQ(trouble(LiveTrouble::bad_message), 7u);
}

TEST_F(ClientBytes, garbage_in_a_buffer_is_counted_by_cause_and_the_buffer_goes_back) {
  connect();
  enable();
  server_->put(0, ByteVector(page, std::byte{0xff}));
  server_->give(0);
  expect_only(LiveTrouble::bad_header, 1);
  EXPECT_EQ(server_->passed_on(1), 0);
  // Larger than its buffer, by 4 bytes and by nearly 4 GiB.
  for (const std::uint32_t extent : {page - 20 + 4, 0xfffffffcu}) {
    ByteVector large = live_shot(0);
    std::memcpy(large.data() + 36, &extent, 4);
    server_->put(1, large);
    server_->give(1);
    ASSERT_FALSE(client_->next(50ms));
    EXPECT_TRUE(until([&] { return server_->passed_on(1) == 1 || client_->next(1ms).has_value(); }));
  }
  EXPECT_EQ(trouble(LiveTrouble::too_large), 2u);
  // A transition where a shot is expected.
  server_->put(2, transition(Transition::configure));
  server_->give(2);
  ASSERT_FALSE(client_->next(50ms));
  EXPECT_TRUE(until([&] { return !client_->next(1ms) && trouble(LiveTrouble::wrong_kind) == 1; }));
  EXPECT_EQ(client_->status().state, LiveState::running);
  give_shot(3, 5);
  EXPECT_TRUE(client_->next(long_enough));
}

TEST_F(ClientBytes, garbage_among_the_transitions_is_counted_and_still_answered) {
  connect();
  pass(0, Transition::map);
  for (const std::int32_t index : {0, 3, 22, -1}) {
    server_->say(server_->message(index));
    expect_only(LiveTrouble::bad_message, ++bad_);
    EXPECT_EQ(server_->answer(), server_->message(index));
  }
  server_->tell(1, ByteVector(page, std::byte{0xee}));
  EXPECT_TRUE(until([&] { return !client_->next(1ms) && trouble(LiveTrouble::bad_header) == 1; }));
  EXPECT_EQ(server_->answer(), server_->message(5));
  server_->tell(1, live_shot(0));
  EXPECT_TRUE(until([&] { return !client_->next(1ms) && trouble(LiveTrouble::wrong_kind) == 1; }));
  EXPECT_EQ(server_->answer(), server_->message(5));
  pass(1, Transition::configure);
}

TEST_F(ClientBytes, a_header_that_changes_while_it_is_held_voids_the_shot) {
  connect();
  enable();
  give_shot(0, 5);
  auto shot = client_->next(long_enough);
  ASSERT_TRUE(shot);
  const std::size_t size = shot->raw().main.bytes.size();
  const std::uint32_t extent = 0xfffffff0;
  std::memcpy(server_->memory(0) + 36, &extent, 4);
  EXPECT_EQ(shot->raw().main.bytes.size(), size);  // what was checked is what is read
  EXPECT_EQ(shot->header().size(), size);
  EXPECT_FALSE(shot->give_back());
  EXPECT_EQ(trouble(LiveTrouble::changed_while_read), 1u);
  EXPECT_EQ(server_->passed_on(1), 0);
}

// The decoder reads a datagram whose every word is written to meanwhile, and which ends where the memory
// does: one byte too far, and the test is killed.
TEST_F(ClientBytes, decoding_a_buffer_that_is_written_to_never_leaves_it) {
  const std::size_t size = 16 * page;
  const int file = memfd_create("buffer", 0);
  ASSERT_EQ(ftruncate(file, static_cast<off_t>(size)), 0);
  auto* reader = static_cast<std::byte*>(mmap(nullptr, size + page, PROT_READ, MAP_SHARED, file, 0));
  auto* writer = static_cast<std::byte*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  ASSERT_EQ(mprotect(reader + size, page, PROT_NONE), 0);
  const auto whole = static_cast<std::uint32_t>(size - 40 - 20 - 20);
  const ByteVector shot = live_shot(1, whole);
  ASSERT_EQ(shot.size(), size - 20);
  const std::size_t at = 20;  // so that it ends with the memory
  std::memcpy(writer + at, shot.data(), shot.size());
  std::atomic<bool> done{false};
  std::thread writing([&] {
    // Frame: width and height at 80 and 84; extents at 36 and 56; damage, type.
    std::uint32_t state = 1;
    while (!done) {
      state = state * 1664525 + 1013904223;
      const std::uint32_t values[] = {0xfffffffc, 20,  0,  state, static_cast<std::uint32_t>(size - 40),
                                      whole + 20, 128, 200};
      const std::size_t places[] = {36, 40, 52, 56, 60, 64, 68, 72};
      std::memcpy(writer + at + places[state >> 8 & 7], &values[state >> 16 & 7], 4);
    }
  });
  formats::xtc::Decoder decoder;
  formats::Event event;
  std::uint64_t sum = 0, looked = 0;
  // Until it was decoded often, however late the other thread gets its turn.
  const bool often = until([&] {
    const auto seen = sources::monitor::look_into(std::span(reader + at, size - at));
    if (seen.bad) {
      std::this_thread::yield();
      return false;
    }
    ++looked;
    decoder.decode(seen.bytes, event);
    for (const auto& frame : event.frames)
      for (const auto& panel : frame.panels()) {
        const std::size_t pixels = frame.shape.rows * frame.shape.cols;
        if (pixels == 0) continue;
        const std::size_t last = pixels * (frame.type == PixelType::u8 ? 1 : 2) - 1;
        sum += std::to_integer<unsigned>(panel.pixels[0]) + std::to_integer<unsigned>(panel.pixels[last]);
      }
    return looked >= 20000;
  });
  done = true;
  writing.join();
  EXPECT_TRUE(often);
  munmap(reader, size + page);
  munmap(writer, size);
  close(file);
  (void)sum;
}

TEST_F(ClientBytes, a_greeting_that_promises_what_is_not_there_is_refused_and_asked_for_again) {
  server_.emplace(tag_, 4u, 1u, page);
  client_.emplace(sources::SharedMemoryOptions{.tag = tag_});
  std::atomic<bool> done{false};
  std::thread stepping([&] {
    while (!done) client_->next(5ms);
  });
  const Sixteen wrong[] = {
      sixteen(0, 255, 1, 0, page),       // more buffers than there is memory
      sixteen(0, 22, 1, 0, 0x0fffffff),  // larger ones
      sixteen(1, 22, 1, 0, page),        // a slot that is none
      sixteen(0, 22, 9, 9, page),        // queues that are not there
      sixteen(0, 0, 0, 0, 0),
  };
  for (const Sixteen& greeting : wrong) {
    server_->take_client_with(greeting);
    server_->offer_port();
  }
  server_->refuse_client();
  server_->offer_port();
  server_->take_client();
  EXPECT_TRUE(until([&] { return client_->status().sessions == 1; }));
  done = true;
  stepping.join();
  EXPECT_EQ(client_->status().troubles[LiveTrouble::bad_greeting], 5u);
}

}  // namespace
}  // namespace jt::test
