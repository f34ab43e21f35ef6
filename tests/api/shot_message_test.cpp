// The shot stream's messages: the text of docs/stream.md by hand, every field there and back, and what is
// refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "api/shot_message.hpp"

namespace jt::api {
namespace {

// As docs/stream.md shows it.
const std::string by_hand =
    R"({"version":1,"seq":17,"origin":"replay","hutch":"xcs","experiment":"xcsx47519","run":10,)"
    R"("sec":1600000000,"nsec":8333333,"fiducial":33,"i0":0.1,"ring":1e+22,"ratio":null,)"
    R"("dropped":true,"cause":"i0 outside cut","window_id":3,"age_us":250})";

ShotMessage the_same() {
  ShotMessage shot;
  shot.seq = 17;
  shot.origin = Origin::replay;
  shot.hutch = "xcs";
  shot.experiment = "xcsx47519";
  shot.run = {10};
  shot.time = {1600000000, 8333333};
  shot.fiducial = {33};
  shot.i0 = 0.1;
  shot.ring = 1e22;
  shot.dropped = true;
  shot.cause = "i0 outside cut";
  shot.window_id = 3;
  shot.age_us = 250;
  return shot;
}

TEST(ShotMessage, is_written_as_its_document_shows) { EXPECT_EQ(to_text(the_same()), by_hand); }

TEST(ShotMessage, is_read_as_its_document_shows) {
  const ParsedShot parsed = parse_shot(by_hand);
  ASSERT_TRUE(parsed.message) << parsed.problem;
  const ShotMessage& shot = *parsed.message;
  EXPECT_EQ(shot.seq, 17u);
  EXPECT_EQ(shot.origin, Origin::replay);
  EXPECT_EQ(shot.run.value, 10);
  EXPECT_EQ(shot.time, (ShotTime{1600000000, 8333333}));
  EXPECT_EQ(shot.fiducial.value, 33u);
  EXPECT_EQ(shot.i0, 0.1);
  EXPECT_EQ(shot.ring, 1e22);
  EXPECT_TRUE(std::isnan(shot.ratio));
  EXPECT_TRUE(shot.dropped);
  EXPECT_EQ(shot.cause, "i0 outside cut");
  EXPECT_EQ(shot.window_id, 3u);
  EXPECT_TRUE(std::isnan(shot.beam_position));
  EXPECT_EQ(shot.age_us, 250u);
}

TEST(ShotMessage, every_bit_of_a_number_arrives) {
  for (const double value :
       {1.0 / 3, 0.1, 6.02214076e23, 5e-324, -1.7976931348623157e308, 123456789.123456789}) {
    ShotMessage shot = the_same();
    shot.ring = value;
    shot.beam_position = -value;
    const ParsedShot parsed = parse_shot(to_text(shot));
    ASSERT_TRUE(parsed.message) << parsed.problem;
    EXPECT_EQ(parsed.message->ring, value);
    EXPECT_EQ(parsed.message->beam_position, -value);
  }
}

TEST(ShotMessage, infinity_and_nan_are_null_on_the_wire) {
  ShotMessage shot = the_same();
  shot.i0 = std::numeric_limits<double>::infinity();
  EXPECT_THAT(to_text(shot), testing::HasSubstr(R"("i0":null)"));
}

TEST(ShotMessage, a_field_may_be_new_but_none_may_be_missing_or_of_another_kind) {
  std::string more = by_hand;
  more.insert(1, R"("later":1,)");
  EXPECT_TRUE(parse_shot(more).message);
  for (const char* key : {"version", "seq", "origin", "hutch", "run", "sec", "fiducial", "i0", "dropped",
                          "cause", "window_id", "age_us"}) {
    std::string text = by_hand;
    const std::size_t at = text.find('"' + std::string(key) + '"');
    text[at + 1] = '_';
    EXPECT_THAT(parse_shot(text).problem, testing::HasSubstr("is missing")) << key;
  }
  for (const auto& [from, to] : {std::pair{R"("version":1)", R"("version":2)"},
                                 {R"("seq":17)", R"("seq":-1)"},
                                 {R"("seq":17)", R"("seq":1.5)"},
                                 {R"("replay")", R"("real")"},
                                 {R"("i0":0.1)", R"("i0":"0.1")"},
                                 {R"("i0":0.1)", R"("i0":1e999)"},
                                 {R"("nsec":8333333)", R"("nsec":4294967296)"},
                                 {R"("xcs")", R"("x\ncs")"},
                                 {R"("dropped":true)", R"("dropped":1)"}}) {
    std::string text = by_hand;
    text.replace(text.find(from), std::string_view(from).size(), to);
    EXPECT_FALSE(parse_shot(text).message) << text;
    EXPECT_NE(parse_shot(text).problem, "");
  }
}

TEST(ShotMessage, what_is_no_flat_object_is_refused) {
  for (const std::string text :
       {"", "{", "[]", "17", "{}", "{\"seq\":[1]}", "{\"a\":{}}", "\xff\xfe", "{} {}"})
    EXPECT_FALSE(parse_shot(text).message) << text;
  EXPECT_FALSE(parse_shot(std::string(100'000, '[')).message);
  EXPECT_FALSE(parse_shot(std::string(max_shot_bytes + 1, ' ')).message);
}

}  // namespace
}  // namespace jt::api
