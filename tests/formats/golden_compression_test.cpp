// Archived, compressed golden runs unpack to the frames of the runs they were made from.
#include <gtest/gtest.h>

#include "formats/golden.hpp"

namespace jt::formats::xtc {
namespace {

using test::Json;

// The frames of all shots, each as one CRC of its pixels.
std::vector<std::string> frame_checks(const std::filesystem::path& file) {
  const auto bytes = test::read_bytes(file);
  Decoder decoder;
  Event event;
  std::vector<std::string> checks;
  for (const Bytes datagram : test::datagrams(bytes)) {
    const Transition service = read_header(datagram)->service;
    if (service == Transition::configure) decoder.configure(datagram);
    if (service != Transition::l1_accept) continue;
    decoder.decode(datagram, event);
    EXPECT_EQ(event.refusals[Refusal::bad_compression], 0u);
    for (const Frame& frame : event.frames) checks.push_back(test::crc32_text(test::frame_bytes(frame)));
  }
  return checks;
}

void expect_same_frames(const std::filesystem::path& root, const std::string& experiment,
                        const std::string& packed) {
  const Json runs = Json::parse(test::read_text(root / "compressed_runs.json"));
  const int source = runs[packed]["source_run"];
  const auto folder = root / experiment / "xtc";
  const std::string original =
      packed.substr(0, packed.size() - 2) + std::to_string(source);  // "e1236-r00" "24"
  const auto expected = frame_checks(folder / (original + "-s00-c00.xtc"));
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(frame_checks(folder / (packed + "-s00-c00.xtc")), expected) << packed;
}

TEST(CompressedRun, of_engine_hist16_unpacks_to_the_original_frames) {
  expect_same_frames(test::committed_runs(), "xcs/xcsjt1236", "e1236-r0033");
}

TEST(CompressedRun, of_engine_histn_unpacks_to_the_original_frames) {
  expect_same_frames(test::committed_runs(), "xcs/xcsjt1236", "e1236-r0034");
}

TEST(CompressedRun, of_a_rayonix_unpacks_to_the_original_frames) {
  JT_NEEDS_LARGE_GOLDEN();
  expect_same_frames(*test::large_golden() / "xtc", "mfx/mfxjt1234", "e1234-r0031");
}

TEST(CompressedRun, of_a_cspad_unpacks_to_the_original_frames) {
  JT_NEEDS_LARGE_GOLDEN();
  expect_same_frames(*test::large_golden() / "xtc", "cxi/cxijt1235", "e1235-r0032");
}

}  // namespace
}  // namespace jt::formats::xtc
