// The DAQ's shared-memory protocol between real processes: our server, our clients as children.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <thread>

#include "core/errors.hpp"
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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t buffer_size = 8192;

std::vector<int> first_numbers(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

bool readable(const Child& child) {
  pollfd look{child.pipe_end(), POLLIN, 0};
  return poll(&look, 1, 0) > 0 && (look.revents & (POLLIN | POLLHUP)) != 0;
}

// The next line of a child, while its server is looked after.
std::string next_line(SharedMemoryServer& server, Child& child) {
  if (!attend_until(server, [&] { return readable(child); })) return "nothing came";
  return child.line();
}

// A client in this process, stepped by hand between two looks of the server after its clients.
std::optional<HeldEvent> next_event(SharedMemoryServer& server, SharedMemorySource& client) {
  std::optional<HeldEvent> event;
  until([&] {
    event = client.next(0ms);
    if (!event) server.attend(1ms);
    return event.has_value();
  });
  return event;
}
void pass_transitions(SharedMemoryServer& server, SharedMemorySource& client, Transition last) {
  while (true) {
    const auto event = next_event(server, client);
    if (!event || event->raw().service == last) return;
  }
}

TEST(SharedMemory, a_client_sees_every_transition_and_every_shot_in_order) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .lossless = true});
  Child client(client_of(tag));
  ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 1; }));
  serve_begin(server);
  for (std::uint32_t i = 0; i < 500; ++i) ASSERT_EQ(serve(server, live_shot(i)), Sent::sent);
  serve_end(server);
  const auto lines = lines_of(client.all_words());
  ASSERT_EQ(lines.size(), 510u);
  EXPECT_THAT(std::vector(lines.begin(), lines.begin() + 5),
              ElementsAre("Map", "Configure", "BeginRun", "BeginCalibCycle", "Enable"));
  EXPECT_THAT(std::vector(lines.end() - 5, lines.end()),
              ElementsAre("Disable", "EndCalibCycle", "EndRun", "Unconfigure", "Unmap"));
  EXPECT_EQ(shot_numbers(lines), first_numbers(500));
  EXPECT_EQ(server.status().buffers_out, 0u);
}

TEST(SharedMemory, a_late_comer_is_brought_up_to_date_and_then_gets_shots) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
  serve_begin(server);
  for (std::uint32_t i = 0; i < 10; ++i) EXPECT_EQ(server.send(live_shot(i)), Sent::dropped);
  EXPECT_EQ(server.status().counts[ServerCount::dropped_no_client], 10u);
  Child client(client_of(tag));
  ASSERT_TRUE(wait_for_ready(server, 1));
  EXPECT_EQ(server.send(live_shot(10)), Sent::sent);
  for (const char* kind : {"Map", "Configure", "BeginRun", "BeginCalibCycle", "Enable", "shot 10"})
    EXPECT_EQ(next_line(server, client), kind);
}

TEST(SharedMemory, a_client_that_is_killed_gives_its_buffers_back_and_leaves_its_place_to_the_next) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .event_buffers = 4, .client_slots = 1});
  serve_begin(server);
  {
    Child client(client_of(tag, Transition::unmap, [] { pause(); }));  // holds its first shot for ever
    ASSERT_TRUE(wait_for_ready(server, 1));
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_EQ(server.send(live_shot(i)), Sent::sent);
    while (next_line(server, client) != "shot 0") {
    }
    EXPECT_EQ(server.status().buffers_out, 4u);  // one in its hand, three in its queue
    client.kill_now(SIGKILL);
    ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 0; }));
  }
  ASSERT_TRUE(attend_until(server, [&] { return server.status().buffers_out == 0; }));
  EXPECT_GE(server.status().counts[ServerCount::recovered], 1u);
  Child next(client_of(tag));
  ASSERT_TRUE(wait_for_ready(server, 1));
  for (std::uint32_t i = 4; i < 8; ++i) EXPECT_EQ(server.send(live_shot(i)), Sent::sent);
  while (next_line(server, next) != "shot 7") {
  }
}

TEST(SharedMemory, too_many_clients_are_refused_and_get_in_when_a_place_is_free) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .client_slots = 2});
  serve_begin(server);
  auto first = std::make_unique<Child>(client_of(tag));
  Child second(client_of(tag));
  ASSERT_TRUE(wait_for_ready(server, 2));
  SharedMemorySource third({.tag = tag});
  ASSERT_TRUE(attend_until(server, [&] {
    EXPECT_FALSE(third.next(0ms));
    return third.status().state == LiveState::no_free_slot;
  }));
  EXPECT_THAT(third.status().words, HasSubstr("no free client slot"));
  EXPECT_GE(server.status().counts[ServerCount::clients_refused], 1u);
  EXPECT_EQ(server.status().ready, 2u);
  first.reset();
  pass_transitions(server, third, Transition::enable);
  EXPECT_EQ(third.status().state, LiveState::running);
}

TEST(SharedMemory, a_slow_client_loses_shots_that_are_counted_and_never_stops_the_server) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .event_buffers = 4, .client_slots = 1});
  serve_begin(server);
  SharedMemorySource client({.tag = tag});
  pass_transitions(server, client, Transition::enable);
  ASSERT_TRUE(wait_for_ready(server, 1));
  constexpr std::uint32_t sent = 200;
  std::vector<int> got;
  for (std::uint32_t i = 0; i < sent; ++i) {
    EXPECT_NE(server.send(live_shot(i)), Sent::not_yet);
    if (i % 10 != 9) continue;
    const auto event = client.next(0ms);
    ASSERT_TRUE(event);
    got.push_back(static_cast<int>(number_of(event->raw().main.bytes)));
  }
  while (const auto event = client.next(0ms))
    got.push_back(static_cast<int>(number_of(event->raw().main.bytes)));
  EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
  const auto& counts = server.status().counts;
  EXPECT_EQ(got.size() + counts[ServerCount::stolen] + counts[ServerCount::dropped_no_buffer], sent);
  EXPECT_GT(counts[ServerCount::stolen], 0u);
  // What the client missed is "not ours" to it, up to the last shot that it saw.
  EXPECT_EQ(client.status().not_ours + got.size(), static_cast<std::size_t>(got.back() - got.front() + 1));
  EXPECT_EQ(client.status().shots, got.size());
}

TEST(SharedMemory, a_client_that_is_stopped_for_a_while_goes_on_with_newer_shots) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .client_slots = 1});
  serve_begin(server);
  Child client(client_of(tag));
  ASSERT_TRUE(wait_for_ready(server, 1));
  client.send_signal(SIGSTOP);
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_NE(server.send(live_shot(i)), Sent::not_yet);
  client.send_signal(SIGCONT);
  while (next_line(server, client) != "shot 999") {
  }
  EXPECT_GT(server.status().counts[ServerCount::stolen], 900u);
}

TEST(SharedMemory, distributed_clients_share_the_shots_and_none_is_lost_or_seen_twice) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server(
      {.tag = tag, .buffer_size = buffer_size, .client_slots = 2, .distributed = true, .lossless = true});
  Child a(client_of(tag)), b(client_of(tag));
  ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 2; }));
  serve_begin(server);
  ASSERT_TRUE(wait_for_ready(server, 2));
  for (std::uint32_t i = 0; i < 300; ++i) ASSERT_EQ(serve(server, live_shot(i)), Sent::sent);
  serve_end(server);
  const auto of_a = shot_numbers(lines_of(a.all_words())), of_b = shot_numbers(lines_of(b.all_words()));
  EXPECT_TRUE(std::is_sorted(of_a.begin(), of_a.end()));
  EXPECT_FALSE(of_a.empty());
  EXPECT_FALSE(of_b.empty());
  std::vector<int> both = of_a;
  both.insert(both.end(), of_b.begin(), of_b.end());
  std::sort(both.begin(), both.end());
  EXPECT_EQ(both, first_numbers(300));
}

TEST(SharedMemory, serial_clients_all_see_every_shot_when_none_may_be_lost) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .client_slots = 3, .lossless = true});
  Child a(client_of(tag)), b(client_of(tag)), c(client_of(tag));
  ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 3; }));
  serve_begin(server);
  ASSERT_TRUE(wait_for_ready(server, 3));
  for (std::uint32_t i = 0; i < 100; ++i) ASSERT_EQ(serve(server, live_shot(i)), Sent::sent);
  serve_end(server);
  for (Child* child : {&a, &b, &c}) EXPECT_EQ(shot_numbers(lines_of(child->all_words())), first_numbers(100));
}

TEST(SharedMemory, what_a_killed_client_of_a_chain_held_comes_back_while_the_others_go_on) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .event_buffers = 2, .client_slots = 2});
  serve_begin(server);
  Child a(client_of(tag));
  ASSERT_TRUE(wait_for_ready(server, 1));
  Child b(client_of(tag, Transition::unmap, [] { pause(); }));
  ASSERT_TRUE(wait_for_ready(server, 2));
  server.send(live_shot(0));
  while (next_line(server, b) != "shot 0") {
  }
  b.kill_now(SIGKILL);
  ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 1; }));
  EXPECT_EQ(server.status().buffers_out, 1u);
  server.send(live_shot(1));  // the other one is not disturbed
  while (next_line(server, a) != "shot 1") {
  }
  ASSERT_TRUE(attend_until(server, [&] { return server.status().buffers_out == 0; }));
  EXPECT_EQ(server.status().counts[ServerCount::recovered], 1u);
}

// ---- several threads

TEST(SharedMemory, workers_hold_several_buffers_at_once_and_give_them_back_in_any_order) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .event_buffers = 8, .client_slots = 1});
  serve_begin(server);
  SharedMemorySource client({.tag = tag});
  pass_transitions(server, client, Transition::enable);
  ASSERT_TRUE(wait_for_ready(server, 1));
  std::vector<HeldEvent> held;
  for (std::uint32_t i = 0; i < 6; ++i) server.send(live_shot(i));
  for (int i = 0; i < 6; ++i) held.push_back(std::move(*next_event(server, client)));
  EXPECT_EQ(client.status().held, 6u);
  EXPECT_EQ(server.status().buffers_out, 6u);
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_EQ(number_of(held[i].raw().main.bytes), i);
  for (const std::size_t i : {4u, 0u, 5u, 2u}) EXPECT_TRUE(held[i].give_back());
  EXPECT_TRUE(held[4].raw().main.bytes.empty());
  EXPECT_TRUE(held[4].give_back());  // and once more does nothing
  ASSERT_TRUE(attend_until(server, [&] { return server.status().buffers_out == 2; }));
  EXPECT_EQ(number_of(held[1].raw().main.bytes), 1u);
  EXPECT_EQ(number_of(held[3].raw().main.bytes), 3u);
  held.clear();
  ASSERT_TRUE(attend_until(server, [&] { return server.status().buffers_out == 0; }));
  EXPECT_EQ(server.status().counts[ServerCount::bad_messages], 0u);
}

TEST(SharedMemory, four_threads_take_every_shot_exactly_once) {
  const std::string tag = fresh_tag();
  constexpr std::uint32_t count = 2000;
  Child server_process([&](int pipe) {
    SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .client_slots = 1, .lossless = true});
    write_line(pipe, "there");
    serve_begin(server);
    for (std::uint32_t i = 0; i < count; ++i) serve(server, live_shot(i));
    serve_end(server);
    attend_until(server, [&] { return server.status().clients == 0; });
  });
  server_process.line();
  SharedMemorySource source({.tag = tag, .end_on = Transition::unmap});
  std::vector<std::vector<int>> seen(4);
  std::vector<std::uint64_t> order;
  std::mutex of_order;
  std::vector<std::thread> threads;
  for (auto& mine : seen)
    threads.emplace_back([&] {
      const auto deadline = Clock::now() + long_enough;
      while (!source.ended() && Clock::now() < deadline) {
        const auto event = source.next(50ms);
        if (!event) continue;
        if (event->is_shot()) mine.push_back(static_cast<int>(number_of(event->raw().main.bytes)));
        const std::scoped_lock lock(of_order);
        order.push_back(event->number());
      }
    });
  for (auto& thread : threads) thread.join();
  source.stop();
  server_process.all_words();  // it removes what it made
  std::vector<int> all;
  for (const auto& mine : seen) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, first_numbers(static_cast<int>(count)));
  std::sort(order.begin(), order.end());
  ASSERT_EQ(order.size(), count + 10);  // Map, Configure, BeginRun, BeginCalibCycle, Enable and their ends
  for (std::size_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i);
}

TEST(SharedMemory, no_shot_is_taken_while_as_many_are_held_as_may_be) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .client_slots = 1});
  serve_begin(server);
  SharedMemorySource client({.tag = tag, .most_held = 2});
  pass_transitions(server, client, Transition::enable);
  ASSERT_TRUE(wait_for_ready(server, 1));
  for (std::uint32_t i = 0; i < 3; ++i) server.send(live_shot(i));
  auto first = next_event(server, client), second = next_event(server, client);
  EXPECT_FALSE(client.next(10ms));
  // A thread that waits is woken by the buffer that comes back.
  std::thread waiting([&] {
    const auto third = client.next(long_enough);
    ASSERT_TRUE(third);
    EXPECT_EQ(number_of(third->raw().main.bytes), 2u);
  });
  first->give_back();
  waiting.join();
}

TEST(SharedMemory, stop_wakes_every_waiting_thread_and_what_is_held_stays_readable) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
  serve_begin(server);
  SharedMemorySource client({.tag = tag});
  pass_transitions(server, client, Transition::enable);
  ASSERT_TRUE(wait_for_ready(server, 1));
  server.send(live_shot(5));
  auto held = next_event(server, client);
  std::vector<std::thread> waiting;
  for (int i = 0; i < 3; ++i) waiting.emplace_back([&] { EXPECT_FALSE(client.next(long_enough)); });
  client.stop();
  for (auto& thread : waiting) thread.join();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(client.status().state, LiveState::ended);
  EXPECT_EQ(number_of(held->raw().main.bytes), 5u);
  held->give_back();
  held.reset();
  ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 0; }));
  EXPECT_EQ(server.status().buffers_out, 0u);
}

// ---- servers that come and go

Child::Work server_of(const std::string& tag, std::uint32_t first, bool configured = true) {
  return [=](int pipe) {
    SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
    write_line(pipe, "there");
    if (configured) serve_begin(server);
    for (std::uint32_t i = first;; server.attend(20ms))
      if (server.status().ready != 0 && server.send(live_shot(i)) == Sent::sent) ++i;
  };
}

std::vector<std::string> kinds_until_shot(SharedMemorySource& client) {
  std::vector<std::string> kinds;
  const auto deadline = Clock::now() + long_enough;
  while (Clock::now() < deadline) {
    const auto event = client.next(100ms);
    if (!event) continue;
    if (event->is_shot()) return kinds;
    kinds.emplace_back(formats::name(event->raw().service));
  }
  return {"no shot came"};
}

TEST(SharedMemory, a_client_waits_for_a_server_and_outlives_its_death_and_restart) {
  const std::string tag = fresh_tag();
  std::vector<std::string> told;
  SharedMemorySource client({.tag = tag, .say = [&](std::string_view words) { told.emplace_back(words); }});
  EXPECT_FALSE(client.next(1ms));
  EXPECT_EQ(client.status().state, LiveState::waiting_for_server);
  EXPECT_THAT(client.status().words, HasSubstr("no server"));
  const auto all_again = ElementsAre("Map", "Configure", "BeginRun", "BeginCalibCycle", "Enable");
  {
    Child server(server_of(tag, 0));
    EXPECT_THAT(kinds_until_shot(client), all_again);
    EXPECT_EQ(client.status().sessions, 1u);
    std::optional<HeldEvent> held;
    ASSERT_TRUE(until([&] { return (held = client.next(100ms)).has_value(); }));
    server.kill_now(SIGKILL);  // leaves its memory and queues behind
    ASSERT_TRUE(
        until([&] { return !client.next(10ms) && client.status().state == LiveState::waiting_for_server; }));
    EXPECT_FALSE(held->raw().main.bytes.empty());  // our view of the dead server's memory
    EXPECT_TRUE(held->give_back());
  }
  EXPECT_TRUE(memory_exists(tag));
  {
    Child server(server_of(tag, 0));
    EXPECT_THAT(kinds_until_shot(client), all_again);
    EXPECT_EQ(client.status().sessions, 2u);
    EXPECT_EQ(client.status().troubles.total(), 0u);
  }
  EXPECT_THAT(told, ::testing::Contains(HasSubstr("no server")));
  EXPECT_THAT(told, ::testing::Contains(HasSubstr("running")));
  SharedMemoryServer last({.tag = tag, .buffer_size = buffer_size});  // frees what is left, and removes it
}

TEST(SharedMemory, a_server_that_came_back_without_configure_is_named_as_such) {
  const std::string tag = fresh_tag();
  SharedMemorySource client({.tag = tag});
  {
    SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
    serve_begin(server);
    pass_transitions(server, client, Transition::enable);
  }
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
  ASSERT_TRUE(attend_until(server, [&] {
    EXPECT_FALSE(client.next(0ms));
    return client.status().sessions == 2;
  }));
  EXPECT_EQ(client.status().state, LiveState::not_configured);
  EXPECT_THAT(client.status().words, HasSubstr("came back without Configure"));
  serve_begin(server);
  pass_transitions(server, client, Transition::enable);
  EXPECT_EQ(client.status().state, LiveState::running);
}

TEST(SharedMemory, a_client_that_waits_in_the_queue_of_a_dead_server_finds_the_next_one) {
  const std::string tag = fresh_tag();
  {
    Child dead(server_of(tag, 0));
    dead.line();
    RawClient(tag).port();  // the port is gone from the queue
    dead.kill_now(SIGKILL);
  }
  // As the DAQ's own client: it waits inside mq_receive.
  Child waiting([&](int pipe) {
    const mqd_t queue = mq_open(("/PdsFromMonitorDiscovery_" + tag).c_str(), O_RDONLY);
    write_line(pipe, queue >= 0 ? "waiting" : "no queue");
    Sixteen message{};
    if (mq_receive(queue, reinterpret_cast<char*>(message.data()), 16, nullptr) == 16)
      write_line(pipe, std::to_string(index_of(message)));
  });
  ASSERT_EQ(waiting.line(), "waiting");
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
  EXPECT_EQ(next_line(server, waiting), std::to_string(server.status().port));
}

TEST(SharedMemory, a_port_that_somebody_took_without_coming_is_offered_again) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
  RawClient lost(tag);
  EXPECT_EQ(lost.port(), server.status().port);
  EXPECT_EQ(lost.port(), 0);
  int again = 0;
  ASSERT_TRUE(attend_until(server, [&] { return (again = lost.port()) != 0; }));
  EXPECT_EQ(again, server.status().port);
}

TEST(SharedMemory, nothing_is_left_behind_and_a_tag_in_use_is_refused) {
  const std::string tag = fresh_tag();
  {
    SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size});
    EXPECT_TRUE(memory_exists(tag));
    EXPECT_TRUE(queue_exists("/PdsToMonitorEvQueue_" + tag + "_4"));
    try {
      const SharedMemoryServer second({.tag = tag, .buffer_size = buffer_size});
      FAIL() << "two servers of one tag";
    } catch (const SetupError& error) {
      EXPECT_THAT(error.what(), HasSubstr("is being served by process " + std::to_string(getpid())));
    }
    EXPECT_TRUE(queue_exists("/PdsFromMonitorDiscovery_" + tag));
  }
  EXPECT_FALSE(memory_exists(tag));
  for (int i = 0; i <= 8; ++i)
    EXPECT_FALSE(queue_exists("/PdsToMonitorEvQueue_" + tag + "_" + std::to_string(i)));
  EXPECT_FALSE(queue_exists("/PdsFromMonitorDiscovery_" + tag));
}

TEST(SharedMemory, several_tags_are_served_and_read_side_by_side) {
  const std::string one = fresh_tag(), other = fresh_tag();
  SharedMemoryServer server_one({.tag = one, .buffer_size = buffer_size});
  SharedMemoryServer server_other({.tag = other, .buffer_size = 2 * buffer_size});
  EXPECT_NE(server_one.status().port, server_other.status().port);
  serve_begin(server_one);
  serve_begin(server_other);
  SharedMemorySource client_one({.tag = one}), client_other({.tag = other});
  pass_transitions(server_one, client_one, Transition::enable);
  pass_transitions(server_other, client_other, Transition::enable);
  ASSERT_TRUE(wait_for_ready(server_one, 1));
  ASSERT_TRUE(wait_for_ready(server_other, 1));
  server_one.send(live_shot(1));
  server_other.send(live_shot(2));
  EXPECT_EQ(number_of(next_event(server_one, client_one)->raw().main.bytes), 1u);
  EXPECT_EQ(number_of(next_event(server_other, client_other)->raw().main.bytes), 2u);
}

TEST(SharedMemory, numbers_that_cannot_be_are_refused_before_anything_is_made) {
  const std::string tag = fresh_tag();
  EXPECT_THROW(SharedMemoryServer({.tag = tag, .buffer_size = 0}), CallError);
  EXPECT_THROW(SharedMemoryServer({.tag = tag, .buffer_size = 4096, .event_buffers = 0}), CallError);
  EXPECT_THROW(SharedMemoryServer({.tag = tag, .buffer_size = 4096, .event_buffers = 238}), CallError);
  EXPECT_THROW(SharedMemoryServer({.tag = tag, .buffer_size = 4096, .event_buffers = 2, .client_slots = 3}),
               CallError);
  EXPECT_THROW(SharedMemoryServer({.tag = tag, .buffer_size = 0x10000000}), CallError);
  EXPECT_FALSE(memory_exists(tag));
}

// ---- runs that follow each other

TEST(SharedMemory, a_configure_in_the_middle_and_the_next_run_come_as_they_were_sent) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = 65536, .client_slots = 1, .lossless = true});
  SharedMemorySource client({.tag = tag});
  // Serves it, and gives what the client got of it; a Map before it is passed over.
  const auto pass = [&](const ByteVector& bytes) {
    const auto kind = formats::xtc::read_header(bytes)->service;
    bool sent = false;
    std::optional<HeldEvent> event;
    EXPECT_TRUE(until([&] {
      sent = sent || server.send(bytes) == Sent::sent;
      event = client.next(5ms);
      return event && event->raw().service == kind;
    }));
    return event;
  };
  ASSERT_TRUE(attend_until(server, [&] { return !client.next(0ms) && server.status().clients == 1; }));
  // One detector, then another of another size, then the next run of the same.
  for (const std::uint32_t detector_bytes : {1024u, 20000u, 20000u}) {
    const ByteVector configure =
        datagram({Transition::configure, {990, 0}, 10, detector_bytes, detector_bytes});
    auto event = pass(configure);
    ASSERT_TRUE(event);
    EXPECT_EQ(ByteVector(event->raw().main.bytes.begin(), event->raw().main.bytes.end()), configure);
    for (const auto kind : {Transition::begin_run, Transition::begin_calib_cycle, Transition::enable})
      EXPECT_EQ(pass(transition(kind))->raw().service, kind);
    for (std::uint32_t i = 0; i < 3; ++i) {
      const ByteVector shot = live_shot(i, detector_bytes);
      event = pass(shot);
      EXPECT_EQ(ByteVector(event->raw().main.bytes.begin(), event->raw().main.bytes.end()), shot);
      event->give_back();
    }
    for (const auto kind : {Transition::disable, Transition::end_calib_cycle, Transition::end_run})
      EXPECT_EQ(pass(transition(kind))->raw().service, kind);
    EXPECT_EQ(client.status().state, LiveState::between_runs);
  }
  EXPECT_EQ(client.status().sessions, 1u);
  EXPECT_EQ(client.status().shots, 9u);
  EXPECT_EQ(client.status().not_ours, 0u);
}

TEST(SharedMemory, a_client_ends_on_the_transition_it_was_told_or_on_one_further_out) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .lossless = true});
  Child until_end_run(client_of(tag, Transition::end_run)),
      until_end_of_cycle(client_of(tag, Transition::end_calib_cycle));
  ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 2; }));
  serve_begin(server);
  serve(server, transition(Transition::disable));
  serve(server, transition(Transition::unconfigure));  // the ends between were lost
  for (Child* child : {&until_end_run, &until_end_of_cycle})
    EXPECT_EQ(lines_of(child->all_words()).back(), "Unconfigure");
}

// ---- what the server refuses

TEST(SharedMemory, a_datagram_that_does_not_fit_or_is_none_is_counted_and_not_served) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = 4096});
  serve_begin(server);
  EXPECT_EQ(server.send(live_shot(0, 8192)), Sent::too_large);
  ByteVector cut = live_shot(0);
  cut.pop_back();
  EXPECT_EQ(server.send(cut), Sent::malformed);
  EXPECT_EQ(server.send({}), Sent::malformed);
  EXPECT_EQ(server.send(transition(Transition::reset)), Sent::malformed);
  EXPECT_EQ(server.status().counts[ServerCount::too_large], 1u);
  EXPECT_EQ(server.status().counts[ServerCount::malformed], 3u);
}

}  // namespace
}  // namespace jt::test
