// The golden runs' smalldata indexes: small leaves as in the data, big ones by where they lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "formats/golden.hpp"
#include "formats/xtc/camera.hpp"
#include "formats/xtc/smalldata.hpp"

namespace jt::formats::xtc {
namespace {

using test::GoldenData;
using test::Json;

struct IndexedFile {
  std::vector<std::byte> data, index;
};

std::vector<IndexedFile> indexed_files(const std::vector<test::GoldenRun>& runs) {
  std::vector<IndexedFile> all;
  for (const test::GoldenRun& run : runs) {
    const GoldenData data(test::committed_runs(), run);
    for (const auto& [name, bytes] : data.files()) all.push_back({bytes, data.index(name)});
  }
  return all;
}

const std::vector<test::GoldenRun> runs = {{"xcs/xcsjt1236", "e1236-r0020"},
                                           {"xcs/xcsjt1236", "e1236-r0021"},
                                           {"xcs/xcsjt1236", "e1236-r0022"},
                                           {"xcs/xcsjt1236", "e1236-r0040"}};

std::string reading_text(const Event& event) {
  std::string text;
  for (const MonitorReading& one : event.readings)
    for (const double value : one.values)
      text += std::to_string(one.monitor) + ":" + std::to_string(value) + " ";
  for (const EventCode code : event.codes) text += std::to_string(code.value) + " ";
  return text;
}

TEST(Index, of_each_golden_run_says_the_same_of_its_shots_as_the_data_file) {
  std::size_t shots = 0;
  for (const IndexedFile& file : indexed_files(runs)) {
    Decoder from_data, from_index;
    Event event, small;
    for (const Bytes datagram : test::datagrams(file.index)) {
      const auto header = read_header(datagram);
      if (header->service == Transition::configure) {
        from_data.configure(test::datagrams(file.data).front());
        from_index.configure(datagram);
        EXPECT_EQ(from_index.configure_refusals().total(), 0u);
      }
      if (header->service != Transition::l1_accept) continue;
      from_index.decode(datagram, small);
      ASSERT_TRUE(from_index.original());
      const auto original = *from_index.original();
      ASSERT_LE(static_cast<std::size_t>(original.offset) + original.size(), file.data.size());
      const Bytes whole =
          Bytes(file.data).subspan(static_cast<std::size_t>(original.offset), original.size());
      from_data.decode(whole, event);
      EXPECT_EQ(event.time, small.time);
      EXPECT_EQ(event.fiducial, small.fiducial);
      EXPECT_EQ(reading_text(event), reading_text(small));
      EXPECT_EQ(event.refusals.total(), small.refusals.total());
      EXPECT_EQ(event.frames.size(), from_index.proxies().size());
      EXPECT_TRUE(small.frames.empty());
      ++shots;
    }
  }
  EXPECT_EQ(shots, 200u + 90u + 30u + 60u + 1200u);  // run 21: 90 shots, and 30 in its control stream
}

TEST(Index, has_proxies_that_point_at_the_original_leaf) {
  std::size_t proxies = 0;
  for (const IndexedFile& file : indexed_files(runs)) {
    Decoder decoder;
    decoder.configure(test::datagrams(file.index).front());
    Event event;
    for (const Bytes datagram : test::datagrams(file.index)) {
      if (read_header(datagram)->service != Transition::l1_accept) continue;
      decoder.decode(datagram, event);
      for (const Proxied& proxy : decoder.proxies()) {
        const XtcHeader leaf =
            read_xtc_header(Bytes(file.data).subspan(static_cast<std::size_t>(proxy.offset)));
        EXPECT_EQ(leaf.src, proxy.src);
        EXPECT_EQ(leaf.type.word, proxy.type.word);
        EXPECT_EQ(leaf.extent, proxy.extent);
        EXPECT_EQ(proxy.type.id(), type_frame);
        EXPECT_TRUE(proxy.detector || decoder.run().detectors.empty());
        ++proxies;
      }
    }
  }
  EXPECT_GT(proxies, 1000u);
}

TEST(Index, says_which_threshold_made_it) {
  const GoldenData data(test::committed_runs(), runs.front());
  const auto index = data.index("e1236-r0020-s00-c00.xtc");
  std::uint32_t threshold = 0;
  walk(
      test::datagrams(index).front(),
      [&](const Leaf& leaf) {
        if (leaf.header.type.id() == type_small_config)
          threshold = *read_small_threshold(leaf.payload, leaf.header.type.version());
      },
      [](Refusal, Src) {});
  EXPECT_EQ(threshold, 1024u);
}

}  // namespace
}  // namespace jt::formats::xtc
