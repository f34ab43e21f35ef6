// Following a run whose files are still being written. Time is stepped: sleeping runs the next thing the DAQ
// does; only the last test has a thread that really writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <thread>

#include "golden_run.hpp"
#include "hand_made.hpp"

namespace {

using jt::formats::Transition;
using jt::sources::Follow;
using jt::sources::RawEvent;
using jt::sources::RecordedRun;
using jt::sources::SourceTrouble;
using jt::test::ByteVector;
using jt::test::HandMade;
using jt::test::HandMadeRun;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

void append_to(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void append_to(const std::filesystem::path& path, const std::vector<HandMade>& datagrams) {
  append_to(path, jt::test::file_of(datagrams));
}

void finish(const std::filesystem::path& in_progress) {
  std::filesystem::rename(in_progress, std::filesystem::path(in_progress).replace_extension());
}

// A clock that only sleeping moves; each sleep does the next of the DAQ's `steps`.
class SteppedDaq {
 public:
  std::vector<std::function<void()>> steps;
  double now = 0;
  double slept = 0;

  Follow follow(double patience_s) {
    Follow follow;
    follow.patience_s = patience_s;
    follow.now_s = [this] { return now; };
    follow.sleep_s = [this](double seconds) {
      now += seconds;
      slept += seconds;
      if (next_ < steps.size()) steps[next_++]();
    };
    return follow;
  }

 private:
  std::size_t next_ = 0;
};

struct Followed {
  std::vector<Transition> transitions;
  std::vector<std::uint32_t> shots;
  std::size_t joined = 0;
};

Followed read(RecordedRun& run) {
  Followed all;
  while (const RawEvent* event = run.next()) {
    if (event->service == Transition::l1_accept)
      all.shots.push_back(jt::test::number_of(event->main.bytes));
    else
      all.transitions.push_back(event->service);
    all.joined += event->joined.size();
  }
  return all;
}

std::vector<std::uint32_t> up_to(std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  for (std::uint32_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

TEST(follow, reads_a_file_that_grows_in_the_middle_of_datagrams_until_end_run) {
  HandMadeRun made;
  const auto bytes = jt::test::file_of(jt::test::whole_run(jt::test::shots(9, 300, 64)));
  const auto file = made.path(0, 0, ".inprogress");
  append_to(file, std::span(bytes).first(10));
  SteppedDaq daq;
  for (std::size_t at = 10; at < bytes.size(); at += 77)
    daq.steps.push_back([&, at] {
      append_to(file, std::span(bytes).subspan(at, std::min<std::size_t>(77, bytes.size() - at)));
    });
  RecordedRun run(made.files(), {.follow = daq.follow(5)});
  EXPECT_TRUE(run.summary()[0].in_progress);
  const Followed all = read(run);
  EXPECT_THAT(all.shots, ElementsAreArray(up_to(9)));
  EXPECT_EQ(all.transitions.size(), 7u);
  EXPECT_EQ(run.counts().total(), 0u);
  EXPECT_EQ(run.summary()[0].bytes, bytes.size());
}

TEST(follow, goes_on_while_the_file_is_renamed_underneath_and_into_chunks_that_appear) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(9, 300, 64));
  const auto part = [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    return std::vector(datagrams.begin() + from, datagrams.begin() + to);
  };
  append_to(made.path(0, 0, ".inprogress"), part(0, 5));
  SteppedDaq daq;
  daq.steps = {[&] { append_to(made.path(0, 0, ".inprogress"), part(5, 7)); },
               [&] { finish(made.path(0, 0, ".inprogress")); }, [] {},
               [&] { append_to(made.path(0, 1, ".inprogress"), part(7, 9)); },
               [&] { append_to(made.path(0, 1, ".inprogress"), part(9, 12)); },
               // The recorder may finish one chunk and open the next between two looks.
               [&] {
                 finish(made.path(0, 1, ".inprogress"));
                 append_to(made.path(0, 2), part(12, 16));
               }};
  RecordedRun run(made.files(), {.follow = daq.follow(5)});
  const Followed all = read(run);
  EXPECT_THAT(all.shots, ElementsAreArray(up_to(9)));
  EXPECT_EQ(all.transitions.size(), 7u);
  EXPECT_EQ(run.counts().total(), 0u);
  EXPECT_THAT(run.summary(), testing::SizeIs(3));
}

TEST(follow, keeps_the_order_of_streams_that_are_written_at_different_speeds) {
  HandMadeRun made;
  const auto shots = jt::test::shots(20, 300, 64);
  std::vector<HandMade> even, odd;
  for (const HandMade& shot : shots) (shot.number % 2 == 0 ? even : odd).push_back(shot);
  const auto slow = jt::test::whole_run(odd);
  made.write(0, 0, jt::test::whole_run(even));
  append_to(made.path(1, 0, ".inprogress"), {slow.begin(), slow.begin() + 5});
  SteppedDaq daq;
  for (std::size_t i = 5; i < slow.size(); ++i)
    daq.steps.push_back([&, i] { append_to(made.path(1, 0, ".inprogress"), {slow[i]}); });
  RecordedRun run(made.files(), {.follow = daq.follow(5)});
  const Followed all = read(run);
  EXPECT_THAT(all.shots, ElementsAreArray(up_to(20)));
  EXPECT_EQ(all.transitions.size(), 7u);
}

TEST(follow, ends_when_patience_is_over_and_uses_what_is_whole) {
  HandMadeRun made;
  auto bytes = jt::test::file_of(jt::test::whole_run(jt::test::shots(9, 300, 64)));
  bytes.resize(4 * 124 + 5 * 124 + 30);  // five shots and a bit
  jt::test::write_bytes(made.path(0, 0, ".inprogress"), bytes);
  SteppedDaq daq;
  RecordedRun run(made.files(), {.follow = daq.follow(5)});
  const Followed all = read(run);
  EXPECT_THAT(all.shots, ElementsAreArray(up_to(5)));
  EXPECT_NEAR(daq.slept, 5, 0.3);
  EXPECT_EQ(run.counts()[SourceTrouble::stopped_waiting], 1u);
  EXPECT_THAT(run.notes(), ElementsAre(HasSubstr("s00-c00 was followed until the time limit, 5 shots")));
  EXPECT_EQ(run.next(), nullptr);
}

TEST(follow, ends_at_its_time_limit_although_the_file_still_grows) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(1000, 300, 64));
  append_to(made.path(0, 0, ".inprogress"), {datagrams.begin(), datagrams.begin() + 4});
  SteppedDaq daq;
  for (std::size_t i = 4; i < datagrams.size(); ++i)
    daq.steps.push_back([&, i] { append_to(made.path(0, 0, ".inprogress"), {datagrams[i]}); });
  Follow follow = daq.follow(5);
  follow.limit_s = 2;
  RecordedRun run(made.files(), {.follow = follow});
  const Followed all = read(run);
  EXPECT_GE(all.shots.size(), 19u);  // a shot each 0.1 s, for 2 s
  EXPECT_LE(all.shots.size(), 22u);
  EXPECT_EQ(run.counts()[SourceTrouble::stopped_waiting], 1u);
}

TEST(follow, a_stream_that_stays_silent_does_not_lose_the_others_their_shots) {
  HandMadeRun made;
  const auto complete = jt::test::whole_run(jt::test::shots(20, 300, 64));
  made.write(0, 0, complete);
  made.write(1, 0, {complete.begin(), complete.begin() + 4});
  SteppedDaq daq;
  RecordedRun run(made.files(), {.follow = daq.follow(5)});
  const Followed all = read(run);
  EXPECT_THAT(all.shots, ElementsAreArray(up_to(20)));
  EXPECT_EQ(all.transitions.size(), 7u);
}

TEST(follow, waits_a_little_for_a_control_stream_and_joins_what_comes) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(6, 300, 64));
  made.write(0, 0, datagrams);
  append_to(made.path(80, 0, ".inprogress"), {datagrams.begin(), datagrams.begin() + 5});
  SteppedDaq daq;
  for (std::size_t i = 5; i < datagrams.size(); ++i)
    daq.steps.push_back([&, i] { append_to(made.path(80, 0, ".inprogress"), {datagrams[i]}); });
  RecordedRun run(made.files(), {.follow = daq.follow(5)});
  EXPECT_EQ(read(run).joined, datagrams.size());
}

TEST(follow, a_control_stream_that_stalls_costs_one_wait_only) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(50, 300, 64));
  made.write(0, 0, datagrams);
  append_to(made.path(80, 0, ".inprogress"), {datagrams.begin(), datagrams.begin() + 5});
  SteppedDaq daq;
  RecordedRun run(made.files(), {.follow = daq.follow(60)});
  const Followed all = read(run);
  EXPECT_THAT(all.shots, ElementsAreArray(up_to(50)));
  EXPECT_EQ(all.joined, 5u);
  EXPECT_LT(daq.slept, 1.5);
}

TEST(follow, takes_streams_that_appear_after_it_began) {
  HandMadeRun made;
  const auto shots = jt::test::shots(20, 300, 64);
  std::vector<HandMade> even, odd;
  for (const HandMade& shot : shots) (shot.number % 2 == 0 ? even : odd).push_back(shot);
  const auto first = jt::test::whole_run(even);
  append_to(made.path(0, 0, ".inprogress"), {first.begin(), first.begin() + 2});
  SteppedDaq daq;
  daq.steps = {[&] { made.write(1, 0, jt::test::whole_run(odd)); },
               [&] {
                 append_to(made.path(0, 0, ".inprogress"), {first.begin() + 2, first.end()});
               }};
  RecordedRun run(made.files(), {.follow = daq.follow(5)});
  const Followed all = read(run);
  EXPECT_THAT(all.shots, ElementsAreArray(up_to(20)));
  EXPECT_EQ(all.transitions.size(), 7u);
}

TEST(follow, a_sleep_that_throws_ends_the_reading_at_once) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(6, 300, 64));
  append_to(made.path(0, 0, ".inprogress"), {datagrams.begin(), datagrams.begin() + 5});
  Follow follow;
  follow.now_s = [] { return 0.0; };
  follow.sleep_s = [](double) { throw std::runtime_error("interrupted"); };
  RecordedRun run(made.files(), {.follow = follow});
  EXPECT_THROW(read(run), std::runtime_error);
}

TEST(follow, finds_a_file_that_was_renamed_before_it_was_opened) {
  HandMadeRun made;
  append_to(made.path(0, 0, ".inprogress"), jt::test::whole_run(jt::test::shots(6, 300, 64)));
  const auto files = made.files();
  finish(made.path(0, 0, ".inprogress"));
  SteppedDaq daq;
  RecordedRun run(files, {.follow = daq.follow(5)});
  EXPECT_THAT(read(run).shots, ElementsAreArray(up_to(6)));
  EXPECT_FALSE(run.summary()[0].in_progress);
}

TEST(follow, a_golden_run_while_a_thread_writes_it) {
  HandMadeRun made;
  const auto bytes =
      jt::test::read_bytes(jt::test::golden_root() / "xcs/xcsjt1236/xtc/e1236-r0024-s00-c00.xtc");
  const auto file = made.path(0, 0, ".inprogress");
  append_to(file, std::span(bytes).first(1000));
  const auto files = made.files();
  std::jthread daq([&] {
    for (std::size_t at = 1000; at < bytes.size(); at += 7001)
      append_to(file, std::span(bytes).subspan(at, std::min<std::size_t>(7001, bytes.size() - at)));
    finish(file);
  });
  Follow follow;
  follow.patience_s = 120;
  follow.poll_s = 0.001;
  RecordedRun run(files, {.follow = follow});
  ByteVector all;
  while (const RawEvent* event = run.next())
    all.insert(all.end(), event->main.bytes.begin(), event->main.bytes.end());
  daq.join();
  EXPECT_TRUE(all == bytes);
  EXPECT_EQ(run.counts().total(), 0u);
}

}  // namespace
