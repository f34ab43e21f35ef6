// Golden runs against their manifests: which datagrams come, in which order, with which bytes.
#include "golden_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using jt::formats::Transition;
using jt::sources::Fetch;
using jt::sources::RawEvent;
using jt::sources::ReadOptions;
using jt::sources::RecordedRun;
using jt::sources::SourceTrouble;
using jt::test::GoldenRun;
using jt::test::Seen;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Seen> every_datagram(const jt::sources::RunFiles& files) {
  RecordedRun run(files, {.give = ReadOptions::Give::every_datagram});
  std::vector<Seen> all;
  while (const RawEvent* event = run.next()) {
    EXPECT_THAT(event->joined, IsEmpty());
    all.push_back(jt::test::seen(event->main));
  }
  return all;
}

std::vector<Seen> told(const nlohmann::json& manifest) {
  std::vector<Seen> all;
  for (const auto& row : manifest["datagrams"]) all.push_back(jt::test::seen(row));
  return all;
}

void expect_same(const std::vector<Seen>& found, const std::vector<Seen>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i], wanted[i]) << "datagram " << i << ": " << found[i].file << " " << found[i].offset
                                   << ", told " << wanted[i].file << " " << wanted[i].offset;
  }
}

// The shots of a manifest in order, as given out in merged form.
std::vector<Seen> told_shots(const nlohmann::json& manifest) {
  std::vector<Seen> shots;
  for (const Seen& datagram : told(manifest))
    if (datagram.service == Transition::l1_accept && datagram.file.find("-s80-") == std::string::npos)
      shots.push_back(datagram);
  return shots;
}

class golden_run : public testing::TestWithParam<GoldenRun> {
 protected:
  // The run and its manifest; false when the larger golden set is needed and not there.
  bool load() {
    auto root = jt::test::golden_root();
    const GoldenRun& golden = GetParam();
    const bool committed = golden.hutch == "xcs" || golden.prefix == "mfxl1038923";
    if (!committed) {
      if (!jt::test::large_golden()) return false;
      root = *jt::test::large_golden() / "xtc";
    }
    files = jt::test::golden_files(golden, root);
    manifest = jt::test::manifest(golden, root);
    return true;
  }
  jt::sources::RunFiles files;
  nlohmann::json manifest;
};

#define LOAD_OR_SKIP() \
  if (!load()) JT_NEEDS_LARGE_GOLDEN()

TEST_P(golden_run, gives_every_datagram_of_the_manifest_in_its_order) {
  LOAD_OR_SKIP();
  expect_same(every_datagram(files), told(manifest));
}

TEST_P(golden_run, gives_every_shot_once_in_order_when_merged) {
  LOAD_OR_SKIP();
  RecordedRun run(files);
  std::vector<Seen> shots;
  while (const RawEvent* event = run.next()) {
    EXPECT_FALSE(event->from_index);
    if (event->service == Transition::l1_accept) shots.push_back(jt::test::seen(event->main));
  }
  expect_same(shots, told_shots(manifest));
  EXPECT_EQ(run.counts().total(), 0u);
  EXPECT_THAT(run.notes(), IsEmpty());
  EXPECT_EQ(run.shots_seen(), shots.size());
}

TEST_P(golden_run, gives_the_same_datagrams_when_fetched_through_the_index) {
  LOAD_OR_SKIP();
  std::uint64_t asked = 0;
  RecordedRun run(files, {.filter = [&](const RawEvent&) { return ++asked, Fetch::big; }});
  std::vector<Seen> shots;
  while (const RawEvent* event = run.next())
    if (event->service == Transition::l1_accept) shots.push_back(jt::test::seen(event->main));
  expect_same(shots, told_shots(manifest));
  EXPECT_EQ(asked, shots.size());
  for (const auto& chunk : run.summary()) EXPECT_TRUE(chunk.index_used) << chunk.name;
  EXPECT_EQ(run.counts().total(), run.counts()[SourceTrouble::not_in_index]);
}

INSTANTIATE_TEST_SUITE_P(
    runs, golden_run,
    testing::Values(GoldenRun{"xcs", "xcsjt1236", "e1236", 20}, GoldenRun{"xcs", "xcsjt1236", "e1236", 21},
                    GoldenRun{"xcs", "xcsjt1236", "e1236", 22}, GoldenRun{"xcs", "xcsjt1236", "e1236", 23},
                    GoldenRun{"xcs", "xcsjt1236", "e1236", 24}, GoldenRun{"xcs", "xcsjt1236", "e1236", 27},
                    GoldenRun{"xcs", "xcsjt1236", "e1236", 28}, GoldenRun{"xcs", "xcsjt1236", "e1236", 40},
                    GoldenRun{"mfx", "mfxl1038923", "mfxl1038923", 30},
                    GoldenRun{"mfx", "mfxjt1234", "e1234", 10}, GoldenRun{"mfx", "mfxjt1234", "e1234", 11},
                    GoldenRun{"mfx", "mfxjt1234", "e1234", 12}, GoldenRun{"cxi", "cxijt1235", "e1235", 13},
                    GoldenRun{"cxi", "cxijt1235", "e1235", 14}, GoldenRun{"cxi", "cxijt1235", "e1235", 15},
                    GoldenRun{"cxi", "cxijt1235", "e1235", 16}, GoldenRun{"cxi", "cxijt1235", "e1235", 17}),
    [](const auto& info) { return info.param.experiment + "_" + std::to_string(info.param.run); });

}  // namespace
