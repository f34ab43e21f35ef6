// The encoder writes what the DAQ wrote: golden indexes are made again from golden data, byte for byte.
#include <gtest/gtest.h>

#include "formats/golden.hpp"
#include "formats/xtc/encode.hpp"

namespace jt::formats::xtc {
namespace {

// The DAQ leaves the source of the index's own leaves unset (whatever was in memory): not compared.
void clear_unset_source(std::vector<std::byte>& datagram) {
  constexpr std::size_t phy_of_first_leaf = datagram_header_size + 8;
  const auto service = read_header(datagram)->service;
  if (service == Transition::configure || service == Transition::l1_accept)
    std::fill_n(datagram.begin() + phy_of_first_leaf, 4, std::byte{0});
}

class IndexOf : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(GoldenRuns, IndexOf,
                         testing::Values("e1236-r0020-s00-c00", "e1236-r0021-s00-c00", "e1236-r0021-s80-c00",
                                         "e1236-r0022-s00-c01", "e1236-r0023-s00-c00", "e1236-r0024-s00-c00",
                                         "e1236-r0027-s00-c00", "e1236-r0028-s00-c00", "e1236-r0033-s00-c00",
                                         "e1236-r0040-s00-c00"),
                         [](const auto& info) {
                           std::string name = info.param.substr(6);
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(IndexOf, is_made_again_byte_for_byte) {
  const auto folder = test::committed_runs() / "xcs/xcsjt1236/xtc";
  const auto data = test::read_bytes(folder / (GetParam() + ".xtc"));
  const auto golden = test::read_bytes(folder / "smalldata" / (GetParam() + ".smd.xtc"));
  std::vector<std::vector<std::byte>> expected, made;
  for (const Bytes datagram : test::datagrams(golden)) {
    expected.emplace_back(datagram.begin(), datagram.end());
    clear_unset_source(expected.back());
  }
  IndexEncoder index;
  for (const Bytes datagram : test::datagrams(data)) {
    auto small = index.add(datagram);
    if (!small.empty()) made.push_back(std::move(small));
  }
  ASSERT_EQ(made.size(), expected.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    // Run 23 has a leaf whose extent lies past the end: the DAQ's own tool believes it, we do not.
    if (GetParam() == "e1236-r0023-s00-c00" && read_header(made[i])->fiducial.value == 30231) continue;
    EXPECT_EQ(test::crc32_text(made[i]), test::crc32_text(expected[i]))
        << "datagram " << i << ": " << made[i].size() << " and " << expected[i].size() << " bytes";
  }
}

// Takes a datagram apart and writes it again.
void copy_level(Bytes datagram, std::size_t begin, std::size_t end, DatagramWriter& out) {
  for (std::size_t at = begin; at < end;) {
    const XtcHeader header = read_xtc_header(datagram.subspan(at));
    if (header.type.id() == type_xtc) {
      out.begin(header.src, header.damage, header.type.version());
      copy_level(datagram, at + xtc_header_size, at + header.extent, out);
      out.end();
    } else {
      out.leaf(header.src, header.type,
               datagram.subspan(at + xtc_header_size, header.extent - xtc_header_size), header.damage);
    }
    at += header.extent;
  }
}

TEST(DatagramWriter, writes_the_datagrams_of_a_golden_run_again) {
  const auto data = test::read_bytes(test::committed_runs() / "xcs/xcsjt1236/xtc/e1236-r0020-s00-c00.xtc");
  for (const Bytes datagram : test::datagrams(data)) {
    DatagramWriter out(*read_header(datagram));
    copy_level(datagram, datagram_header_size, datagram.size(), out);
    const auto written = out.finish();
    ASSERT_EQ(written.size(), datagram.size());
    EXPECT_TRUE(std::equal(written.begin(), written.end(), datagram.begin()));
  }
}

}  // namespace
}  // namespace jt::formats::xtc
