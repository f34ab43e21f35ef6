// Headers, plain and extended, against bytes written by hand.
#include "ca/protocol.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"

namespace jt::ca {
namespace {

using test::hex;
using test::shown;

TEST(CaProtocol, a_message_is_read_field_by_field) {
  //                        cmd  size type count p1       p2       payload
  const Bytes bytes = hex("0012 0008 0000 000d 00000007 0000000d 5349 4d3a 5800 0000");
  View rest = bytes;
  Message message;
  ASSERT_EQ(take_message(rest, message), Found::message);
  EXPECT_EQ(message.header.command, Command::create_channel);
  EXPECT_EQ(message.header.size, 8u);
  EXPECT_EQ(message.header.count, 13u);
  EXPECT_EQ(message.header.p1, 7u);
  EXPECT_EQ(message.header.p2, 13u);
  EXPECT_EQ(words_of(message.payload), "SIM:X");
  EXPECT_TRUE(rest.empty());
}

TEST(CaProtocol, a_cut_message_is_incomplete_at_every_length) {
  const Bytes whole = hex("0012 0008 0000 000d 00000007 0000000d 5349 4d3a 5800 0000");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    View rest = View(whole).first(size);
    Message message;
    EXPECT_EQ(take_message(rest, message), Found::incomplete) << size;
    EXPECT_EQ(rest.size(), size);
  }
}

TEST(CaProtocol, an_extended_header_with_an_empty_payload_is_read) {
  // A reference server's reply for a waveform of 2^20 elements: sizes of 0xffff and 0, then the real ones.
  const Bytes bytes = hex("0012 ffff 0006 0000 00000001 00000002 00000000 00100000");
  View rest = bytes;
  Message message;
  ASSERT_EQ(take_message(rest, message), Found::message);
  EXPECT_EQ(message.header.size, 0u);
  EXPECT_EQ(message.header.count, 1048576u);
  EXPECT_EQ(message.raw_header.size(), 24u);
}

TEST(CaProtocol, hostile_sizes_are_malformed) {
  Message message;
  for (const char* words : {
           "0012 0007 0000 0001 00000000 00000000",                    // not padded to 8
           "0004 ffff 0006 0000 00000001 00000002 fffffff8 00000001",  // 4 GiB
           "0004 ffff 0006 0000 00000001 00000002 01000008 00000001",  // one step above 16 MiB
       }) {
    const Bytes bytes = hex(words);
    View rest = bytes;
    EXPECT_EQ(take_message(rest, message), Found::malformed) << words;
  }
}

TEST(CaProtocol, large_sizes_and_counts_are_written_extended) {
  Bytes out;
  append_message(out, {.command = Command::create_channel, .type = 6, .count = 1048576, .p1 = 1, .p2 = 2}, 0);
  EXPECT_EQ(shown(out), shown(hex("0012 ffff 0006 0000 00000001 00000002 00000000 00100000")));
  out.clear();
  append_message(out, {.command = Command::read_notify, .type = 4, .count = 65534, .p1 = 1, .p2 = 3}, 65534);
  // 65534 bytes are padded to 65536 = 0x10000: too much for 16 bits
  EXPECT_EQ(shown(View(out).first(24)),
            shown(hex("000f ffff 0004 0000 00000001 00000003 00010000 0000fffe")));
  EXPECT_EQ(out.size(), 24u + 65536u);
  out.clear();
  append_message(out, {.command = Command::read_notify, .type = 4, .count = 65528, .p1 = 1, .p2 = 3}, 65528);
  EXPECT_EQ(shown(View(out).first(16)), shown(hex("000f fff8 0004 fff8 00000001 00000003")));
}

}  // namespace
}  // namespace jt::ca
