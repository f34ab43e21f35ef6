// The motor record as the real one was seen: one test for each observation, a to n, with stepped time. The
// expectations were written down at a motor record 7.4 on a simulated axis, not taken from this program.
#include "simulator/motor_record.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace jt::simulator {
namespace {

using Answer = MotorRecord::Answer;
using Kind = RecordEvent::Kind;

// What a client sees: "DMOV 0", "done 1" (completion of put 1), in order.
class Seen {
 public:
  explicit Seen(MotorRecord& record) : record_(record) {}
  void run(double to) {
    for (; now_ < to; now_ += 0.02) record_.advance(now_);
    now_ = to;
    record_.advance(to);
    take();
  }
  Answer put(std::string_view field, double value, std::optional<std::uint64_t> notify = {}) {
    const Answer answer = record_.put(now_, field, value, notify);
    take();
    return answer;
  }
  // Everything but readbacks.
  [[nodiscard]] std::vector<std::string> words() const {
    std::vector<std::string> words;
    for (const RecordEvent& event : events_) {
      const bool readback =
          event.field == "RBV" || event.field == "DRBV" || event.field == "DVAL" || event.field == "TDIR";
      if (event.kind == Kind::completion)
        words.push_back("done " + std::to_string(event.put));
      else if (!readback)
        words.push_back(std::string(event.field) + " " + number(event.value));
    }
    return words;
  }
  [[nodiscard]] std::vector<RecordEvent> of(std::string_view field) const {
    std::vector<RecordEvent> found;
    std::ranges::copy_if(events_, std::back_inserter(found),
                         [&](const RecordEvent& e) { return e.kind == Kind::change && e.field == field; });
    return found;
  }
  [[nodiscard]] bool completed(std::uint64_t put) const {
    return std::ranges::any_of(
        events_, [&](const RecordEvent& e) { return e.kind == Kind::completion && e.put == put; });
  }
  [[nodiscard]] std::size_t at(std::string_view word) const {
    const auto all = words();
    return static_cast<std::size_t>(std::ranges::find(all, word) - all.begin());
  }
  void forget() { events_.clear(); }

 private:
  static std::string number(double value) {
    if (std::isnan(value)) return "nan";
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
  }
  void take() {
    for (const RecordEvent& event : record_.take_events()) events_.push_back(event);
  }
  MotorRecord& record_;
  std::vector<RecordEvent> events_;
  double now_ = 0;
};

// 1 mm/s, 0.2 s to get there, limits +-10, no backlash.
struct MotorRecordAsSeen : testing::Test {
  static MotorRecordSettings settings() {
    MotorRecordSettings settings;
    settings.resolution = 0.001;
    settings.faithful = true;
    return settings;
  }
  MotorRecord record{settings()};
  Seen seen{record};
};

using Words = std::vector<std::string>;

TEST_F(MotorRecordAsSeen, a_a_normal_move_tells_its_steps_in_order) {
  seen.put("VAL", 1, 1);
  seen.run(3);
  EXPECT_EQ(seen.words(),
            (Words{"DMOV 0", "VAL 1", "MSTA 1025", "MOVN 1", "MSTA 2", "MOVN 0", "DMOV 1", "done 1"}));
  EXPECT_DOUBLE_EQ(record.get("RBV"), 1);
  // 1 mm at 1 mm/s and a ramp: 1.2 s, with about ten readbacks a second
  EXPECT_NEAR(seen.of("DMOV").back().time, 1.2, 0.03);
  EXPECT_NEAR(static_cast<double>(seen.of("RBV").size()), 12, 2);
}

TEST_F(MotorRecordAsSeen, b_a_move_to_the_present_position_pulses_dmov) {
  seen.put("VAL", 0, 1);
  EXPECT_EQ(seen.words(), (Words{"DMOV 0", "DMOV 1", "done 1"}));
}

TEST_F(MotorRecordAsSeen, c_beyond_a_limit_is_answered_well_and_does_not_move) {
  for (const double target : {10.5, -11.0, std::numeric_limits<double>::infinity()}) {
    seen.forget();
    EXPECT_EQ(seen.put("VAL", target, 1), Answer::taken);
    seen.run(5);
    EXPECT_EQ(record.get("LVIO"), 1);
    EXPECT_EQ(record.get("VAL"), 0);
    EXPECT_EQ(record.true_position(5), 0);
    EXPECT_EQ(seen.of("DMOV").size(), 2U);
    EXPECT_TRUE(seen.completed(1));
  }
  seen.put("VAL", 1);
  EXPECT_EQ(record.get("LVIO"), 0);  // cleared by a good move
  seen.run(10);
  seen.put("HLM", 0.5);
  seen.run(11);
  EXPECT_EQ(record.get("LVIO"), 0);  // a limit that comes later is not violated while idle
}

TEST_F(MotorRecordAsSeen, d_nan_is_not_caught_and_never_ends) {
  EXPECT_EQ(seen.put("VAL", std::nan(""), 1), Answer::taken);
  seen.run(60);
  EXPECT_EQ(record.get("DMOV"), 0);
  EXPECT_TRUE(std::isnan(record.get("VAL")));
  EXPECT_LT(record.get("RBV"), -50);  // on its way to -2147483.648
  EXPECT_FALSE(seen.completed(1));

  MotorRecordSettings careful = settings();
  careful.faithful = false;
  MotorRecord other(careful);
  EXPECT_EQ(other.put(0, "VAL", std::nan("")), Answer::failed);
  EXPECT_EQ(other.get("DMOV"), 1);
}

TEST_F(MotorRecordAsSeen, e_a_plain_stop_ends_a_move_that_is_then_called_complete) {
  seen.put("VAL", 5, 1);
  seen.run(2);
  seen.put("STOP", 1);
  seen.run(2.1);
  EXPECT_EQ(record.get("DMOV"), 0);  // on the ramp
  seen.run(3);
  EXPECT_EQ(record.get("DMOV"), 1);
  EXPECT_TRUE(seen.completed(1));
  EXPECT_EQ(record.get("VAL"), record.get("RBV"));
  // 1.9 mm on the way at 2 s (0.1 s lost at the start), 0.1 mm of ramp
  EXPECT_NEAR(record.get("RBV"), 2.0, 0.03);
}

TEST_F(MotorRecordAsSeen, f_a_stop_that_waits_for_its_completion_comes_after_the_move) {
  seen.put("VAL", 2, 1);
  seen.run(0.5);
  seen.put("STOP", 1, 2);
  seen.run(4);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 2);
  EXPECT_LT(seen.at("done 1"), seen.at("done 2"));
  EXPECT_TRUE(seen.completed(2));
}

TEST_F(MotorRecordAsSeen, f_stop_mode_and_two_waiting_puts_block_each_other_until_a_plain_one) {
  seen.put("SPMG", 0);
  seen.put("VAL", 2, 1);
  seen.put("SPMG", 3, 2);
  seen.run(30);
  EXPECT_EQ(record.get("DMOV"), 0);
  EXPECT_EQ(record.get("RBV"), 0);
  EXPECT_FALSE(seen.completed(1));
  EXPECT_FALSE(seen.completed(2));
  seen.put("SPMG", 3);
  seen.run(35);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 2);
  EXPECT_TRUE(seen.completed(1));
  EXPECT_TRUE(seen.completed(2));
}

TEST_F(MotorRecordAsSeen, g_a_new_target_on_the_way_waits_with_notify_and_retargets_without) {
  seen.put("VAL", 2, 1);
  seen.run(0.5);
  seen.put("VAL", -1, 2);
  seen.run(2.3);  // the first takes 2.2 s
  EXPECT_TRUE(seen.completed(1));
  EXPECT_FALSE(seen.completed(2));
  seen.run(8);
  EXPECT_TRUE(seen.completed(2));
  EXPECT_DOUBLE_EQ(record.get("RBV"), -1);

  seen.forget();
  seen.put("VAL", 3);
  seen.run(9);
  seen.put("VAL", -2);
  seen.run(20);
  const auto dmov = seen.of("DMOV");
  ASSERT_EQ(dmov.size(), 2U);  // 0 at the start, 1 at the very end
  EXPECT_EQ(dmov.back().value, 1);
  EXPECT_LE(record.get("RCNT"), 1);
  EXPECT_DOUBLE_EQ(record.get("RBV"), -2);
}

TEST_F(MotorRecordAsSeen, h_pause_keeps_the_target_and_go_resumes) {
  seen.put("VAL", 3, 1);
  seen.run(1);
  seen.put("SPMG", 1);
  seen.run(5);
  const double paused_at = record.get("RBV");
  EXPECT_LT(paused_at, 1.1);
  EXPECT_EQ(record.get("DMOV"), 0);
  EXPECT_EQ(record.get("MOVN"), 0);
  EXPECT_EQ(record.get("VAL"), 3);
  EXPECT_FALSE(seen.completed(1));
  seen.put("SPMG", 3);
  seen.run(10);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 3);
  EXPECT_TRUE(seen.completed(1));
}

TEST_F(MotorRecordAsSeen, h_stop_mode_ends_a_move_and_holds_the_next_one) {
  seen.put("VAL", 3);
  seen.run(1);
  seen.put("SPMG", 0);
  seen.run(2);
  EXPECT_EQ(record.get("DMOV"), 1);
  EXPECT_EQ(record.get("VAL"), record.get("RBV"));
  EXPECT_LT(record.get("RBV"), 1.1);
  seen.put("VAL", 2);
  seen.run(6);
  EXPECT_EQ(record.get("DMOV"), 0);
  EXPECT_EQ(record.get("VAL"), 2);
  EXPECT_LT(record.get("RBV"), 1.1);
  seen.put("SPMG", 3);
  seen.run(10);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 2);
  EXPECT_EQ(record.get("DMOV"), 1);
}

TEST_F(MotorRecordAsSeen, i_disp_refuses_every_put_even_stop) {
  seen.put("VAL", 2);
  seen.run(0.5);
  seen.put("DISP", 1);
  for (const char* field : {"STOP", "VAL", "SPMG", "VELO"}) {
    EXPECT_EQ(seen.put(field, 1), Answer::failed) << field;
    EXPECT_EQ(seen.put(field, 1, 7), Answer::failed) << field;
  }
  seen.run(5);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 2);
  EXPECT_EQ(seen.put("DISP", 0), Answer::taken);
  EXPECT_EQ(seen.put("VAL", 0), Answer::taken);
}

TEST(MotorRecordAtItsSwitch, j_ends_as_if_all_were_well) {
  MotorRecordSettings settings = MotorRecordAsSeen::settings();
  settings.low = settings.high = 0;  // no soft limits
  settings.hard_high = 3;
  MotorRecord record(settings);
  Seen seen(record);
  seen.put("VAL", 5, 1);
  seen.run(8);
  EXPECT_EQ(record.get("HLS"), 1);
  EXPECT_EQ(record.get("LLS"), 0);
  EXPECT_EQ(record.get("DMOV"), 1);
  EXPECT_EQ(record.get("MISS"), 0);
  EXPECT_EQ(record.get("SEVR"), 0);
  EXPECT_TRUE(seen.completed(1));
  EXPECT_NEAR(record.get("VAL"), 3, 0.02);
  const auto status = seen.of("MSTA");
  ASSERT_EQ(status.size(), 3U);
  EXPECT_EQ(status[0].value, 0x401);
  EXPECT_EQ(status[1].value, 0x405);
  EXPECT_EQ(status[2].value, 0x6);
  EXPECT_GT(seen.of("RBV").back().time, seen.of("DMOV").back().time);  // it still rolls out
  // away from the switch it moves, and the switch opens
  seen.put("VAL", 1);
  seen.run(14);
  EXPECT_EQ(record.get("HLS"), 0);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 1);
}

TEST_F(MotorRecordAsSeen, l_set_moves_the_coordinates_not_the_axis) {
  seen.put("SET", 1);
  seen.put("VAL", 7);
  seen.run(3);
  EXPECT_EQ(record.true_position(3), 0);
  EXPECT_EQ(record.get("OFF"), 7);
  EXPECT_EQ(record.get("RBV"), 7);
  EXPECT_EQ(record.get("LLM"), -3);
  EXPECT_EQ(record.get("HLM"), 17);
  EXPECT_EQ(record.get("DMOV"), 1);
  EXPECT_TRUE(seen.of("DMOV").empty());
}

TEST_F(MotorRecordAsSeen, m_goes_on_to_its_target_when_nobody_is_there) {
  seen.put("VAL", 2);
  record.advance(10);  // no client, no call in between
  EXPECT_DOUBLE_EQ(record.get("RBV"), 2);
  EXPECT_EQ(record.get("DMOV"), 1);
}

TEST_F(MotorRecordAsSeen, n_what_it_tells_cannot_be_written) {
  for (const char* field : {"RBV", "DMOV", "HLS", "LLS", "LVIO", "MSTA"})
    EXPECT_EQ(seen.put(field, 1), Answer::no_write_access) << field;
  EXPECT_EQ(seen.put("NONSENSE", 1), Answer::no_such_field);
}

TEST(MotorRecordBacklash, comes_to_its_target_from_one_side) {
  MotorRecordSettings settings = MotorRecordAsSeen::settings();
  settings.backlash = 0.1;
  MotorRecord record(settings);
  double lowest = 0;
  record.put(0, "VAL", -1);
  for (double now = 0; now < 6; now += 0.005) {
    record.advance(now);
    lowest = std::min(lowest, record.true_position(now));
  }
  EXPECT_NEAR(lowest, -1.1, 1e-6);
  EXPECT_DOUBLE_EQ(record.get("RBV"), -1);
  EXPECT_EQ(record.get("DMOV"), 1);
}

TEST(MotorRecordFaults, each_is_seen_and_clears) {
  MotorRecord record(MotorRecordAsSeen::settings());
  Seen seen(record);
  record.faults().stall = true;
  seen.put("VAL", 1, 1);
  seen.run(20);
  EXPECT_EQ(record.get("MISS"), 1);
  EXPECT_EQ(record.get("RCNT"), 3);
  EXPECT_EQ(record.get("RBV"), 0);
  EXPECT_TRUE(seen.completed(1));  // completion is not success
  EXPECT_TRUE(static_cast<unsigned>(record.get("MSTA")) & 1U << 6);
  record.faults() = {};
  seen.put("VAL", 1);
  seen.run(24);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 1);
  EXPECT_EQ(record.get("MISS"), 0);

  record.faults().stuck_dmov = true;
  seen.put("VAL", 2);
  seen.run(30);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 2);
  EXPECT_EQ(record.get("DMOV"), 0);
  record.faults() = {};
  seen.run(30.1);
  EXPECT_EQ(record.get("DMOV"), 1);

  record.faults().comm_error = true;
  seen.run(30.2);
  EXPECT_EQ(record.get("SEVR"), 3);
  EXPECT_TRUE(static_cast<unsigned>(record.get("MSTA")) & 1U << 12);
  record.faults() = {};
  seen.run(30.3);
  EXPECT_EQ(record.get("SEVR"), 0);

  seen.forget();
  record.faults().limit = true;
  seen.put("VAL", 0);
  seen.run(31);
  EXPECT_EQ(record.get("LLS"), 1);
  EXPECT_EQ(record.get("DMOV"), 1);
  record.faults() = {};

  seen.forget();
  record.faults().slow_readback = true;
  seen.put("VAL", 5);
  seen.run(34);
  EXPECT_LE(seen.of("RBV").size(), 2U);
}

TEST(MotorRecordSpg, has_its_own_go_field) {
  MotorRecordSettings settings = MotorRecordAsSeen::settings();
  settings.flavour = MotorFlavour::spg;
  MotorRecord record(settings);
  Seen seen(record);
  EXPECT_EQ(record.get("SPG"), 2);
  EXPECT_TRUE(std::isnan(record.get("SPMG")));
  EXPECT_TRUE(std::isnan(record.get("TDIR")));
  seen.put("SPG", 1);
  seen.put("VAL", 1);
  seen.run(3);
  EXPECT_EQ(record.get("RBV"), 0);
  seen.put("SPG", 2);
  seen.run(6);
  EXPECT_DOUBLE_EQ(record.get("RBV"), 1);
}

}  // namespace
}  // namespace jt::simulator
