// The in-process channels keep the promises of core/channel.hpp.
#include "core/channel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/memory_channel.hpp"
#include "core/pv_convert.hpp"

namespace jt {
namespace {

using std::chrono::milliseconds;

struct Seen {
  std::vector<double> values;
  std::vector<bool> connected;
  ChannelEvents events() {
    return {[this](const ChannelState& state) { connected.push_back(state.connected); },
            [this](const PvSample& sample) { values.push_back(sample.value.number().value_or(-999)); },
            {}};
  }
};

TEST(MemoryChannel, connects_when_the_name_is_served_and_sees_every_value) {
  MemoryPvs pvs;
  Seen seen;
  const auto channel = pvs.connect("SIM:M:RBV", seen.events());
  pvs.deliver();
  EXPECT_TRUE(seen.connected.empty());
  pvs.define("SIM:M:RBV", 1.5);
  pvs.set("SIM:M:RBV", 2.5);
  pvs.deliver();
  EXPECT_EQ(seen.connected, std::vector<bool>({true}));
  EXPECT_EQ(seen.values, std::vector<double>({1.5, 2.5}));
}

TEST(MemoryChannel, a_put_is_never_delivered_after_a_reconnection) {
  MemoryPvs pvs;
  pvs.define("SIM:M:VAL", 0.0);
  const auto channel = pvs.connect("SIM:M:VAL", {});
  EXPECT_EQ(channel->put(1.0), ChannelOutcome::done);
  pvs.disconnect("SIM:M:VAL");
  EXPECT_EQ(channel->put(2.0), ChannelOutcome::disconnected);
  pvs.reconnect("SIM:M:VAL");
  pvs.deliver();
  EXPECT_TRUE(pvs.puts("SIM:M:VAL").empty());
  EXPECT_EQ(channel->put(3.0), ChannelOutcome::done);
  pvs.deliver();
  EXPECT_EQ(pvs.puts("SIM:M:VAL"), std::vector<PvValue>({PvValue(3.0)}));
}

TEST(MemoryChannel, numbers_that_are_not_finite_never_leave) {
  MemoryPvs pvs;
  pvs.define("SIM:M:VAL", 0.0);
  const auto channel = pvs.connect("SIM:M:VAL", {});
  std::vector<ChannelOutcome> ends;
  for (const PvValue& value : {PvValue(std::nan("")), PvValue(std::numeric_limits<double>::infinity()),
                               PvValue("nan"), PvValue(std::vector<double>{0, -std::nan("")})}) {
    EXPECT_EQ(channel->put(value), ChannelOutcome::not_finite);
    channel->put_and_complete(value, milliseconds(10), [&](ChannelOutcome end) { ends.push_back(end); });
  }
  pvs.deliver();
  EXPECT_EQ(ends, std::vector<ChannelOutcome>(4, ChannelOutcome::not_finite));
  EXPECT_TRUE(pvs.puts("SIM:M:VAL").empty());
}

TEST(MemoryChannel, completion_comes_when_the_server_says_so_and_not_before) {
  MemoryPvs pvs;
  pvs.define("SIM:M:VAL", 0.0);
  pvs.hold_completions("SIM:M:VAL", true);
  const auto channel = pvs.connect("SIM:M:VAL", {});
  std::vector<ChannelOutcome> ends;
  channel->put_and_complete(1.0, milliseconds(1000), [&](ChannelOutcome end) { ends.push_back(end); });
  pvs.deliver();
  EXPECT_TRUE(ends.empty());
  pvs.complete("SIM:M:VAL");
  pvs.deliver();
  EXPECT_EQ(ends, std::vector<ChannelOutcome>({ChannelOutcome::done}));
  pvs.advance(milliseconds(2000));
  pvs.deliver();
  EXPECT_EQ(ends.size(), 1u);
}

TEST(MemoryChannel, a_server_that_hangs_times_out_and_its_late_answer_is_lost) {
  MemoryPvs pvs;
  pvs.define("SIM:M:RBV", 4.0);
  const auto channel = pvs.connect("SIM:M:RBV", {});
  pvs.hang("SIM:M:RBV", true);
  std::vector<ChannelOutcome> ends;
  channel->get(milliseconds(500), [&](const GetResult& got) { ends.push_back(got.outcome); });
  pvs.deliver();
  pvs.advance(milliseconds(499));
  pvs.deliver();
  EXPECT_TRUE(ends.empty());
  pvs.advance(milliseconds(1));
  pvs.deliver();
  EXPECT_EQ(ends, std::vector<ChannelOutcome>({ChannelOutcome::timed_out}));
  pvs.hang("SIM:M:RBV", false);
  pvs.deliver();
  EXPECT_EQ(ends.size(), 1u);
}

TEST(MemoryChannel, pending_requests_end_as_disconnected_when_the_connection_is_lost) {
  MemoryPvs pvs;
  pvs.define("SIM:M:VAL", 0.0);
  pvs.hold_completions("SIM:M:VAL", true);
  Seen seen;
  const auto channel = pvs.connect("SIM:M:VAL", seen.events());
  std::vector<ChannelOutcome> ends;
  channel->put_and_complete(1.0, milliseconds(1000), [&](ChannelOutcome end) { ends.push_back(end); });
  pvs.deliver();
  pvs.disconnect("SIM:M:VAL");
  pvs.deliver();
  EXPECT_EQ(ends, std::vector<ChannelOutcome>({ChannelOutcome::disconnected}));
  EXPECT_EQ(seen.connected, std::vector<bool>({true, false}));
}

TEST(MemoryChannel, a_destroyed_channel_is_never_called_again) {
  MemoryPvs pvs;
  pvs.define("SIM:M:RBV", 0.0);
  Seen seen;
  auto channel = pvs.connect("SIM:M:RBV", seen.events());
  channel->get(milliseconds(1), [&](const GetResult&) { seen.values.push_back(-1); });
  channel.reset();
  pvs.set("SIM:M:RBV", 1.0);
  pvs.advance(milliseconds(5));
  EXPECT_EQ(pvs.deliver(), 0u);
  EXPECT_TRUE(seen.values.empty());
}

TEST(MemoryChannel, a_put_handler_answers_for_the_server) {
  MemoryPvs pvs;
  pvs.define("SIM:M:DISP", 1.0);
  pvs.on_put("SIM:M:DISP", [](const PvValue&) { return ChannelOutcome::refused; });
  const auto channel = pvs.connect("SIM:M:DISP", {});
  std::optional<ChannelOutcome> end;
  channel->put_and_complete(0.0, milliseconds(10), [&](ChannelOutcome outcome) { end = outcome; });
  pvs.deliver();
  EXPECT_EQ(end, ChannelOutcome::refused);
  EXPECT_EQ(pvs.sample("SIM:M:DISP").value.number(), 1.0);
  pvs.set_writable("SIM:M:DISP", false);
  EXPECT_EQ(channel->put(0.0), ChannelOutcome::no_access);
}

TEST(MemoryChannel, details_tell_units_and_limits) {
  MemoryPvs pvs;
  PvDetails details;
  details.units = "mm";
  details.control_high = 3;
  pvs.define("SIM:M:VAL", 0.0, details);
  const auto channel = pvs.connect("SIM:M:VAL", {});
  std::optional<DetailsResult> got;
  channel->get_details(milliseconds(10), [&](const DetailsResult& result) { got = result; });
  pvs.deliver();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->outcome, ChannelOutcome::done);
  EXPECT_EQ(got->details.units, "mm");
  EXPECT_EQ(got->details.control_high, 3);
}

TEST(PvValue, is_read_as_number_and_words) {
  EXPECT_EQ(PvValue(" +12.5 ").number(), 12.5);
  EXPECT_EQ(PvValue("12 mm").number(), std::nullopt);
  EXPECT_EQ(PvValue(Choice{3}).number(), 3.0);
  EXPECT_EQ(PvValue(std::vector<double>{}).number(), std::nullopt);
  EXPECT_EQ(PvValue(7).text(), "7");
  EXPECT_EQ(PvValue(std::vector<std::int16_t>{1, 2, 3}).count(), 3u);
}

TEST(PvConvert, follows_the_rules_of_epics_servers) {
  PvDetails details;
  details.precision = 3;
  details.choices = {"Stop", "Pause", "Move", "Go"};
  EXPECT_EQ(convert(1.23456, PvType::string, details), PvValue("1.235"));
  EXPECT_EQ(convert("Go", PvType::choice, details), PvValue(Choice{3}));
  EXPECT_EQ(convert("2", PvType::choice, details), PvValue(Choice{2}));
  EXPECT_EQ(convert("Fly", PvType::choice, details), std::nullopt);
  EXPECT_EQ(convert(4, PvType::choice, details), std::nullopt);
  EXPECT_EQ(convert(Choice{1}, PvType::string, details), PvValue("Pause"));
  EXPECT_EQ(convert("abc", PvType::float64, details), std::nullopt);
  EXPECT_EQ(convert(std::nan(""), PvType::int32, details), std::nullopt);
  EXPECT_EQ(convert(-2.9, PvType::int32, details), PvValue(-2));
  EXPECT_EQ(convert(1e300, PvType::int32, details), PvValue(2147483647));
  // 16-bit pixels travel as int16: 65535 is -1 there.
  EXPECT_EQ(convert(std::vector<std::int32_t>{65535, 4}, PvType::int16, details),
            PvValue(std::vector<std::int16_t>{-1, 4}));
  EXPECT_EQ(convert(std::vector<double>{1, 2, 3}, PvType::float32, details, 2),
            PvValue(std::vector<float>{1, 2}));
}

}  // namespace
}  // namespace jt
