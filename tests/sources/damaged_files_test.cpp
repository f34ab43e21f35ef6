// Files that are cut, empty or garbage: what is whole is used, the rest is counted and said in words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "golden_run.hpp"
#include "hand_made.hpp"

namespace {

using jt::formats::Transition;
using jt::sources::RawEvent;
using jt::sources::ReadOptions;
using jt::sources::RecordedRun;
using jt::sources::SourceCounts;
using jt::sources::SourceTrouble;
using jt::test::ByteVector;
using jt::test::HandMade;
using jt::test::HandMadeRun;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Outcome {
  std::size_t shots = 0, transitions = 0;
  ByteVector bytes;
  SourceCounts counts;
  std::vector<std::string> notes;
};

Outcome read(const jt::sources::RunFiles& files, const ReadOptions& options = {}) {
  RecordedRun run(files, options);
  Outcome outcome;
  while (const RawEvent* event = run.next()) {
    (event->service == Transition::l1_accept ? outcome.shots : outcome.transitions) += 1;
    outcome.bytes.insert(outcome.bytes.end(), event->main.bytes.begin(), event->main.bytes.end());
  }
  EXPECT_EQ(run.next(), nullptr) << "the end stays the end";
  outcome.counts = run.counts();
  outcome.notes = run.notes();
  return outcome;
}

// How a golden run of the truncated kind should end, both read plainly and through its index.
void expect_cut(int run_number, SourceTrouble cause, const std::string& words) {
  const auto truth = nlohmann::json::parse(
      jt::test::read_text(jt::test::golden_root() / "xcs/xcsjt1236/manifest/truncated.json"));
  const std::size_t whole = truth["r00" + std::to_string(run_number)]["complete_L1Accept"];
  const auto files = jt::test::xcs_run(run_number);
  for (const bool through_index : {false, true}) {
    ReadOptions options;
    if (through_index) options.filter = [](const RawEvent&) { return jt::sources::Fetch::big; };
    const Outcome outcome = read(files, options);
    EXPECT_EQ(outcome.shots, whole);
    EXPECT_EQ(outcome.transitions, 4u);  // Configure, BeginRun, BeginCalibCycle, Enable
    EXPECT_EQ(outcome.counts[cause], 1u);
    EXPECT_EQ(outcome.counts[SourceTrouble::no_end_run], 1u);
    ASSERT_THAT(outcome.notes, ElementsAre(HasSubstr(words)));
    EXPECT_THAT(outcome.notes[0], HasSubstr("s00-c00"));
    EXPECT_THAT(outcome.notes[0], HasSubstr("after 12 shots"));
  }
}

TEST(golden_run_25, is_cut_in_a_payload_after_12_shots) {
  expect_cut(25, SourceTrouble::cut_in_payload, "cut in a payload");
}

TEST(golden_run_26, is_cut_in_a_header_after_12_shots) {
  expect_cut(26, SourceTrouble::cut_in_header, "cut in a header");
}

TEST(golden_run_29, is_empty_and_says_so) {
  const Outcome outcome = read(jt::test::xcs_run(29));
  EXPECT_EQ(outcome.shots + outcome.transitions, 0u);
  EXPECT_EQ(outcome.counts[SourceTrouble::empty_file], 1u);
  EXPECT_THAT(outcome.notes, ElementsAre("s00-c00 is empty"));
}

TEST(damaged_files, end_at_a_header_that_cannot_be_one) {
  for (const std::uint32_t extent : {0u, 19u, 22u}) {
    HandMadeRun made;
    auto bytes = jt::test::file_of(jt::test::whole_run(jt::test::shots(5, 300, 64)));
    const std::size_t third_shot = 4 * 124 + 2 * 124;
    std::memcpy(bytes.data() + third_shot + 36, &extent, 4);
    jt::test::write_bytes(made.path(0, 0), bytes);
    const Outcome outcome = read(made.files());
    EXPECT_EQ(outcome.shots, 2u);
    EXPECT_EQ(outcome.counts[SourceTrouble::bad_header], 1u);
    EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("no readable datagram at byte 744")));
  }
}

TEST(damaged_files, with_a_size_that_goes_past_their_end_are_not_believed) {
  for (const std::uint32_t extent : {0xfffffffcu, 0x7ffffffcu, 0x3fffff00u, 0x100000u}) {
    HandMadeRun made;
    auto bytes = jt::test::file_of(jt::test::whole_run(jt::test::shots(5, 300, 64)));
    std::memcpy(bytes.data() + 4 * 124 + 36, &extent, 4);
    jt::test::write_bytes(made.path(0, 0), bytes);
    const Outcome outcome = read(made.files());
    EXPECT_EQ(outcome.shots, 0u);
    const bool too_large = extent > 0x40000000u;  // no datagram of the DAQ is
    EXPECT_EQ(outcome.counts[SourceTrouble::too_large], too_large ? 1u : 0u);
    EXPECT_EQ(outcome.counts[SourceTrouble::cut_in_payload], too_large ? 0u : 1u);
  }
}

TEST(damaged_files, are_read_in_full_up_to_any_cut) {
  HandMadeRun made;
  auto datagrams = jt::test::whole_run(jt::test::shots(3, 300, 8));
  for (HandMade& datagram : datagrams) datagram.payload_size = 4;
  const auto bytes = jt::test::file_of(datagrams);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::span<const std::byte> cut(bytes.data(), size);
    jt::test::write_bytes(made.path(0, 0), cut);
    const Outcome outcome = read(made.files());
    EXPECT_TRUE(std::equal(outcome.bytes.begin(), outcome.bytes.end(), cut.begin())) << size;
    EXPECT_GE(outcome.counts.total() + (size == bytes.size() ? 1 : 0), 1u) << size;
    EXPECT_LT(size - outcome.bytes.size(), 64u) << size;  // less than one datagram is lost
  }
}

TEST(damaged_files, do_not_keep_the_other_streams_from_being_read) {
  HandMadeRun made;
  const auto shots = jt::test::shots(40, 300, 64);
  std::vector<HandMade> even, odd;
  for (const HandMade& shot : shots) (shot.number % 2 == 0 ? even : odd).push_back(shot);
  made.write(0, 0, jt::test::whole_run(even));
  auto bytes = jt::test::file_of(jt::test::whole_run(odd));
  bytes.resize(4 * 124 + 5 * 124 + 50);  // five shots and a bit
  jt::test::write_bytes(made.path(1, 0), bytes);
  const Outcome outcome = read(made.files());
  EXPECT_EQ(outcome.shots, 25u);
  EXPECT_EQ(outcome.transitions, 7u);
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("s01-c00 is cut in a payload after 5 shots")));
}

TEST(damaged_files, go_on_with_the_next_chunk) {
  HandMadeRun made;
  const auto run = jt::test::whole_run(jt::test::shots(30, 300, 64));
  auto first = jt::test::file_of({run.begin(), run.begin() + 14});
  first.resize(first.size() - 10);
  jt::test::write_bytes(made.path(0, 0), first);
  made.write(0, 1, {run.begin() + 14, run.end()});
  const Outcome outcome = read(made.files());
  EXPECT_EQ(outcome.shots, 29u);
  EXPECT_EQ(outcome.transitions, 7u);
  EXPECT_EQ(outcome.counts[SourceTrouble::cut_in_payload], 1u);
  EXPECT_EQ(outcome.counts.total(), 1u);
}

// Two calib cycles of four shots each; `number` counts all datagrams.
std::vector<HandMade> two_cycles() {
  std::vector<HandMade> run;
  const auto add = [&](Transition service) {
    const auto number = static_cast<std::uint32_t>(run.size());
    run.push_back({service, {1000 + number, 0}, 3 * number + 300, 64, number});
  };
  add(Transition::configure);
  for (int cycle = 0; cycle < 2; ++cycle) {
    add(Transition::begin_calib_cycle);
    add(Transition::enable);
    for (int shot = 0; shot < 4; ++shot) add(Transition::l1_accept);
    add(Transition::disable);
    add(Transition::end_calib_cycle);
  }
  add(Transition::end_run);
  return run;
}

TEST(damaged_files, keep_the_order_although_the_end_of_a_calib_cycle_was_lost) {
  HandMadeRun made;
  const auto run = two_cycles();  // shots are 3-6 and 11-14, the cycle changes in 7-10
  std::vector<HandMade> even, odd;
  for (const HandMade& datagram : run) {
    const bool shot = datagram.service == Transition::l1_accept;
    if (!shot || datagram.number % 2 == 0) even.push_back(datagram);
    if ((!shot || datagram.number % 2 == 1) && (datagram.number < 6 || datagram.number > 10))
      odd.push_back(datagram);
  }
  made.write(0, 0, even);
  made.write(1, 0, {odd.begin(), odd.begin() + 5});
  made.write(1, 2, {odd.begin() + 5, odd.end()});  // c01 is missing: it held 6 to 10
  RecordedRun reader(made.files());
  std::vector<std::uint32_t> numbers;
  while (const RawEvent* event = reader.next()) numbers.push_back(jt::test::number_of(event->main.bytes));
  std::vector<std::uint32_t> all(run.size());
  for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
  EXPECT_EQ(numbers, all);
}

TEST(damaged_files, join_a_control_stream_again_after_a_part_of_it_was_lost) {
  HandMadeRun made;
  const auto run = two_cycles();
  made.write(0, 0, run);
  made.write(80, 0, {run.begin(), run.begin() + 5});
  made.write(80, 2, {run.begin() + 12, run.end()});
  RecordedRun reader(made.files());
  std::vector<std::uint32_t> joined;
  while (const RawEvent* event = reader.next())
    if (!event->joined.empty()) joined.push_back(jt::test::number_of(event->joined[0].bytes));
  EXPECT_THAT(joined, ElementsAre(0u, 1u, 2u, 3u, 4u, 12u, 13u, 14u, 15u, 16u, 17u));
}

TEST(damaged_files, join_a_control_stream_again_after_a_part_of_the_run_was_lost) {
  HandMadeRun made;
  const auto run = two_cycles();
  made.write(0, 0, {run.begin(), run.begin() + 5});
  made.write(0, 2, {run.begin() + 12, run.end()});
  made.write(80, 0, run);
  RecordedRun reader(made.files());
  std::vector<std::uint32_t> joined;
  while (const RawEvent* event = reader.next())
    if (!event->joined.empty()) joined.push_back(jt::test::number_of(event->joined[0].bytes));
  EXPECT_THAT(joined, ElementsAre(0u, 1u, 2u, 3u, 4u, 12u, 13u, 14u, 15u, 16u, 17u));
}

TEST(damaged_files, tell_of_a_missing_chunk_and_of_a_missing_beginning) {
  HandMadeRun made;
  const auto run = jt::test::whole_run(jt::test::shots(30, 300, 64));
  made.write(0, 1, {run.begin() + 10, run.begin() + 20});
  made.write(0, 3, {run.begin() + 24, run.end()});
  const Outcome outcome = read(made.files());
  EXPECT_EQ(outcome.shots, 20u);
  EXPECT_EQ(outcome.counts[SourceTrouble::missing_chunk], 1u);
  EXPECT_EQ(outcome.counts[SourceTrouble::no_configure], 1u);
  EXPECT_THAT(outcome.notes, ElementsAre(HasSubstr("s00-c01 does not begin with Configure"),
                                         HasSubstr("s00-c01 is followed by c03")));
}

TEST(damaged_files, that_shrink_while_they_are_read_end_there) {
  HandMadeRun made;
  made.write(0, 0, jt::test::whole_run(jt::test::shots(30, 300, 400000)));
  RecordedRun run(made.files());
  std::size_t shots = 0;
  while (const RawEvent* event = run.next()) {
    shots += event->service == Transition::l1_accept ? 1 : 0;
    if (shots == 3) std::filesystem::resize_file(made.path(0, 0), 5000000);
  }
  EXPECT_EQ(shots, 12u);  // 4 transitions and 12 shots of 400060 bytes lie before byte 5000000
  EXPECT_EQ(run.counts()[SourceTrouble::cut_in_payload], 1u);
}

TEST(damaged_files, that_cannot_be_opened_say_why) {
  HandMadeRun made;
  made.write(0, 0, jt::test::whole_run(jt::test::shots(3)));
  const auto files = made.files();
  std::filesystem::remove(made.path(0, 0));
  try {
    RecordedRun run(files);
    FAIL() << "opened a file that is not there";
  } catch (const jt::SetupError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot open"));
    EXPECT_THAT(error.what(), HasSubstr("No such file"));
  }
}

TEST(damaged_files, have_a_name_and_words_for_every_cause) {
  std::set<std::string_view> names, words;
  for (std::size_t i = 0; i < SourceCounts::size; ++i) words.insert(in_words(static_cast<SourceTrouble>(i)));
  EXPECT_EQ(words.size(), SourceCounts::size);
  EXPECT_FALSE(words.contains(""));
  for (std::size_t i = 0; i < SourceCounts::size; ++i) names.insert(name(static_cast<SourceTrouble>(i)));
  EXPECT_EQ(names.size(), SourceCounts::size);
  EXPECT_FALSE(names.contains(""));
}

}  // namespace
