// Saturated pixels of panel detectors, per detector and gain: at the end of the scale they are counted and
// left out, nothing else is, and what is not good is left out without being counted.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "detector/cspad.hpp"
#include "detector/gain_switching.hpp"
#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;

constexpr std::size_t epix_panel = 352 * 384;

// One panel of Epix10ka whose pixels are all set alike: pedestals 1000 + 100 * range, gain 1.
GainTable epix_of(std::uint16_t pixel_word, std::uint8_t trbit) {
  GainConstants constants;
  for (std::size_t range = 0; range < epix10ka_ranges; ++range)
    constants.pedestals.insert(constants.pedestals.end(), epix_panel,
                               1000.0f + 100.0f * static_cast<float>(range));
  constants.gains.assign(epix10ka_ranges * epix_panel, 1.0f);
  return GainTable::epix10ka(
      constants, {std::vector<std::uint16_t>(epix_panel, pixel_word), {{trbit, trbit, trbit, trbit}}});
}

GainTable jungfrau_of(std::size_t pixels) {
  return GainTable::jungfrau(
      {std::vector<float>(3 * pixels, 100.0f), std::vector<float>(3 * pixels, 2.0f), {}, {}}, pixels);
}

struct Read {
  std::size_t counted;
  std::vector<float> left_out, kept;
};
Read read_row(const GainTable& table, const std::vector<std::uint16_t>& words,
              const std::vector<std::uint8_t>& good) {
  Read read{0, std::vector<float>(words.size()), std::vector<float>(words.size())};
  const auto* raw = reinterpret_cast<const std::byte*>(words.data());
  read.counted =
      table.calibrate(raw, 0, {read.left_out.data(), 1, words.size()}, good, {}, epix10ka_banks, true);
  EXPECT_EQ(table.calibrate(raw, 0, {read.kept.data(), 1, words.size()}, good, {}, epix10ka_banks, false),
            read.counted)
      << "the count must not depend on what becomes of the pixels";
  return read;
}

TEST(Saturation, of_epix10ka_is_code_16383_in_every_gain_range) {
  struct Setting {
    std::uint16_t pixel_word;
    std::uint8_t trbit;
    unsigned bit14;
    int range;
  };
  // The seven ranges: high, medium and low fixed; automatic high and medium; their low ranges.
  for (const Setting& of : {Setting{12, 1, 0, 0},
                            {12, 0, 0, 1},
                            {8, 0, 0, 2},
                            {0, 1, 0, 3},
                            {0, 0, 0, 4},
                            {0, 1, 1, 5},
                            {0, 0, 1, 6}}) {
    const GainTable table = epix_of(of.pixel_word, of.trbit);
    const auto word = [&](unsigned code) { return static_cast<std::uint16_t>(code | of.bit14 << 14); };
    const Read read = read_row(table, {word(16383), word(16382), word(0), word(16383)}, {1, 1, 1, 0});
    EXPECT_EQ(read.counted, 1u) << of.range << ": the last one is bad and does not count";
    EXPECT_TRUE(std::isnan(read.left_out[0])) << of.range;
    EXPECT_TRUE(std::isnan(read.left_out[3])) << of.range;
    const float pedestal = 1000.0f + 100.0f * static_cast<float>(of.range);
    EXPECT_EQ(read.left_out[1], 16382 - pedestal) << of.range;
    EXPECT_EQ(read.left_out[2], -pedestal) << of.range;
    EXPECT_EQ(read.kept[0], 16383 - pedestal) << of.range;
  }
}

TEST(Saturation, of_jungfrau_is_the_end_that_the_signal_drives_to_in_each_gain) {
  struct Word {
    unsigned bits, code;
    bool full;
  };
  // Bits 15 and 14: 0 is the high gain, where signal raises the code; 1 and 3 the lower ones, where it falls.
  for (const Word& of : {Word{0, 16383, true},
                         {0, 0, false},
                         {0, 16382, false},
                         {1, 0, true},
                         {1, 16383, false},
                         {1, 1, false},
                         {3, 0, true},
                         {3, 16383, false},
                         {3, 1, false}}) {
    const auto word = static_cast<std::uint16_t>(of.bits << 14 | of.code);
    const Read read = read_row(jungfrau_of(2), {word, word}, {1, 0});
    EXPECT_EQ(read.counted, of.full ? 1u : 0u) << of.bits << " " << of.code;
    EXPECT_EQ(std::isnan(read.left_out[0]), of.full) << of.bits << " " << of.code;
    EXPECT_EQ(std::isnan(read.left_out[1]), of.full) << of.bits << " " << of.code;
    EXPECT_EQ(read.kept[0], (static_cast<float>(of.code) - 100) / 2) << of.bits << " " << of.code;
  }
}

TEST(Saturation, of_cspad_is_code_16383_in_high_and_in_low_gain) {
  const CspadConstants constants{
      std::vector<float>(cspad_sections * cspad_section_pixels, 1000.0f), {}, {}, {}};
  CspadGainMap map{std::vector<std::uint16_t>(4 * cspad_rows * cspad_cols / 2, 0xffff)};
  for (std::uint16_t& word : map.words) word = 0xfffc;  // 2x1 number 0 of each quad: low gain
  const CspadArithmetic arithmetic(constants, map, {.algorithm = CspadCommonMode::Algorithm::off});
  std::vector<std::int16_t> raw(cspad_section_pixels, 2000);
  raw[7] = raw[9] = 16383;
  raw[8] = 16382;
  std::vector<std::uint8_t> good(raw.size(), 1);
  good[9] = 0;
  for (const auto& [section, factor] : {std::pair<std::size_t, double>{8, 6.85}, {9, 1.0}}) {
    std::vector<float> values(raw.size());
    const auto* bytes = reinterpret_cast<const std::byte*>(raw.data());
    EXPECT_EQ(arithmetic.calibrate(section, bytes, values, good, true), 1u) << section;
    EXPECT_TRUE(std::isnan(values[7])) << section;
    EXPECT_TRUE(std::isnan(values[9])) << section;
    EXPECT_FLOAT_EQ(values[8], static_cast<float>(15382 * factor)) << section;
    EXPECT_EQ(arithmetic.calibrate(section, bytes, values, good, false), 1u) << section;
    EXPECT_FLOAT_EQ(values[7], static_cast<float>(15383 * factor)) << section;
  }
}

// Is the word at the end of its scale? Written out once more from what the detectors are.
bool is_full(std::uint16_t word, bool jungfrau) {
  const unsigned bits = word >> 14, code = word & 0x3fffu;
  if (!jungfrau || bits == 0) return code == 16383;
  return bits != 2 && code == 0;
}

RC_GTEST_PROP(SaturationOfAnyFrame, counts_and_leaves_out_what_is_full_and_keeps_the_rest, ()) {
  const bool jungfrau = *rc::gen::arbitrary<bool>();
  constexpr std::size_t count = 64;
  // Words at the ends of the scale are as likely as others.
  const auto any_word =
      rc::gen::oneOf(rc::gen::arbitrary<std::uint16_t>(),
                     rc::gen::map(rc::gen::inRange<unsigned>(0, 4),
                                  [](unsigned b) { return static_cast<std::uint16_t>(b << 14); }),
                     rc::gen::map(rc::gen::inRange<unsigned>(0, 4),
                                  [](unsigned b) { return static_cast<std::uint16_t>(b << 14 | 0x3fffu); }));
  const auto words = *rc::gen::container<std::vector<std::uint16_t>>(count, any_word);
  const auto good =
      *rc::gen::container<std::vector<std::uint8_t>>(count, rc::gen::element<std::uint8_t>(0, 1));
  static const GainTable epix = epix_of(0, 1);
  static const GainTable jf = jungfrau_of(count);
  const Read read = read_row(jungfrau ? jf : epix, words, good);
  std::size_t full = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool is = is_full(words[i], jungfrau);
    full += is && good[i] != 0 ? 1 : 0;
    // Bits 10 of Jungfrau name no gain: no value, and nothing to be full.
    const bool no_gain = jungfrau && words[i] >> 14 == 2;
    RC_ASSERT(std::isnan(read.left_out[i]) == (is || no_gain));
    RC_ASSERT(!std::isnan(read.kept[i]));
    if (!is && !no_gain) RC_ASSERT(read.left_out[i] == read.kept[i]);
  }
  RC_ASSERT(read.counted == full);
}

}  // namespace
