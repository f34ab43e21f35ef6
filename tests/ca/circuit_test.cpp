// One circuit against tables of bytes: what a client sends, what the reference server was seen to answer.
#include "ca/circuit.hpp"

#include <gtest/gtest.h>

#include "ca/dbr.hpp"
#include "hex.hpp"

namespace jt::ca {
namespace {

using test::hex;
using test::shown;

const std::string version = "0000 0000 0000 000d 00000000 00000000";
const std::string create_x = "0012 0008 0000 000d 00000007 0000000d 5349 4d3a 5800 0000";

class CaCircuit : public ::testing::Test {
 protected:
  CaCircuit() {
    database_.add({.name = "SIM:X", .value = 1.5, .alarm = {}, .writable = true});
    database_.add({.name = "SIM:R", .value = 2.5, .alarm = {}});
    database_.add({.name = "SIM:W", .value = std::vector<double>(5), .alarm = {}, .most_elements = 1048576});
    taken();
  }
  std::string taken() {
    const std::string words = shown(circuit_.unsent());
    circuit_.sent(circuit_.unsent().size());
    return words;
  }
  // What the circuit answers to these bytes.
  std::string to(const std::string& words) {
    circuit_.receive(hex(words));
    return taken();
  }
  Database database_;
  Circuit circuit_{database_, 15064, "127.0.0.1:9"};
};

TEST(CaCircuitStart, the_server_greets_with_its_version) {
  Database database;
  Circuit circuit(database, 1, "");
  EXPECT_EQ(shown(circuit.unsent()), shown(hex(version)));
}

TEST_F(CaCircuit, a_channel_gets_its_rights_and_then_its_type_and_id) {
  EXPECT_EQ(to(create_x), shown(hex("0016 0000 0000 0000 00000007 00000003"      // rights: read and write
                                    "0012 0000 0006 0001 00000007 00000001")));  // DOUBLE, 1 element, sid 1
  EXPECT_EQ(to("0012 0008 0000 000d 00000008 0000000d 5349 4d3a 5200 0000"),
            shown(hex("0016 0000 0000 0000 00000008 00000001"
                      "0012 0000 0006 0001 00000008 00000002")));
}

TEST_F(CaCircuit, a_long_waveform_is_announced_with_an_extended_header) {
  EXPECT_EQ(to("0012 0008 0000 000d 00000001 0000000d 5349 4d3a 5700 0000"),
            shown(hex("0016 0000 0000 0000 00000001 00000001"
                      "0012 ffff 0006 0000 00000001 00000001 00000000 00100000")));
}

TEST_F(CaCircuit, an_unknown_name_fails_and_the_circuit_lives_on) {
  EXPECT_EQ(to("0012 0008 0000 000d 00000009 0000000d 5349 4d3a 5a00 0000"),
            shown(hex("001a 0000 0000 0000 00000009 00000000")));
  EXPECT_FALSE(circuit_.closing());
}

TEST_F(CaCircuit, reading_answers_with_the_status_in_the_first_parameter) {
  to(create_x);
  // READ_NOTIFY DOUBLE, count 1, sid 1, id 0x55
  EXPECT_EQ(to("000f 0000 0006 0001 00000001 00000055"),
            shown(hex("000f 0008 0006 0001 00000001 00000055 3ff8000000000000")));
  // count 0: as many as there are
  EXPECT_EQ(to("000f 0000 0006 0000 00000001 00000056"),
            shown(hex("000f 0008 0006 0001 00000001 00000056 3ff8000000000000")));
  // count 2 of a scalar: the second is zero
  EXPECT_EQ(to("000f 0000 0006 0002 00000001 00000057"),
            shown(hex("000f 0010 0006 0002 00000001 00000057 3ff8000000000000 0000000000000000")));
}

TEST_F(CaCircuit, the_field_name_val_is_the_record_itself) {
  EXPECT_EQ(to("0012 0010 0000 000d 00000007 0000000d 5349 4d3a 582e 5641 4c00 0000 0000 0000"),
            shown(hex("0016 0000 0000 0000 00000007 00000003"
                      "0012 0000 0006 0001 00000007 00000001")));
}

TEST_F(CaCircuit, a_subscription_starts_with_the_value_and_follows_every_post) {
  to(create_x);
  // EVENT_ADD DOUBLE, sid 1, subscription 0x21; three floats, mask 5 (value, alarm)
  EXPECT_EQ(to("0001 0010 0006 0001 00000001 00000021 00000000 00000000 00000000 0005 0000"),
            shown(hex("0001 0008 0006 0001 00000001 00000021 3ff8000000000000")));
  database_.post(database_.at("SIM:X"), 2.0);
  database_.post(database_.at("SIM:X"), 2.0);
  EXPECT_EQ(taken(), shown(hex("0001 0008 0006 0001 00000001 00000021 4000000000000000"
                               "0001 0008 0006 0001 00000001 00000021 4000000000000000")));
  // cancelled: one last message without payload
  EXPECT_EQ(to("0002 0000 0006 0001 00000001 00000021"), shown(hex("0001 0000 0006 0001 00000001 00000021")));
  database_.post(database_.at("SIM:X"), 3.0);
  EXPECT_EQ(taken(), "");
}

TEST_F(CaCircuit, a_subscription_hears_only_what_its_mask_asks_for) {
  to(create_x);
  to("0001 0010 0006 0001 00000001 00000021 00000000 00000000 00000000 0004 0000");  // alarms only
  database_.post(database_.at("SIM:X"), 2.0);
  EXPECT_EQ(taken(), "");
  database_.post(database_.at("SIM:X"), 2.5, {AlarmSeverity::minor, alarm_status::high});
  EXPECT_EQ(taken(), shown(hex("0001 0008 0006 0001 00000001 00000021 4004000000000000")));
}

TEST_F(CaCircuit, a_plain_write_is_silent_and_a_notified_one_is_answered) {
  to(create_x);
  EXPECT_EQ(to("0004 0008 0006 0001 00000001 00000061 4000000000000000"), "");
  EXPECT_EQ(database_.at("SIM:X").sample->value.number(), 2.0);
  EXPECT_EQ(to("0013 0008 0006 0001 00000001 00000062 4010000000000000"),
            shown(hex("0013 0000 0006 0001 00000001 00000062")));
  EXPECT_EQ(database_.at("SIM:X").sample->value.number(), 4.0);
}

TEST_F(CaCircuit, a_write_to_a_read_only_pv_gets_an_error_that_repeats_its_header) {
  to("0012 0008 0000 000d 00000008 0000000d 5349 4d3a 5200 0000");
  // error: 24 bytes, cid 8, 376 = 0x178; the request's header; "T:RO"
  EXPECT_EQ(to("0004 0008 0006 0001 00000001 00000061 4000000000000000"),
            shown(hex("000b 0018 0000 0000 00000008 00000178"
                      "0004 0008 0006 0001 00000001 00000061 543a 524f 0000 0000")));
  EXPECT_EQ(to("0013 0008 0006 0001 00000001 00000062 4010000000000000"),
            shown(hex("0013 0000 0006 0001 00000178 00000062")));
  EXPECT_FALSE(circuit_.closing());
}

TEST_F(CaCircuit, words_that_are_no_number_are_put_failed) {
  to(create_x);
  // WRITE_NOTIFY STRING "abc" -> 160 = 0xa0
  EXPECT_EQ(to("0013 0008 0000 0001 00000001 00000062 6162 6300 0000 0000"),
            shown(hex("0013 0000 0000 0001 000000a0 00000062")));
  EXPECT_EQ(to("0013 0008 0000 0001 00000001 00000063 332e 3500 0000 0000"),
            shown(hex("0013 0000 0000 0001 00000001 00000063")));
  EXPECT_EQ(database_.at("SIM:X").sample->value.number(), 3.5);
}

TEST_F(CaCircuit, a_completion_comes_later_and_other_requests_go_on_before) {
  PutRequest pending;
  database_.at("SIM:X").setup.on_put = [&](PutRequest request) { pending = std::move(request); };
  to(create_x);
  EXPECT_EQ(to("0013 0008 0006 0001 00000001 00000062 4010000000000000"), "");
  EXPECT_EQ(to("000f 0000 0006 0001 00000001 00000055"),
            shown(hex("000f 0008 0006 0001 00000001 00000055 3ff8000000000000")));
  ASSERT_TRUE(pending.complete);
  EXPECT_TRUE(pending.notify);
  EXPECT_EQ(pending.value.number(), 4.0);
  pending.complete(Status::normal);
  EXPECT_EQ(taken(), shown(hex("0013 0000 0006 0001 00000001 00000062")));
}

TEST_F(CaCircuit, an_echo_comes_back) {
  EXPECT_EQ(to("0017 0000 0000 0000 00000000 00000000"), shown(hex("0017 0000 0000 0000 00000000 00000000")));
}

TEST_F(CaCircuit, a_cleared_channel_is_confirmed_and_gone_with_its_subscriptions) {
  to(create_x);
  to("0001 0010 0006 0001 00000001 00000021 00000000 00000000 00000000 0005 0000");
  EXPECT_EQ(to("000c 0000 0000 0000 00000001 00000007"), shown(hex("000c 0000 0000 0000 00000001 00000007")));
  database_.post(database_.at("SIM:X"), 9.0);
  EXPECT_EQ(taken(), "");
  EXPECT_TRUE(database_.at("SIM:X").watchers.empty());
}

TEST_F(CaCircuit, new_access_rights_are_told_at_once) {
  to(create_x);
  database_.set_writable(database_.at("SIM:X"), false);
  EXPECT_EQ(taken(), shown(hex("0016 0000 0000 0000 00000007 00000001")));
}

TEST_F(CaCircuit, a_withdrawn_pv_disconnects_its_channels) {
  to(create_x);
  to("0001 0010 0006 0001 00000001 00000021 00000000 00000000 00000000 0005 0000");
  database_.set_served(database_.at("SIM:X"), false);
  EXPECT_EQ(taken(), shown(hex("001b 0000 0000 0000 00000007 00000000")));
  // A request that was on its way: "disconnected" (192 = 0xc0), and the circuit lives on.
  EXPECT_EQ(to("0013 0008 0006 0001 00000001 00000062 4010000000000000"),
            shown(hex("0013 0000 0006 0001 000000c0 00000062")));
  EXPECT_FALSE(circuit_.closing());
}

TEST_F(CaCircuit, searches_over_tcp_are_answered_both_ways) {
  EXPECT_EQ(to("0006 0008 000a 000d 0000004d 0000004d 5349 4d3a 5800 0000"),
            shown(hex("0006 0000 3ad8 0000 ffffffff 0000004d")));
  EXPECT_EQ(to("0006 0008 000a 000d 0000004e 0000004e 5349 4d3a 5a00 0000"),
            shown(hex("000e 0000 000a 000d 0000004e 0000004e")));
  EXPECT_EQ(to("0006 0008 0005 000d 0000004e 0000004e 5349 4d3a 5a00 0000"), "");
}

TEST_F(CaCircuit, offences_are_named_and_end_the_circuit) {
  const struct {
    const char* what;
    std::string request;
    std::string answer;
  } table[] = {
      {"a server id that was never given", "000f 0000 0006 0001 000000aa 00000055",
       "000b 0020 0000 0000 ffffffff 0000008e"
       "000f 0000 0006 0001 000000aa 00000055 4261 6420 5265 736f 7572 6365 2049 4400"},  // "Bad Resource ID"
      {"an unknown command", "0063 0000 0000 0000 00000000 00000000",
       "000b 0028 0000 0000 ffffffff 0000008e"  // "unknown command"
       "0063 0000 0000 0000 00000000 00000000 756e 6b6e 6f77 6e20 636f 6d6d 616e 6400"},
  };
  for (const auto& it : table) {
    Database database;
    Circuit circuit(database, 1, "");
    circuit.sent(circuit.unsent().size());
    circuit.receive(hex(it.request));
    EXPECT_EQ(shown(circuit.unsent().subspan(8)), shown(View(hex(it.answer)).subspan(8))) << it.what;
    EXPECT_TRUE(circuit.closing()) << it.what;
  }
}

TEST_F(CaCircuit, a_type_that_does_not_exist_ends_the_circuit) {
  to(create_x);
  to("000f 0000 0027 0001 00000001 00000055");  // 39
  EXPECT_TRUE(circuit_.closing());
}

TEST_F(CaCircuit, more_than_a_pv_holds_is_refused) {
  to(create_x);
  // 176 = 0xb0
  EXPECT_EQ(to("0013 0010 0006 0002 00000001 00000062 4010000000000000 4010000000000000"),
            shown(hex("0013 0000 0006 0002 000000b0 00000062")));
  // a count that its bytes do not have: 114 = 0x72
  EXPECT_EQ(to("0013 0000 0006 0001 00000001 00000062"), shown(hex("0013 0000 0006 0001 00000072 00000062")));
}

TEST_F(CaCircuit, asking_for_far_too_much_is_an_error_and_allocates_nothing) {
  to(create_x);
  // READ_NOTIFY with count 0xffffffff, by an extended header: 72 = 0x48
  const std::string answer = to("000f ffff 0006 0000 00000001 00000055 00000000 ffffffff");
  EXPECT_EQ(answer.substr(0, 35), shown(hex("000b 0038 0000 0000 00000007 00000048")));
  EXPECT_FALSE(circuit_.closing());
}

TEST_F(CaCircuit, a_request_may_come_byte_by_byte) {
  std::string answer;
  for (const std::byte one : hex(create_x)) {
    circuit_.receive(View(&one, 1));
    answer += taken();
  }
  EXPECT_EQ(answer, shown(hex("0016 0000 0000 0000 00000007 00000003"
                              "0012 0000 0006 0001 00000007 00000001")));
}

}  // namespace
}  // namespace jt::ca
