// The smalldata index: right where it points, never needed to be right, and a shot that the filter does not
// want never touches the run's big file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "formats/xtc/smalldata.hpp"
#include "golden_run.hpp"
#include "hand_made.hpp"

namespace {

using jt::formats::Transition;
using jt::sources::Fetch;
using jt::sources::RawEvent;
using jt::sources::RecordedRun;
using jt::sources::SourceTrouble;
using jt::test::ByteVector;
using jt::test::HandMadeRun;
using testing::ElementsAre;
using testing::SizeIs;

// ---- golden indexes

TEST(index, every_small_shot_points_to_its_datagram_in_the_golden_runs) {
  for (const int run_number : {20, 21, 22, 24, 27, 28, 40}) {
    const auto manifest = jt::test::xcs_manifest(run_number);
    std::map<std::pair<std::string, std::uint64_t>, std::string> told;  // file, offset -> header of the file
    for (const auto& row : manifest["datagrams"])
      told[{row["file"], row["offset"]}] = row["hdr_hex"].get<std::string>();
    std::size_t shots = 0;
    RecordedRun run(jt::test::xcs_run(run_number), {.filter = [&](const RawEvent& shot) {
                      EXPECT_TRUE(shot.from_index);
                      const auto found = told.find({std::string(shot.main.file), shot.main.offset});
                      EXPECT_NE(found, told.end()) << run_number << " " << shot.main.offset;
                      // All but the extent of the root is as in the file.
                      if (found != told.end()) {
                        EXPECT_EQ(jt::test::hex(shot.main.bytes.first(36)), found->second.substr(0, 72));
                      }
                      ++shots;
                      return Fetch::skip;
                    }});
    while (run.next() != nullptr) {
    }
    EXPECT_EQ(shots, manifest["events"].size()) << run_number;
    EXPECT_EQ(run.counts().total(), 0u) << run_number;
  }
}

TEST(index, the_empty_shots_that_an_index_leaves_out_are_read_from_the_file) {
  // Run 23 holds two shots that the indexer found nothing in: an empty root, and an incomplete one.
  const auto manifest = jt::test::xcs_manifest(23);
  std::vector<std::string> cases;
  std::size_t number = 0;
  RecordedRun run(jt::test::xcs_run(23), {.filter = [&](const RawEvent& shot) {
                    if (!shot.from_index) cases.push_back(manifest["events"][number]["case"]);
                    ++number;
                    return Fetch::small;
                  }});
  while (run.next() != nullptr) {
  }
  EXPECT_EQ(number, 40u);
  EXPECT_EQ(run.counts()[SourceTrouble::not_in_index], cases.size());
  EXPECT_EQ(run.counts().total(), cases.size());
  EXPECT_THAT(cases, testing::IsSubsetOf(std::vector<std::string>{
                         "empty_root", "root_incomplete_contribution", "child_extent_zero"}));
  EXPECT_THAT(cases, testing::Contains("empty_root"));
}

// ---- what the filter saves

TEST(index, unwanted_shots_never_touch_the_big_file) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(50, 300, 100000));
  made.write_with_index(0, 0, datagrams);
  ByteVector bytes = jt::test::file_of(datagrams);
  // Whatever belongs to an unwanted shot (headers too) becomes garbage; transitions and shot 20 stay.
  std::size_t at = 0;
  for (const auto& datagram : datagrams) {
    const std::size_t size = jt::test::datagram(datagram).size();
    if (datagram.service == Transition::l1_accept && datagram.number != 20)
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, std::byte{0xff});
    at += size;
  }
  jt::test::write_bytes(made.path(0, 0), bytes);

  std::uint32_t asked = 0;
  RecordedRun run(made.files(), {.filter = [&](const RawEvent& shot) {
                    EXPECT_TRUE(shot.from_index);
                    return asked++ == 20 ? Fetch::big : Fetch::skip;
                  }});
  std::vector<Transition> services;
  while (const RawEvent* event = run.next()) {
    services.push_back(event->service);
    if (event->service == Transition::l1_accept) {
      EXPECT_EQ(ByteVector(event->main.bytes.begin(), event->main.bytes.end()),
                jt::test::datagram(datagrams[4 + 20]));
    }
  }
  EXPECT_THAT(services, ElementsAre(Transition::configure, Transition::begin_run,
                                    Transition::begin_calib_cycle, Transition::enable, Transition::l1_accept,
                                    Transition::disable, Transition::end_calib_cycle, Transition::end_run));
  EXPECT_EQ(run.counts().total(), 0u);
  EXPECT_EQ(asked, 50u);
  // One shot, seven transitions of 124 bytes (looked at, then read), and the first header once more.
  EXPECT_LE(run.bytes_read().files, 100060u + 7 * (40 + 124) + 40);
}

TEST(index, small_forms_are_given_out_without_the_big_file) {
  HandMadeRun made;
  made.write_with_index(0, 0, jt::test::whole_run(jt::test::shots(50, 300, 100000)));
  RecordedRun run(made.files(), {.filter = [](const RawEvent&) { return Fetch::small; }});
  std::uint64_t small = 0;
  while (const RawEvent* event = run.next()) {
    if (event->service != Transition::l1_accept) continue;
    EXPECT_TRUE(event->from_index);
    EXPECT_LT(event->main.bytes.size(), 200u);
    ++small;
  }
  EXPECT_EQ(small, 50u);
  EXPECT_LT(run.bytes_read().files, 3000u);
}

TEST(index, one_shot_by_its_number_reads_one_shot) {
  HandMadeRun made;
  const auto shots = jt::test::shots(60, 300, 100000);
  made.write_with_index(0, 0, jt::test::whole_run({shots.begin(), shots.begin() + 20}));
  made.write_with_index(1, 0, jt::test::whole_run({shots.begin() + 20, shots.end()}));
  for (const std::uint64_t wanted : {std::uint64_t{0}, std::uint64_t{37}, std::uint64_t{59}}) {
    RecordedRun run(made.files(), {.shots = jt::sources::ShotRange{wanted, 1}});
    std::vector<std::uint32_t> numbers;
    while (const RawEvent* event = run.next())
      if (event->service == Transition::l1_accept) numbers.push_back(jt::test::number_of(event->main.bytes));
    EXPECT_THAT(numbers, ElementsAre(wanted));
    EXPECT_LT(run.bytes_read().files, 110000u);
  }
}

TEST(index, shots_out_of_range_are_passed_without_their_payload_where_there_is_no_index) {
  HandMadeRun made;
  made.write(0, 0, jt::test::whole_run(jt::test::shots(60, 300, 300000)));
  RecordedRun run(made.files(), {.shots = jt::sources::ShotRange{57, 2}});
  std::vector<std::uint32_t> numbers;
  while (const RawEvent* event = run.next())
    if (event->service == Transition::l1_accept) numbers.push_back(jt::test::number_of(event->main.bytes));
  EXPECT_THAT(numbers, ElementsAre(57u, 58u));
  EXPECT_LT(run.bytes_read().files, 4000000u) << "of 18 MB";
  EXPECT_EQ(run.counts()[SourceTrouble::index_missing], 1u);
}

// ---- indexes that are wrong

struct WrongIndex {
  std::string what;
  std::function<void(const HandMadeRun& made, ByteVector& index)> spoil;
  SourceTrouble counted;
};

std::ostream& operator<<(std::ostream& out, const WrongIndex& wrong) { return out << wrong.what; }

// The position in the index of its `number`th shot (of whole_run: four transitions of 124 bytes before).
std::size_t small_shot(std::size_t number) { return 4 * 124 + number * (40 + 32 + 36); }

void overwrite(ByteVector& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

class wrong_index : public testing::TestWithParam<WrongIndex> {};

TEST_P(wrong_index, never_changes_what_is_read_and_is_counted) {
  HandMadeRun made;
  const auto shots = jt::test::shots(30, 300, 2048);
  const auto datagrams = jt::test::whole_run(shots);
  made.write(0, 0, datagrams);
  ByteVector index = jt::test::index_of(datagrams);
  jt::test::write_bytes(made.index(0, 0), index);
  GetParam().spoil(made, index);
  if (!index.empty()) jt::test::write_bytes(made.index(0, 0), index);

  RecordedRun run(made.files(), {.filter = [](const RawEvent&) { return Fetch::big; }});
  ByteVector all;
  while (const RawEvent* event = run.next())
    all.insert(all.end(), event->main.bytes.begin(), event->main.bytes.end());
  EXPECT_EQ(all, jt::test::file_of(datagrams));
  EXPECT_GE(run.counts()[GetParam().counted], 1u);
  EXPECT_EQ(run.counts().total(), run.counts()[GetParam().counted]);
}

INSTANTIATE_TEST_SUITE_P(
    kinds, wrong_index,
    testing::Values(
        WrongIndex{"missing",
                   [](const HandMadeRun& made, ByteVector& index) {
                     std::filesystem::remove(made.index(0, 0));
                     index.clear();
                   },
                   SourceTrouble::index_missing},
        WrongIndex{"a_folder",
                   [](const HandMadeRun& made, ByteVector& index) {
                     std::filesystem::remove(made.index(0, 0));
                     std::filesystem::create_directory(made.index(0, 0));
                     index.clear();
                   },
                   SourceTrouble::index_unreadable},
        WrongIndex{"cut_in_a_header",
                   [](const HandMadeRun&, ByteVector& index) { index.resize(small_shot(10) + 17); },
                   SourceTrouble::index_cut},
        WrongIndex{"cut_in_a_payload",
                   [](const HandMadeRun&, ByteVector& index) { index.resize(small_shot(10) + 60); },
                   SourceTrouble::index_cut},
        WrongIndex{"ends_early", [](const HandMadeRun&, ByteVector& index) { index.resize(small_shot(10)); },
                   SourceTrouble::index_cut},
        WrongIndex{"garbage_after_a_while",
                   [](const HandMadeRun&, ByteVector& index) {
                     std::fill(index.begin() + static_cast<std::ptrdiff_t>(small_shot(10)), index.end(),
                               std::byte{0xa5});
                   },
                   SourceTrouble::index_cut},
        WrongIndex{"of_another_file",
                   [](const HandMadeRun&, ByteVector& index) { overwrite(index, 4, 12345); },  // its seconds
                   SourceTrouble::index_of_another_file},
        WrongIndex{"an_offset_too_small",
                   [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(10) + 60, 8); },
                   SourceTrouble::index_mismatch},
        WrongIndex{"an_offset_past_the_end",
                   [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(10) + 64, 8); },
                   SourceTrouble::index_mismatch},
        WrongIndex{
            "a_negative_offset",
            [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(10) + 64, 0x80000000); },
            SourceTrouble::index_mismatch},
        WrongIndex{"a_wrong_size",
                   [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(10) + 68, 1024); },
                   SourceTrouble::index_mismatch},
        WrongIndex{
            "a_hostile_size",
            [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(10) + 68, 0xfffffffc); },
            SourceTrouble::index_mismatch},
        WrongIndex{"shots_of_other_pulses",
                   [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(10) + 12, 99); },
                   SourceTrouble::index_mismatch},
        WrongIndex{"without_origins",
                   [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(0) + 52, 2); },
                   SourceTrouble::index_mismatch},
        WrongIndex{
            "an_origin_leaf_too_long",
            [](const HandMadeRun&, ByteVector& index) { overwrite(index, small_shot(10) + 56, 0xfffffff0); },
            SourceTrouble::index_mismatch},
        WrongIndex{"empty",
                   [](const HandMadeRun& made, ByteVector& index) {
                     jt::test::write_bytes(made.index(0, 0), {});
                     index.clear();
                   },
                   SourceTrouble::index_cut}),
    [](const auto& info) { return info.param.what; });

TEST(index, offers_no_shot_that_a_cut_file_does_not_hold) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(30, 300, 2048));
  made.write_with_index(0, 0, datagrams);
  std::filesystem::resize_file(made.path(0, 0), 4 * 124 + 12 * 2108 + 1000);  // twelve shots and a bit
  for (const Fetch fetch : {Fetch::skip, Fetch::small, Fetch::big}) {
    RecordedRun run(made.files(), {.filter = [&](const RawEvent&) { return fetch; }});
    while (run.next() != nullptr) {
    }
    EXPECT_EQ(run.shots_seen(), 12u);
    EXPECT_EQ(run.counts()[SourceTrouble::index_mismatch], 1u);
    EXPECT_EQ(run.counts()[SourceTrouble::cut_in_payload], 1u);
    EXPECT_THAT(run.notes(), ElementsAre(testing::HasSubstr("cut in a payload after 12 shots")));
  }
}

TEST(index, leads_past_garbage_in_the_big_file) {
  HandMadeRun made;
  const auto datagrams = jt::test::whole_run(jt::test::shots(30, 300, 2048));
  made.write_with_index(0, 0, datagrams);
  ByteVector bytes = jt::test::file_of(datagrams);
  ByteVector index = jt::test::index_of(datagrams);
  // Shot 10 is garbage in the file and was left out by the indexer.
  std::fill_n(bytes.begin() + 4 * 124 + 10 * 2108, 2108, std::byte{0xff});
  index.erase(index.begin() + static_cast<std::ptrdiff_t>(small_shot(10)),
              index.begin() + static_cast<std::ptrdiff_t>(small_shot(11)));
  jt::test::write_bytes(made.path(0, 0), bytes);
  jt::test::write_bytes(made.index(0, 0), index);
  RecordedRun run(made.files(), {.filter = [](const RawEvent&) { return Fetch::big; }});
  std::vector<std::uint32_t> numbers;
  bool ended = false;
  while (const RawEvent* event = run.next()) {
    if (event->service == Transition::l1_accept) numbers.push_back(jt::test::number_of(event->main.bytes));
    ended = event->service == Transition::end_run;
  }
  EXPECT_THAT(numbers, SizeIs(29));
  EXPECT_TRUE(ended);
  EXPECT_EQ(run.counts()[SourceTrouble::bad_header], 1u);
}

}  // namespace
