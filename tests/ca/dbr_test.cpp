// Every type and class against bytes written by hand from the published C structures.
#include "ca/dbr.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"

namespace jt::ca {
namespace {

using test::hex;
using test::shown;

// 2000-01-01T00:00:00Z: 946684800 s after 1970, 315532800 = 0x12cea600 s after 1990; 1 ms = 0x000f4240 ns
constexpr PvTime new_year{946684800, 1000000};

PvSample sample(PvValue value) {
  return {std::move(value), {AlarmSeverity::major, alarm_status::high}, new_year};
}

std::string written(std::uint16_t dbr, std::uint32_t count, const PvSample& it,
                    const PvDetails& details = {}) {
  Bytes out(dbr_size(dbr, count));
  if (!write_dbr(out.data(), dbr, count, it, details, "ai")) return "cannot";
  return shown(out);
}

struct Layout {
  PvType type;
  // value offset / size of one element's structure, per class from STS to CTRL
  std::size_t offset[4], size[4];
};

TEST(CaDbr, offsets_and_sizes_are_those_of_the_reference_headers) {
  const Layout layouts[] = {
      {PvType::string, {4, 12, 4, 4}, {44, 52, 44, 44}},
      {PvType::int16, {4, 14, 24, 28}, {6, 16, 26, 30}},
      {PvType::float32, {4, 12, 40, 48}, {8, 16, 44, 52}},
      {PvType::choice, {4, 14, 422, 422}, {6, 16, 424, 424}},
      {PvType::uint8, {5, 15, 19, 21}, {6, 16, 20, 22}},
      {PvType::int32, {4, 12, 36, 44}, {8, 16, 40, 48}},
      {PvType::float64, {8, 16, 64, 80}, {16, 24, 72, 88}},
  };
  for (const Layout& it : layouts)
    for (std::size_t c = 0; c < 4; ++c) {
      const std::uint16_t dbr = dbr_type(static_cast<DbrClass>(c + 1), it.type);
      EXPECT_EQ(value_offset(dbr), it.offset[c]) << dbr;
      EXPECT_EQ(dbr_size(dbr, 1), it.size[c]) << dbr;
    }
  EXPECT_EQ(dbr_size(37, 1), 48u);
  EXPECT_EQ(dbr_size(38, 1), 40u);
}

TEST(CaDbr, time_double) {
  //                       status severity sec     nsec     pad      1.5
  EXPECT_EQ(written(20, 1, sample(1.5)),
            shown(hex("0004 0002 12cea600 000f4240 00000000 3ff80000 00000000")));
}

TEST(CaDbr, time_of_a_value_that_was_never_set_is_zero) {
  const PvSample never{PvValue(0.0), {AlarmSeverity::invalid, alarm_status::udf}, {}};
  EXPECT_EQ(written(20, 1, never), shown(hex("0011 0003 00000000 00000000 00000000 00000000 00000000")));
}

TEST(CaDbr, time_short_and_char_have_their_padding_before_the_value) {
  EXPECT_EQ(written(15, 2, sample(std::vector<std::int16_t>{-2, 3})),
            shown(hex("0004 0002 12cea600 000f4240 0000 fffe 0003")));
  EXPECT_EQ(written(18, 1, sample(std::vector<std::uint8_t>{0xAB})),
            shown(hex("0004 0002 12cea600 000f4240 000000 ab")));
  EXPECT_EQ(written(5, 1, sample(7)), shown(hex("00000007")));
  EXPECT_EQ(written(11, 1, sample(std::vector<std::uint8_t>{1})), shown(hex("0004 0002 00 01")));
}

TEST(CaDbr, control_double_tells_precision_units_and_limits) {
  PvDetails d;
  d.units = "mm";
  d.precision = 4;
  d.display_high = 1;
  d.display_low = -1;
  d.alarm_high = 2;
  d.warning_high = 3;
  d.warning_low = 4;
  d.alarm_low = 5;
  d.control_high = 10;
  d.control_low = -10;
  EXPECT_EQ(written(34, 1, sample(0.5), d),
            shown(hex("0004 0002 0004 0000 6d6d 0000 0000 0000"  // alarm, precision, pad, "mm"
                      "3ff0000000000000 bff0000000000000"        // display 1, -1
                      "4000000000000000 4008000000000000"        // alarm high 2, warning high 3
                      "4010000000000000 4014000000000000"        // warning low 4, alarm low 5
                      "4024000000000000 c024000000000000"        // control 10, -10
                      "3fe0000000000000")));                     // 0.5
}

TEST(CaDbr, control_limits_of_integers_stay_in_their_range) {
  PvDetails d;
  d.units = "12345678";  // one too many: the field ends with NUL
  d.control_high = 1e9;
  d.control_low = -1e9;
  EXPECT_EQ(written(29, 1, sample(std::vector<std::int16_t>{1}), d),
            shown(hex("0004 0002 31323334353637 00 0000 0000 0000 0000 0000 0000 7fff 8000 0001")));
}

TEST(CaDbr, control_enum_lists_its_choices) {
  PvDetails d;
  d.choices = {"Stop", "Go"};
  Bytes out(dbr_size(31, 1));
  ASSERT_TRUE(write_dbr(out.data(), 31, 1, sample(Choice{1}), d, ""));
  EXPECT_EQ(shown(View(out).first(12)), shown(hex("0004 0002 0002 5374 6f70 0000")));
  EXPECT_EQ(shown(View(out).subspan(6 + 26, 4)), shown(hex("476f 0000")));
  EXPECT_EQ(shown(View(out).subspan(422)), shown(hex("0001")));
}

TEST(CaDbr, strings_end_with_zeros_and_never_run_over) {
  EXPECT_EQ(written(0, 1, sample("abc")), shown(hex("616263" + std::string(74, '0'))));
  Bytes out(40);
  ASSERT_TRUE(write_dbr(out.data(), 0, 1, sample(std::string(60, 'x')), {}, ""));
  EXPECT_EQ(out[38], std::byte{'x'});
  EXPECT_EQ(out[39], std::byte{0});
  EXPECT_EQ(words_of(out).size(), 39u);
}

TEST(CaDbr, elements_that_a_value_has_not_are_zero) {
  EXPECT_EQ(written(6, 2, sample(1.5)), shown(hex("3ff8000000000000 0000000000000000")));
  EXPECT_EQ(written(1, 1, sample(std::vector<std::int16_t>{1, 2})), shown(hex("0001")));
}

TEST(CaDbr, values_are_told_in_other_types) {
  PvDetails d;
  d.precision = 2;
  d.choices = {"no", "yes"};
  EXPECT_EQ(written(0, 1, sample(3.14159), d), shown(hex("332e3134" + std::string(72, '0'))));
  EXPECT_EQ(written(6, 1, sample(Choice{1}), d), shown(hex("3ff0000000000000")));
  EXPECT_EQ(written(0, 1, sample(Choice{1}), d), shown(hex("796573" + std::string(74, '0'))));
  EXPECT_EQ(written(6, 1, sample("words"), d), "cannot");
  EXPECT_EQ(written(38, 1, sample(1.0)), shown(hex("6169" + std::string(76, '0'))));
}

TEST(CaDbr, a_put_is_read_only_as_far_as_its_bytes_go) {
  const Bytes two = hex("3ff8000000000000 4000000000000000");
  EXPECT_EQ(read_plain(6, 2, two), PvValue(std::vector<double>{1.5, 2}));
  EXPECT_EQ(read_plain(6, 3, two), std::nullopt);
  EXPECT_EQ(read_plain(6, 0xFFFFFFFF, two), std::nullopt);
  EXPECT_EQ(read_plain(0, 1, hex("6d6d0000 00000000")), PvValue("mm"));  // cut after its NUL
  EXPECT_EQ(read_plain(0, 2, hex("6d6d0000 00000000")), std::nullopt);
  EXPECT_EQ(read_plain(0, 1, {}), std::nullopt);
  EXPECT_EQ(read_plain(13, 1, two), std::nullopt);  // DBR_STS_DOUBLE is no put
  EXPECT_EQ(read_plain(3, 1, hex("0003")), PvValue(Choice{3}));
}

}  // namespace
}  // namespace jt::ca
