// The protocol's bytes against its description, and the bookkeeping below the server, all by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "hand_made.hpp"
#include "raw_monitor.hpp"
#include "sources/monitor_protocol.hpp"
#include "sources/server_buffers.hpp"
#include "sources/shared_memory_source.hpp"
#include "sources/shot_gaps.hpp"

namespace jt::test {
namespace {

using namespace sources;
using namespace sources::monitor;
using ::testing::ElementsAre;

std::vector<int> numbers(std::span<const std::byte> bytes) {
  std::vector<int> all;
  for (const std::byte one : bytes) all.push_back(std::to_integer<int>(one));
  return all;
}

TEST(MonitorProtocol, names_are_those_that_the_daq_uses) {
  const Names names("psana");
  EXPECT_EQ(names.shared_memory, "/PdsMonitorSharedMemory_psana");
  EXPECT_EQ(names.discovery, "/PdsFromMonitorDiscovery_psana");
  EXPECT_EQ(names.events(0), "/PdsToMonitorEvQueue_psana_0");
  EXPECT_EQ(names.events(12), "/PdsToMonitorEvQueue_psana_12");
  EXPECT_EQ(names.request, "/PdsRequestQueue_psana");
  EXPECT_EQ(names.shuffle, "/PdsShuffleQueue_psana");
}

TEST(MonitorProtocol, a_tag_that_cannot_be_part_of_a_name_is_refused) {
  EXPECT_THROW(Names(""), CallError);
  EXPECT_THROW(Names("a/b"), CallError);
  EXPECT_THROW(Names(std::string(201, 'x')), CallError);
  EXPECT_NO_THROW(Names(std::string(200, 'x')));
}

TEST(MonitorProtocol, a_message_has_its_16_bytes_where_they_belong) {
  // 8 buffers of events, 2 slots, distributed (back by queue 2), buffers of 2 MiB; buffer 3.
  const Message message{.index = 3, .buffers = 26, .slots = 2, .return_queue = 2, .buffer_size = 0x200000};
  EXPECT_THAT(numbers(encode(message)), ElementsAre(3, 0, 0, 0,     // i32 index
                                                    26, 2, 2, 0,    // buffers, slots, return queue
                                                    0, 0, 0x20, 0,  // size, 28 bits
                                                    0, 0, 0, 0));
  EXPECT_EQ(decode(encode(message)), message);
  // A port, and the largest size of 28 bits; what lies above the 28 bits is not ours.
  const Sixteen port = sixteen(32768, 255, 255, 255, 0xffffffff);
  const auto read = decode(std::as_bytes(std::span(port)));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->index, 32768);
  EXPECT_EQ(read->buffers, 255);
  EXPECT_EQ(read->return_queue, 255);
  EXPECT_EQ(read->buffer_size, 0x0fffffffu);
}

TEST(MonitorProtocol, anything_but_16_bytes_is_no_message) {
  const ByteVector bytes(17);
  EXPECT_FALSE(decode({}));
  EXPECT_FALSE(decode(std::span(bytes).first(15)));
  EXPECT_FALSE(decode(bytes));
}

TEST(MonitorProtocol, a_greeting_whose_numbers_do_not_fit_together_is_refused) {
  const Message good{.index = 1, .buffers = 26, .slots = 2, .return_queue = 0, .buffer_size = 4096};
  const auto layout = layout_of(good);
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->event_buffers, 8u);
  EXPECT_EQ(layout->slot, 1u);
  EXPECT_FALSE(layout->distributed);
  EXPECT_EQ(layout->memory_size(), 26u * 4096u);
  EXPECT_EQ(layout->queue_depth(), 4u);
  const auto with = [&](auto change) {
    Message message = good;
    change(message);
    return layout_of(message).has_value();
  };
  EXPECT_TRUE(with([](Message& m) { m.return_queue = 2; }));
  EXPECT_FALSE(with([](Message& m) { m.return_queue = 1; }));  // a queue of a client
  EXPECT_FALSE(with([](Message& m) { m.return_queue = 3; }));
  EXPECT_FALSE(with([](Message& m) { m.index = 2; }));
  EXPECT_FALSE(with([](Message& m) { m.index = -1; }));
  EXPECT_FALSE(with([](Message& m) { m.buffers = 18; }));
  EXPECT_FALSE(with([](Message& m) { m.slots = 0; }));
  EXPECT_FALSE(with([](Message& m) { m.buffer_size = 39; }));
}

TEST(MonitorProtocol, a_datagram_is_checked_against_its_buffer) {
  ByteVector buffer = datagram({Transition::l1_accept, {1000, 0}, 300, 64, 7});
  const std::size_t size = buffer.size();
  buffer.resize(4096);
  const InBuffer good = look_into(buffer);
  EXPECT_FALSE(good.bad);
  EXPECT_EQ(good.bytes.size(), size);
  EXPECT_TRUE(unchanged(good));
  const auto with_extent = [&](std::uint32_t extent) {
    std::memcpy(buffer.data() + 36, &extent, 4);
    return look_into(buffer).bad;
  };
  EXPECT_EQ(with_extent(4096 - 20), std::nullopt);  // fills the buffer exactly
  EXPECT_EQ(with_extent(4096 - 16), BadBuffer::too_large);
  EXPECT_EQ(with_extent(0xfffffffc), BadBuffer::too_large);
  EXPECT_EQ(with_extent(16), BadBuffer::bad_header);
  EXPECT_EQ(with_extent(21), BadBuffer::bad_header);
  EXPECT_EQ(look_into(std::span(buffer).first(39)).bad, BadBuffer::bad_header);
  EXPECT_FALSE(unchanged(good));  // and the first look is void
}

TEST(MonitorProtocol, a_place_in_shared_memory_is_written_as_psana_does) {
  EXPECT_EQ(shared_memory_options("psana").tag, "psana");
  EXPECT_FALSE(shared_memory_options("psana").end_on);
  EXPECT_EQ(shared_memory_options("MFX_sys.0:stop=no").tag, "MFX_sys");
  EXPECT_FALSE(shared_memory_options("psana.0:stop=none").end_on);
  EXPECT_EQ(shared_memory_options("psana.0:stop=endrun").end_on, Transition::end_run);
  EXPECT_EQ(shared_memory_options("a.b").tag, "a.b");
  EXPECT_THROW(shared_memory_options(""), CallError);
  EXPECT_THROW(shared_memory_options("psana:stop=never"), CallError);
  EXPECT_THROW(shared_memory_options("psana:go=on"), CallError);
}

// ---- shots that went elsewhere

TEST(ShotGaps, a_gap_in_the_event_vector_counts_the_shots_of_others) {
  ShotGaps gaps;
  for (const std::uint32_t vector : {1u, 2u, 5u, 6u}) gaps.add(vector, {300 + 3 * vector});
  EXPECT_EQ(gaps.not_ours(), 2u);  // 3 and 4
}

TEST(ShotGaps, the_first_shot_says_nothing_of_those_before_it) {
  ShotGaps gaps;
  gaps.add(500, {300});
  EXPECT_EQ(gaps.not_ours(), 0u);
}

TEST(ShotGaps, the_event_vector_wraps_after_15_bits) {
  ShotGaps gaps;
  gaps.add(32767, {300});
  gaps.add(1, {306});
  EXPECT_EQ(gaps.not_ours(), 1u);  // 0
}

TEST(ShotGaps, fiducials_tell_where_the_vector_stands_still) {
  ShotGaps gaps;
  gaps.add(0, {131034});
  gaps.add(0, {131037});
  gaps.add(0, {6});  // 131040 wraps to 0: 0 and 3 are missing
  EXPECT_EQ(gaps.not_ours(), 2u);
}

TEST(ShotGaps, a_shot_that_comes_late_was_ours_after_all) {
  ShotGaps gaps;
  for (const std::uint32_t vector : {1u, 4u, 2u, 5u}) gaps.add(vector, {300 + 3 * vector});
  EXPECT_EQ(gaps.not_ours(), 1u);  // 3
  EXPECT_EQ(gaps.out_of_order(), 1u);
}

TEST(ShotGaps, shots_without_a_fiducial_count_nothing) {
  ShotGaps gaps;
  gaps.add(0, {Fiducial::invalid});
  gaps.add(0, {90});
  gaps.add(0, {Fiducial::invalid});
  EXPECT_EQ(gaps.not_ours(), 0u);
}

// ---- the server's books

TEST(EventBuffers, a_buffer_that_was_not_given_cannot_come_back) {
  EventBuffers buffers(2);
  EXPECT_FALSE(buffers.take_back(0));
  buffers.give(0, 0);
  EXPECT_EQ(buffers.free_one(), 1);
  EXPECT_TRUE(buffers.take_back(0));
  EXPECT_FALSE(buffers.take_back(0));  // twice
  EXPECT_FALSE(buffers.take_back(-1));
  EXPECT_FALSE(buffers.take_back(2));
}

TEST(EventBuffers, a_dead_client_of_a_chain_may_have_held_what_does_not_come_back_in_time) {
  EventBuffers buffers(3);
  const EventBuffers::Time now{};
  buffers.give(0, 0);
  buffers.give(1, 0);
  buffers.suspect_all(now + std::chrono::seconds(5));
  buffers.give(2, 0);  // given later: not suspected
  EXPECT_TRUE(buffers.take_back(0));
  EXPECT_EQ(buffers.recover_suspects(now + std::chrono::seconds(4)), 0u);
  EXPECT_EQ(buffers.recover_suspects(now + std::chrono::seconds(5)), 1u);
  EXPECT_EQ(buffers.out(), 1u);
}

std::vector<Transition> kept_kinds(const TransitionBuffers& buffers) {
  std::vector<Transition> kinds;
  for (const auto& kept : buffers.kept()) kinds.push_back(kept.kind);
  return kinds;
}

TEST(TransitionBuffers, begin_transitions_are_kept_until_their_end_or_that_of_what_contains_them) {
  TransitionBuffers buffers(1);
  unsigned number = 0;
  for (const auto kind : {Transition::map, Transition::configure, Transition::begin_run,
                          Transition::begin_calib_cycle, Transition::enable})
    buffers.note(kind, number++);
  EXPECT_TRUE(buffers.enabled());
  EXPECT_EQ(kept_kinds(buffers).size(), 5u);
  buffers.note(Transition::disable, number++);
  EXPECT_FALSE(buffers.enabled());
  EXPECT_THAT(kept_kinds(buffers), ElementsAre(Transition::map, Transition::configure, Transition::begin_run,
                                               Transition::begin_calib_cycle));
  buffers.note(Transition::end_run, number++);  // the end of the calib cycle was lost
  EXPECT_THAT(kept_kinds(buffers), ElementsAre(Transition::map, Transition::configure));
  buffers.note(Transition::configure, number++);  // a new one replaces the old one
  EXPECT_THAT(kept_kinds(buffers), ElementsAre(Transition::map, Transition::configure));
  buffers.note(Transition::unmap, number++);
  EXPECT_TRUE(kept_kinds(buffers).empty());
}

TEST(TransitionBuffers, a_buffer_is_used_again_only_when_every_client_has_answered) {
  TransitionBuffers buffers(2);
  for (unsigned buffer = 0; buffer < 18; ++buffer) {
    ASSERT_EQ(buffers.free_one(), buffer);
    buffers.sent_to(0, buffer);
    buffers.sent_to(1, buffer);
  }
  EXPECT_FALSE(buffers.free_one());
  EXPECT_TRUE(buffers.answered_by(0, 7));
  EXPECT_FALSE(buffers.answered_by(0, 7));
  EXPECT_FALSE(buffers.answered_by(0, 18));
  EXPECT_FALSE(buffers.free_one());
  EXPECT_EQ(buffers.worst_client(), 1u);
  buffers.forget(1);
  EXPECT_EQ(buffers.free_one(), 7u);
}

}  // namespace
}  // namespace jt::test
