// What `jt watch` shows, from made-up shots and states.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "apps/jt/watch_view.hpp"

namespace jt::app {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

api::ShotMessage good_shot(double ratio) {
  api::ShotMessage shot;
  shot.experiment = "xcsjt1236";
  shot.i0 = 1;
  shot.ring = shot.ratio = ratio;
  return shot;
}
api::ShotMessage dropped_shot(const std::string& cause) {
  api::ShotMessage shot;
  shot.cause = cause;
  shot.dropped = true;
  return shot;
}

const json healthy = {{"problem", nullptr}, {"profile", {{"values", {1, 2, 3}}, {"state", "as calibrated"}}}};

TEST(Watch, the_lamp_tells_first_what_hides_everything_else) {
  WatchedShots shots;
  const auto lamp = [&](const json& state, double now_s) { return lamp_of({shots, state, now_s, 0}); };
  EXPECT_EQ(lamp(json(), 0), "NO CONTACT");
  EXPECT_EQ(lamp(healthy, 0), "NO SHOTS");
  shots.add(good_shot(2), 100);
  EXPECT_EQ(lamp(healthy, 101), "GOOD");
  EXPECT_EQ(lamp(healthy, 110), "NO SHOTS");
  for (int i = 0; i < 2; ++i) shots.add(dropped_shot("i0 outside"), 110);
  EXPECT_EQ(lamp(healthy, 110), "DROPPING");
  EXPECT_EQ(lamp({{"problem", "no pedestals"}}, 110), "PROBLEM");
  EXPECT_EQ(lamp(json(), 110), "NO CONTACT");
}

TEST(Watch, shots_that_are_not_ours_are_neither_good_nor_dropped) {
  WatchedShots shots;
  shots.add(good_shot(3), 0);
  api::ShotMessage other = dropped_shot("other event code");
  other.dropped = false;
  shots.add(other, 0);
  const WatchedShots::Summary summary = shots.summary();
  EXPECT_EQ(summary.good, 1u);
  EXPECT_EQ(summary.dropped, 0u);
  EXPECT_EQ(summary.others, 1u);
  EXPECT_EQ(summary.ratio, 3);
  EXPECT_EQ(lamp_of({shots, healthy, 0, 0}), "GOOD");
}

TEST(Watch, the_strip_is_the_median_ratio_of_equal_parts) {
  WatchedShots shots;
  for (const double ratio : {1.0, 9.0, 2.0, 5.0, 7.0, 6.0}) shots.add(good_shot(ratio), 0);
  EXPECT_THAT(shots.strip(2), ElementsAre(2.0, 6.0));
  shots.add(dropped_shot("no i0"), 0);
  shots.add(dropped_shot("no i0"), 0);
  const std::vector<double> strip = shots.strip(4);
  EXPECT_TRUE(std::isnan(strip[3]));  // none good among them
}

TEST(Watch, bars_are_as_high_as_their_values) {
  EXPECT_THAT(bars({0, 1, 2, std::nan("")}, 2), ElementsAre("  # ", " ## "));
  EXPECT_THAT(bars({1, 1.5, 2}, 1), ElementsAre("-=#"));  // quarters 2, 3 and 4
  EXPECT_THAT(bars({std::nan(""), std::nan("")}, 1), ElementsAre("  "));
}

TEST(Watch, fits_any_terminal_and_survives_any_answer) {
  WatchedShots shots;
  shots.add(good_shot(2), 0);
  const std::vector<json> answers = {json(),
                                     json::array(),
                                     json(3),
                                     {{"profile", {{"values", "none"}}}},
                                     {{"profile", {{"values", {1, nullptr, "x"}}}}},
                                     {{"source", {{"words", "\x1b[2J"}}}},
                                     {{"shots", 3}},
                                     healthy};
  for (const json& answer : answers)
    for (const std::size_t columns : {1u, 20u, 80u, 300u}) {
      const auto lines = watch_lines({shots, answer, 0, 0}, 24, columns);
      EXPECT_LE(lines.size(), 24u);
      for (const std::string& line : lines) {
        EXPECT_LE(line.size(), columns);
        for (const char c : line) ASSERT_TRUE(c >= ' ' && c <= '~');
      }
    }
}

TEST(Watch, one_line_tells_the_lamp_and_how_many_were_good) {
  WatchedShots shots;
  shots.add(good_shot(2), 0);
  shots.add(dropped_shot("i0 outside"), 0);
  const std::string line = watch_line({shots, healthy, 0, 5});
  EXPECT_THAT(line, HasSubstr("[GOOD]"));
  EXPECT_THAT(line, HasSubstr("1 of 2 good"));
  EXPECT_THAT(line, HasSubstr("5 missed here"));
}

}  // namespace
}  // namespace jt::app
