// The order of streams: run 21 (three DAQ streams and a control stream), chunks, wraps, joins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "golden_run.hpp"
#include "hand_made.hpp"
#include "sources/merge_order.hpp"

namespace {

using jt::formats::Transition;
using jt::sources::RawEvent;
using jt::sources::ReadOptions;
using jt::sources::RecordedRun;
using jt::sources::SourceTrouble;
using jt::test::HandMade;
using jt::test::HandMadeRun;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::uint32_t> numbers(const HandMadeRun& made, const ReadOptions& options = {}) {
  RecordedRun run(made.files(), options);
  std::vector<std::uint32_t> all;
  while (const RawEvent* event = run.next())
    if (event->service == Transition::l1_accept) all.push_back(jt::test::number_of(event->main.bytes));
  return all;
}

std::vector<std::uint32_t> up_to(std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  for (std::uint32_t i = 0; i < count; ++i) all[i] = i;
  return all;
}

// ---- golden runs 21, 22 and 27, written down from how they were made

TEST(golden_run_21, shares_its_transitions_and_deals_its_shots_over_three_streams) {
  RecordedRun run(jt::test::xcs_run(21));
  std::vector<Transition> services;
  std::vector<std::uint32_t> streams, vectors;
  while (const RawEvent* event = run.next()) {
    if (event->service != Transition::l1_accept) {
      services.push_back(event->service);
    } else if (services.size() == 8 || services.size() == 4) {
      streams.push_back(event->main.stream);
      vectors.push_back(jt::formats::xtc::read_header(event->main.bytes)->vector);
    } else {
      ADD_FAILURE() << "a shot after " << services.size() << " transitions";
    }
  }
  using enum Transition;
  EXPECT_THAT(services, ElementsAre(configure, begin_run, begin_calib_cycle, enable, disable, end_calib_cycle,
                                    begin_calib_cycle, enable, disable, end_calib_cycle, end_run));
  ASSERT_THAT(vectors, SizeIs(90));
  for (std::uint32_t i = 0; i < 90; ++i) {
    EXPECT_EQ(vectors[i], i + 1);
    EXPECT_EQ(streams[i], i % 3);
  }
}

TEST(golden_run_21, joins_every_third_shot_with_its_control_stream_three_seconds_off) {
  const auto manifest = jt::test::xcs_manifest(21);
  RecordedRun run(jt::test::xcs_run(21));
  std::size_t shot = 0, joined = 0, joined_transitions = 0;
  while (const RawEvent* event = run.next()) {
    const auto main = jt::formats::xtc::read_header(event->main.bytes);
    if (event->service != Transition::l1_accept) {
      // The control stream has all transitions: its own Configure and the rest come along.
      ASSERT_THAT(event->joined, SizeIs(1));
      EXPECT_EQ(event->joined[0].stream, 80u);
      EXPECT_EQ(jt::formats::xtc::read_header(event->joined[0].bytes)->service, event->service);
      ++joined_transitions;
      continue;
    }
    const bool wanted = manifest["events"][shot].contains("control_stream_s80");
    ASSERT_EQ(event->joined.size(), wanted ? 1u : 0u) << "shot " << shot;
    ++shot;
    if (!wanted) continue;
    const auto control = jt::formats::xtc::read_header(event->joined[0].bytes);
    EXPECT_EQ(control->fiducial, main->fiducial);
    EXPECT_EQ(control->time.sec, main->time.sec + 3);
    ++joined;
  }
  EXPECT_EQ(joined, 30u);
  EXPECT_EQ(joined_transitions, 11u);
  EXPECT_EQ(run.counts().total(), 0u);
}

TEST(golden_run_22, follows_its_chunks) {
  RecordedRun run(jt::test::xcs_run(22));
  std::vector<std::uint32_t> chunk_of_vector;
  while (const RawEvent* event = run.next())
    if (event->service == Transition::l1_accept) {
      chunk_of_vector.push_back(event->main.chunk);
      EXPECT_EQ(jt::formats::xtc::read_header(event->main.bytes)->vector, chunk_of_vector.size());
    }
  ASSERT_THAT(chunk_of_vector, SizeIs(60));
  for (std::size_t i = 0; i < 60; ++i) EXPECT_EQ(chunk_of_vector[i], i / 25);
  const auto chunks = run.summary();
  ASSERT_THAT(chunks, SizeIs(3));
  EXPECT_EQ(chunks[0].name, "e1236-r0022-s00-c00.xtc");
  EXPECT_EQ(chunks[0].shots, 25u);
  EXPECT_EQ(chunks[0].datagrams, 29u);
  EXPECT_EQ(chunks[0].first, (jt::ShotTime{1700022000, 123456789}));
  EXPECT_EQ(chunks[1].shots, 25u);
  EXPECT_EQ(chunks[1].datagrams, 25u);
  EXPECT_EQ(chunks[2].shots, 10u);
  EXPECT_EQ(chunks[2].datagrams, 13u);
  EXPECT_EQ(chunks[2].bytes, 191188u);
  EXPECT_EQ(chunks[2].last, (jt::ShotTime{1700022001, 223456745}));
}

// ---- the order of shots

TEST(shot_order, goes_by_fiducial_over_its_wrap) {
  const auto header = [](std::uint32_t sec, std::uint32_t fiducial) {
    jt::formats::xtc::DatagramHeader made;
    made.service = Transition::l1_accept;
    made.time = {sec, 0};
    made.fiducial = {fiducial};
    return made;
  };
  using jt::sources::shot_before;
  EXPECT_TRUE(shot_before(header(10, 100), header(10, 103)));
  EXPECT_FALSE(shot_before(header(10, 103), header(10, 100)));
  EXPECT_FALSE(shot_before(header(10, 100), header(10, 100)));
  EXPECT_TRUE(shot_before(header(10, 131037), header(10, 0)));  // 3 ticks later, over the wrap
  EXPECT_FALSE(shot_before(header(10, 0), header(10, 131037)));
  EXPECT_TRUE(shot_before(header(13, 100), header(10, 103)));     // clocks 3 s apart: the fiducial decides
  EXPECT_FALSE(shot_before(header(95, 100), header(10, 103)));    // 85 s apart: the clock decides
  EXPECT_TRUE(shot_before(header(94, 100), header(10, 103)));     // 84 s apart: the fiducial
  EXPECT_TRUE(shot_before(header(10, 103), header(11, 131071)));  // no fiducial: the clock
}

TEST(shot_order, merges_streams_over_the_wrap_of_the_fiducial) {
  HandMadeRun made;
  const auto shots = jt::test::shots(60, 131040 - 90, 64);  // wraps after 30 shots
  std::vector<HandMade> even, odd;
  for (const HandMade& shot : shots) (shot.number % 2 == 0 ? even : odd).push_back(shot);
  made.write(0, 0, jt::test::whole_run(even));
  made.write(1, 0, jt::test::whole_run(odd));
  EXPECT_THAT(numbers(made), ElementsAreArray(up_to(60)));
}

TEST(shot_order, goes_by_clock_where_the_fiducial_has_come_round) {
  HandMadeRun made;
  // The same fiducials 364 s apart (one turn): stream 1 pauses, then goes on a turn later.
  std::vector<HandMade> first = {{Transition::l1_accept, {1000, 0}, 300, 64, 0},
                                 {Transition::l1_accept, {1001, 0}, 660, 64, 1}};
  std::vector<HandMade> second = {{Transition::l1_accept, {1364, 0}, 300, 64, 2},
                                  {Transition::l1_accept, {1365, 0}, 660, 64, 3}};
  made.write(0, 0, jt::test::whole_run(second));
  made.write(1, 0, jt::test::whole_run(first));
  EXPECT_THAT(numbers(made), ElementsAre(0u, 1u, 2u, 3u));
}

// ---- transitions

TEST(transitions, keep_the_shots_of_calib_cycles_apart_although_a_control_clock_is_seconds_off) {
  const auto cycle = [](std::uint32_t second, std::uint32_t first_number, std::uint32_t clock_off) {
    std::vector<HandMade> all = {{Transition::begin_calib_cycle, {second, 1}, 1000, 64},
                                 {Transition::enable, {second, 2}, 1001, 64}};
    for (std::uint32_t i = 0; i < 3; ++i)
      all.push_back({Transition::l1_accept,
                     {second + clock_off, 10 + i},
                     3 * (first_number + i) + 300,
                     64,
                     first_number + i});
    all.push_back({Transition::disable, {second, 100}, 1002, 64});
    all.push_back({Transition::end_calib_cycle, {second, 101}, 1003, 64});
    return all;
  };
  const auto run_of = [&](std::uint32_t clock_off) {
    std::vector<HandMade> all = {{Transition::configure, {900, 0}, 1, 64},
                                 {Transition::begin_run, {901, 0}, 2, 64}};
    for (std::uint32_t k = 0; k < 3; ++k)
      for (const HandMade& datagram : cycle(1000 + k, 3 * k, clock_off)) all.push_back(datagram);
    all.push_back({Transition::end_run, {1100, 0}, 3, 64});
    return all;
  };
  HandMadeRun made;
  made.write(0, 0, run_of(0));
  made.write(80, 0, run_of(5));  // later than all transitions of the following cycles

  RecordedRun run(made.files(), {.give = ReadOptions::Give::every_datagram});
  std::vector<std::pair<Transition, std::uint32_t>> order;
  while (const RawEvent* event = run.next()) order.emplace_back(event->service, event->main.stream);
  std::vector<std::pair<Transition, std::uint32_t>> wanted;
  for (const HandMade& datagram : run_of(0)) {
    wanted.emplace_back(datagram.service, 0);
    wanted.emplace_back(datagram.service, 80);
  }
  EXPECT_EQ(order, wanted);

  RecordedRun merged(made.files());
  std::size_t joined = 0, events = 0;
  while (const RawEvent* event = merged.next()) {
    joined += event->joined.size();
    ++events;
  }
  EXPECT_EQ(events, run_of(0).size());
  EXPECT_EQ(joined, run_of(0).size());
}

TEST(transitions, come_once_although_a_stream_lost_some_of_them) {
  HandMadeRun made;
  const auto shots = jt::test::shots(8, 300, 64);
  auto complete = jt::test::whole_run({shots.begin(), shots.begin() + 4});
  auto lossy = jt::test::whole_run({shots.begin() + 4, shots.end()});
  std::erase_if(lossy, [](const HandMade& datagram) {
    return datagram.service == Transition::enable || datagram.service == Transition::end_calib_cycle;
  });
  made.write(0, 0, complete);
  made.write(1, 0, lossy);
  RecordedRun run(made.files());
  std::vector<Transition> services;
  std::size_t shots_seen = 0;
  while (const RawEvent* event = run.next()) {
    if (event->service != Transition::l1_accept)
      services.push_back(event->service);
    else
      ++shots_seen;
  }
  using enum Transition;
  EXPECT_THAT(services, testing::UnorderedElementsAre(configure, begin_run, begin_calib_cycle, enable,
                                                      disable, end_calib_cycle, end_run));
  EXPECT_EQ(shots_seen, 8u);
}

// ---- control streams

TEST(control_streams, lend_nothing_to_a_shot_of_another_turn_of_the_fiducial) {
  HandMadeRun made;
  made.write(0, 0,
             jt::test::whole_run({{Transition::l1_accept, {1000, 0}, 300, 64, 0},
                                  {Transition::l1_accept, {1001, 0}, 660, 64, 1}}));
  made.write(80, 0,
             jt::test::whole_run({{Transition::l1_accept, {915, 0}, 300, 64, 7},      // 85 s before
                                  {Transition::l1_accept, {1085, 0}, 660, 64, 8}}));  // 84 s after
  RecordedRun run(made.files());
  std::vector<std::size_t> joined;
  while (const RawEvent* event = run.next())
    if (event->service == Transition::l1_accept) joined.push_back(event->joined.size());
  EXPECT_THAT(joined, ElementsAre(0u, 1u));
  EXPECT_EQ(run.counts()[SourceTrouble::control_without_shot], 1u);
}

TEST(control_streams, lose_datagrams_without_fiducial_or_shot_and_count_them) {
  HandMadeRun made;
  made.write(0, 0,
             jt::test::whole_run({{Transition::l1_accept, {1000, 0}, 300, 64, 0},
                                  {Transition::l1_accept, {1000, 9}, 306, 64, 1}}));
  made.write(80, 0,
             jt::test::whole_run({{Transition::l1_accept, {1000, 0}, 300, 64, 10},
                                  {Transition::l1_accept, {1000, 1}, 131040, 64, 11},
                                  {Transition::l1_accept, {1000, 2}, 303, 64, 12},
                                  {Transition::l1_accept, {1000, 3}, 306, 64, 13},
                                  {Transition::l1_accept, {1000, 4}, 309, 64, 14}}));
  RecordedRun run(made.files());
  std::vector<std::uint32_t> joined;
  bool configure_joined = false;
  while (const RawEvent* event = run.next()) {
    for (const auto& datagram : event->joined) {
      if (event->service == Transition::l1_accept) joined.push_back(jt::test::number_of(datagram.bytes));
      if (event->service == Transition::configure) configure_joined = true;
    }
  }
  EXPECT_THAT(joined, ElementsAre(10u, 13u));
  EXPECT_TRUE(configure_joined);
  EXPECT_EQ(run.counts()[SourceTrouble::control_no_fiducial], 1u);
  EXPECT_EQ(run.counts()[SourceTrouble::control_without_shot], 2u);
}

TEST(control_streams, are_not_disturbed_by_a_shot_without_fiducial) {
  HandMadeRun made;
  made.write(0, 0,
             jt::test::whole_run({{Transition::l1_accept, {1000, 500}, 131071, 64, 0},
                                  {Transition::l1_accept, {1000, 900}, 303, 64, 1}}));
  made.write(80, 0, jt::test::whole_run({{Transition::l1_accept, {999, 0}, 303, 64, 10}}));  // a slow clock
  RecordedRun run(made.files());
  std::vector<std::size_t> joined;
  while (const RawEvent* event = run.next())
    if (event->service == Transition::l1_accept) joined.push_back(event->joined.size());
  EXPECT_THAT(joined, ElementsAre(0u, 1u));
}

TEST(control_streams, are_the_run_when_nothing_else_is_named) {
  const std::vector<std::filesystem::path> paths = {jt::test::golden_root() /
                                                    "xcs/xcsjt1236/xtc/e1236-r0021-s80-c00.xtc"};
  RecordedRun run(jt::sources::run_of_paths(paths));
  std::size_t shots = 0;
  while (const RawEvent* event = run.next()) shots += event->service == Transition::l1_accept ? 1 : 0;
  EXPECT_EQ(shots, 30u);
}

}  // namespace
