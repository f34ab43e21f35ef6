// Golden runs through the shared memory, server and client as processes: every datagram as it lies in its
// file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "golden_run.hpp"
#include "monitor_bench.hpp"
#include "raw_monitor.hpp"
#include "sources/joined_datagram.hpp"

namespace jt::test {
namespace {

using sources::SharedMemoryServer;
using sources::SharedMemorySource;

constexpr std::size_t header_size = 40;

// Plays a run without losing anything, and goes.
Child::Work player_of(const std::string& tag, const sources::RunFiles& files) {
  return [=](int pipe) {
    const auto size = sources::size_of(files);
    SharedMemoryServer server(
        {.tag = tag, .buffer_size = static_cast<std::uint32_t>(size.largest_datagram), .lossless = true});
    write_line(pipe, std::to_string(size.shots));
    sources::RecordedRun run(files);
    std::vector<std::byte> room;
    while (const sources::RawEvent* event = run.next()) {
      const auto bytes = sources::joined_datagram(*event, room);
      serve(server, ByteVector(bytes.begin(), bytes.end()));
    }
    serve(server, transition(Transition::unmap));
    attend_until(server, [&] { return server.status().clients == 0; });
  };
}

ByteVector slice(const ByteVector& bytes, std::size_t offset, std::size_t size) {
  const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

class golden_shared_memory : public testing::TestWithParam<GoldenRun> {};

TEST_P(golden_shared_memory, every_shot_and_transition_arrives_as_it_lies_in_its_file) {
  const auto told = manifest(GetParam());
  const auto folder = golden_folders(GetParam(), golden_root()).folder;
  std::map<std::string, ByteVector> files;
  std::vector<ByteVector> wanted_shots;
  std::map<std::uint32_t, ByteVector> of_control;  // by fiducial
  std::vector<ByteVector> transitions_of_first_stream;
  for (const auto& row : told["datagrams"]) {
    const std::string file = row["file"];
    if (!files.contains(file)) files[file] = read_bytes(folder / "xtc" / file);
    const ByteVector bytes = slice(files[file], row["offset"], row["size"]);
    if (row["service"] != "L1Accept")
      transitions_of_first_stream.push_back(file.find("-s00-") != std::string::npos ? bytes : ByteVector{});
    else if (file.find("-s80-") != std::string::npos)
      of_control[row["fid"]] = bytes;
    else
      wanted_shots.push_back(bytes);
  }
  std::erase_if(transitions_of_first_stream, [](const ByteVector& one) { return one.empty(); });

  const std::string tag = fresh_tag();
  Child player(player_of(tag, golden_files(GetParam())));
  EXPECT_EQ(player.line(), std::to_string(wanted_shots.size()));
  SharedMemorySource source({.tag = tag, .end_on = Transition::unmap});
  std::size_t shots = 0, transitions = 0;
  auto deadline = Clock::now() + long_enough;  // for the next one
  while (!source.ended() && Clock::now() < deadline) {
    const auto event = source.next(100ms);
    if (!event) continue;
    deadline = Clock::now() + long_enough;
    const ByteVector got(event->raw().main.bytes.begin(), event->raw().main.bytes.end());
    const auto kind = event->raw().service;
    if (kind == Transition::map || kind == Transition::unmap) continue;  // not in files
    const auto& all = event->is_shot() ? wanted_shots : transitions_of_first_stream;
    std::size_t& number = event->is_shot() ? shots : transitions;
    ASSERT_LT(number, all.size());
    const ByteVector& wanted = all[number++];
    if (!event->is_shot() || !of_control.contains(event->header().fiducial.value)) {
      if (event->is_shot() || of_control.empty()) {
        ASSERT_EQ(got, wanted) << formats::name(kind) << " " << number - 1;
      } else {
        ASSERT_EQ(slice(got, header_size, wanted.size() - header_size),
                  slice(wanted, header_size, wanted.size() - header_size));
      }
      continue;
    }
    // With a control stream: its contributions after the shot's own.
    const ByteVector& joined = of_control[event->header().fiducial.value];
    ASSERT_EQ(got.size(), wanted.size() + joined.size() - header_size);
    ASSERT_EQ(slice(got, 0, 20), slice(wanted, 0, 20));
    ASSERT_EQ(slice(got, header_size, wanted.size() - header_size),
              slice(wanted, header_size, wanted.size() - header_size));
    ASSERT_EQ(slice(got, wanted.size(), joined.size() - header_size),
              slice(joined, header_size, joined.size() - header_size));
  }
  EXPECT_EQ(shots, wanted_shots.size());
  EXPECT_EQ(transitions, transitions_of_first_stream.size());
  EXPECT_EQ(source.status().not_ours, 0u);
  EXPECT_EQ(source.status().troubles.total(), 0u);
  source.stop();
  player.all_words();
  EXPECT_FALSE(memory_exists(tag));
}

INSTANTIATE_TEST_SUITE_P(
    runs, golden_shared_memory,
    testing::Values(GoldenRun{"xcs", "xcsjt1236", "e1236", 20}, GoldenRun{"xcs", "xcsjt1236", "e1236", 21},
                    GoldenRun{"xcs", "xcsjt1236", "e1236", 22}, GoldenRun{"xcs", "xcsjt1236", "e1236", 23},
                    GoldenRun{"xcs", "xcsjt1236", "e1236", 24}, GoldenRun{"xcs", "xcsjt1236", "e1236", 27},
                    GoldenRun{"xcs", "xcsjt1236", "e1236", 28}, GoldenRun{"xcs", "xcsjt1236", "e1236", 40},
                    GoldenRun{"mfx", "mfxl1038923", "mfxl1038923", 30}),
    [](const auto& info) { return info.param.hutch + std::to_string(info.param.run); });

}  // namespace
}  // namespace jt::test
