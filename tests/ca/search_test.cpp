// Search datagrams against bytes seen on the wire and bytes written by hand.
#include "ca/search.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"

namespace jt::ca {
namespace {

using test::hex;
using test::shown;

bool only_x(std::string_view name) { return name == "SIM:X"; }

TEST(CaSearch, a_name_that_is_served_is_answered_with_the_port) {
  const Bytes asked =
      hex("0000 0000 0000 000d 00000000 00000000"                        // VERSION
          "0006 0008 0005 000d 0000004d 0000004d 5349 4d3a 5800 0000");  // SEARCH SIM:X
  // 0x3ad8: port 15064
  EXPECT_EQ(shown(answer_searches(asked, 15064, only_x)),
            shown(hex("0000 0000 0000 000d 00000000 00000000"
                      "0006 0008 3ad8 0000 ffffffff 0000004d 000d 0000 0000 0000")));
}

TEST(CaSearch, other_names_and_other_datagrams_are_met_with_silence) {
  for (
      const char* words :
      {"0000 0000 0000 000d 00000000 00000000 0006 0008 0005 000d 0000004d 0000004d 5349 4d3a 5900 0000",
       "0000 0000 0000 000d 00000000 00000000 0006 0008 000a 000d 0000004d 0000004d 5349 4d3a 5900 0000",
       "0006 0008 0005 000d 0000004d 0000004d 5349 4d3a 5800 0000",                              // no VERSION
       "0000 0000 0000 000d 00000000 00000000 0006 0008 0005 000d 0000004d 0000004d 5349 4d3a",  // cut
       "0000 0000 0000 000d 00000000 00000000 0006 0008 0005 000d 0000004d 0000004d 53494d3a58585858",  // no
                                                                                                        // NUL
       "0000 0000 0000 000d 00000000 00000000 0006 ffff 0005 0000 0000004d 0000004d ffffffff 00000001", "",
       "00"}) {
    EXPECT_EQ(shown(answer_searches(hex(words), 15064, only_x)), "") << words;
  }
}

TEST(CaSearch, several_names_share_a_datagram) {
  const Bytes asked =
      hex("0000 0000 0000 000d 00000000 00000000"
          "0006 0008 0005 000d 00000001 00000001 5349 4d3a 5900 0000"
          "0006 0008 0005 000d 00000002 00000002 5349 4d3a 5800 0000"
          "0006 0008 0005 000d 00000003 00000003 5349 4d3a 5800 0000");
  EXPECT_EQ(answered_ids(answer_searches(asked, 1, only_x)), std::vector<std::uint32_t>({2, 3}));
}

TEST(CaSearch, our_own_search_is_what_others_send) {
  const std::vector<std::string> names = {"SIM:X"};
  std::size_t next = 0;
  EXPECT_EQ(shown(search_datagram(names, next, 0x4d)),
            shown(hex("0000 0000 0000 000d 00000000 00000000"
                      "0006 0008 0005 000d 0000004d 0000004d 5349 4d3a 5800 0000")));
  EXPECT_EQ(next, 1u);
}

TEST(CaSearch, many_names_are_cut_into_datagrams_that_fit_a_frame) {
  const std::vector<std::string> names(100, std::string(60, 'N'));
  std::size_t next = 0, datagrams = 0;
  while (next < names.size()) {
    EXPECT_LE(search_datagram(names, next).size(), 1400u);
    ++datagrams;
  }
  EXPECT_EQ(datagrams, 6u);  // (1400 - 16) / (16 + 64) = 17 names each
}

TEST(CaSearch, a_beacon_is_a_header_alone) {
  //                                           cmd  size minor port number   (address filled in by the
  //                                           repeater)
  EXPECT_EQ(shown(beacon(15064, 1)), shown(hex("000d 0000 000d 3ad8 00000001 00000000")));
}

}  // namespace
}  // namespace jt::ca
