// Slow clients and flow control: what is merged, what never is, and that memory stays bounded.
#include <gtest/gtest.h>

#include "ca/circuit.hpp"
#include "ca/dbr.hpp"
#include "hex.hpp"

namespace jt::ca {
namespace {

using test::hex;

class CaCircuitQueue : public ::testing::Test {
 protected:
  CaCircuitQueue() {
    database_.add({.name = "SIM:RBV", .value = 0.0, .alarm = {}});
    database_.add({.name = "SIM:DMOV", .value = 0.0, .alarm = {}, .never_merge = true});
    database_.add({.name = "SIM:IMG", .value = std::vector<double>(10000), .alarm = {}});
    subscribe(1, "SIM:RBV");
    subscribe(2, "SIM:DMOV");
    subscribe(3, "SIM:IMG");
    read_all();
  }
  // Opens channel `id` (server id is the same, given in order) and subscribes with the same id.
  void subscribe(std::uint32_t id, const std::string& name) {
    Bytes out;
    append_message(out, {.command = Command::create_channel, .p1 = id, .p2 = minor_version},
                   std::as_bytes(std::span(name.c_str(), name.size() + 1)));
    append_message(out, {.command = Command::event_add, .type = 6, .count = 0, .p1 = id, .p2 = id},
                   hex("00000000 00000000 00000000 0005 0000"));
    circuit_.receive(out);
  }
  // The client takes all there is, `step` bytes at a time; first elements of its samples as "id=value".
  std::vector<std::pair<std::uint32_t, double>> read_all(std::size_t step = 1 << 20) {
    Bytes got;
    while (!circuit_.unsent().empty()) {
      const View part = circuit_.unsent().first(std::min(step, circuit_.unsent().size()));
      got.insert(got.end(), part.begin(), part.end());
      circuit_.sent(part.size());
    }
    std::vector<std::pair<std::uint32_t, double>> samples;
    View rest = got;
    Message message;
    while (take_message(rest, message) == Found::message)
      if (message.header.command == Command::event_add)
        samples.emplace_back(message.header.p2, read_plain(6, 1, message.payload)->number().value());
    return samples;
  }
  void post(const std::string& name, double value) { database_.post(database_.at(name), value); }
  void fill_output() {  // 80 kB: above what is sent ahead
    database_.post(database_.at("SIM:IMG"), std::vector<double>(10000));
  }
  Database database_;
  CircuitLimits limits_{.unmerged_samples = 100};
  Circuit circuit_{database_, 1, "", limits_};
};

using Samples = std::vector<std::pair<std::uint32_t, double>>;

TEST_F(CaCircuitQueue, while_events_are_off_only_the_latest_value_is_kept) {
  circuit_.receive(hex("0008 0000 0000 0000 00000000 00000000"));
  for (int i = 1; i <= 3; ++i) post("SIM:RBV", i);
  EXPECT_EQ(read_all(), Samples{});
  circuit_.receive(hex("0009 0000 0000 0000 00000000 00000000"));
  EXPECT_EQ(read_all(), (Samples{{1, 3}}));
  EXPECT_EQ(circuit_.merged_samples(), 2u);
}

TEST_F(CaCircuitQueue, transitions_are_never_merged_and_keep_their_place_in_the_order) {
  circuit_.receive(hex("0008 0000 0000 0000 00000000 00000000"));
  post("SIM:RBV", 1);
  post("SIM:DMOV", 0);
  post("SIM:RBV", 2);
  post("SIM:DMOV", 1);
  post("SIM:DMOV", 0);
  post("SIM:RBV", 3);
  post("SIM:DMOV", 1);
  circuit_.receive(hex("0009 0000 0000 0000 00000000 00000000"));
  EXPECT_EQ(read_all(), (Samples{{2, 0}, {2, 1}, {2, 0}, {1, 3}, {2, 1}}));
}

TEST_F(CaCircuitQueue, a_client_that_does_not_read_costs_bounded_memory_and_gets_the_last_value) {
  fill_output();
  for (int i = 0; i < 100000; ++i) post("SIM:RBV", i);
  for (int i = 0; i < 100; ++i) database_.post(database_.at("SIM:IMG"), std::vector<double>(10000, i));
  EXPECT_LT(circuit_.unsent().size(), 200000u);
  const Samples got = read_all(1000);
  ASSERT_EQ(got.size(), 3u);  // the image before, then the newest of each
  EXPECT_EQ(got[1], (std::pair<std::uint32_t, double>{1, 99999}));
  EXPECT_EQ(got[2], (std::pair<std::uint32_t, double>{3, 99}));
}

TEST_F(CaCircuitQueue, a_client_that_would_miss_transitions_is_let_go_instead) {
  fill_output();
  for (int i = 0; i < 100; ++i) post("SIM:DMOV", i % 2);
  EXPECT_FALSE(circuit_.closing());
  post("SIM:DMOV", 1);
  EXPECT_TRUE(circuit_.closing());
}

TEST_F(CaCircuitQueue, requests_wait_while_the_client_does_not_take_the_answers) {
  Bytes asks;
  for (std::uint32_t i = 0; i < 1000; ++i)
    append_message(asks, {.command = Command::read_notify, .type = 6, .p1 = 3, .p2 = i}, 0);
  circuit_.receive(asks);
  EXPECT_TRUE(circuit_.overloaded());
  EXPECT_LT(circuit_.unsent().size(), 2u << 20);  // 1000 answers are 80 MB
  std::size_t answers = 0;
  while (!circuit_.unsent().empty()) {
    View rest = circuit_.unsent();
    Message message;
    while (take_message(rest, message) == Found::message)
      answers += message.header.command == Command::read_notify ? 1 : 0;
    circuit_.sent(circuit_.unsent().size());
  }
  EXPECT_EQ(answers, 1000u);
}

TEST_F(CaCircuitQueue, a_cancelled_subscription_leaves_nothing_behind) {
  circuit_.receive(hex("0008 0000 0000 0000 00000000 00000000"));
  post("SIM:DMOV", 0);
  post("SIM:RBV", 1);
  circuit_.receive(hex("0002 0000 0006 0000 00000002 00000002"));
  circuit_.receive(hex("000c 0000 0000 0000 00000001 00000001"));
  circuit_.receive(hex("0009 0000 0000 0000 00000000 00000000"));
  const Samples got = [&] {
    Samples samples;
    View rest = circuit_.unsent();
    Message message;
    while (take_message(rest, message) == Found::message)
      if (message.header.command == Command::event_add && message.header.size > 0) samples.emplace_back(1, 1);
    return samples;
  }();
  EXPECT_TRUE(got.empty());
}

}  // namespace
}  // namespace jt::ca
