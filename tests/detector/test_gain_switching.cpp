// Epix10ka and Jungfrau arithmetic against what the field's own software gives for the same raw data.
#include "detector/gain_switching.hpp"

#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;
using test::expect_golden;

struct Files {
  bool gains = true, offsets = true, status = true;
};

Files files_of(const json& names) {
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return {has("gain") || has("pixel_gain"), has("pixel_offset"), has("status") || has("pixel_status")};
}

std::vector<float> run(const GainTable& table, const std::vector<std::uint16_t>& raw, std::size_t rows,
                       std::size_t cols, const MedianCommonMode& common_mode, BankLayout banks) {
  std::vector<float> values(raw.size());
  const std::size_t panel = rows * cols;
  const std::vector<std::uint8_t> all(panel, 1);
  for (std::size_t first = 0; first < raw.size(); first += panel)
    table.calibrate(reinterpret_cast<const std::byte*>(raw.data() + first), first,
                    {values.data() + first, rows, cols}, all, common_mode, banks, false);
  return values;
}

MedianCommonMode common_mode_of(const json& file, std::vector<double> standard) {
  return read_median_common_mode(file.is_null() ? standard : file.get<std::vector<double>>());
}

template <class Input>
void expect_inputs(const Input& input, const json& golden) {
  test::expect_input(golden, "raw", input.raw);
  test::expect_input(golden, "pedestals", input.pedestals);
  test::expect_input(golden, "pixel_gain", input.gains);
  test::expect_input(golden, "pixel_status", input.status);
  test::expect_input(golden, "pixel_mask", input.mask);
}

using Layout = std::optional<ImageLayout>;  // nothing without the large golden set

// All files there, the field's common mode: values, mask and pictures.
void expect_default(const std::vector<float>& values, Shape shape, const Mask& status,
                    const std::vector<std::uint8_t>& pixel_mask, const Layout& layout, const json& golden) {
  Mask mask = edge_mask(shape);
  combine(mask, status);
  combine(mask, pixel_mask);
  test::expect_golden_pictures(values, mask, layout ? &*layout : nullptr, golden);
}

// The gain range of each pixel of the frame.
void expect_ranges(const test::GoldenEpix& input, const json& golden) {
  const auto ranges = test::generate<std::int16_t>(input.pixels, [&](std::size_t i) {
    const std::size_t row = i / 384 % 352, col = i % 384;
    const std::size_t chip = row < 176 ? (col < 192 ? 2 : 1) : (col < 192 ? 3 : 0);
    const unsigned trbit = input.config.trbits[i / (352 * 384)][chip];
    return epix10ka_range(input.config.pixel_words[i], trbit, (input.raw[i] >> 14) & 1u);
  });
  EXPECT_EQ(golden["dtype"], "int16");
  EXPECT_EQ(test::crc32_of(ranges), golden["crc32"]) << "gain ranges";
}

void expect_epix(const test::GoldenEpix& input, const json& golden, const Layout& layout) {
  EXPECT_EQ(test::crc32_of(test::generate<std::uint8_t>(
                input.pixels, [&](std::size_t i) { return input.config.pixel_words[i]; })),
            golden["pca"]["crc32"]);
  expect_inputs(input, golden);
  expect_ranges(input, golden["gain_range_index_reference"]);
  const Shape shape{static_cast<std::uint32_t>(input.panels), 352, 384};

  const auto check = [&](Files files, const json& common_mode, const json& wanted, const std::string& what) {
    const GainConstants constants{
        input.pedestals,
        files.gains ? input.gains : std::vector<float>{},
        {},
        files.status ? status_mask<std::uint16_t>(input.status, input.pixels, 5) : Mask{}};
    const GainTable table = GainTable::epix10ka(constants, input.config);
    const auto values =
        run(table, input.raw, 352, 384, common_mode_of(common_mode, {7, 2, 10, 10}), epix10ka_banks);
    if (what == "default")
      expect_default(values, shape, constants.status, input.mask, layout, golden);
    else
      expect_golden(values, wanted, what);
  };
  check({}, nullptr, golden["calib_default"], "default");
  for (const auto& [name, variant] : golden["variants"].items()) {
    check(files_of(variant["files"]), variant["common_mode_file"], variant["calib"], name);
    // Without status and pixel_mask only the edges are bad.
    if (variant.contains("mask")) {
      EXPECT_EQ(test::crc32_of(edge_mask(shape)), variant["mask"]["crc32"]) << name;
    }
  }
}

void expect_jungfrau(const test::GoldenJungfrau& input, const json& golden, const Layout& layout) {
  expect_inputs(input, golden);
  test::expect_input(golden, "pixel_offset", input.offsets);
  const Shape shape{static_cast<std::uint32_t>(input.panels), 512, 1024};
  const auto check = [&](Files files, const json& common_mode, const json& wanted, const std::string& what) {
    const GainConstants constants{
        input.pedestals, files.gains ? input.gains : std::vector<float>{},
        files.offsets ? input.offsets : std::vector<float>{},
        files.status ? status_mask<std::uint16_t>(input.status, input.pixels, 3) : Mask{}};
    const GainTable table = GainTable::jungfrau(constants, input.pixels);
    const auto values =
        run(table, input.raw, 512, 1024, common_mode_of(common_mode, {7, 1, 100, 0}), jungfrau_banks);
    if (what == "default")
      expect_default(values, shape, constants.status, input.mask, layout, golden);
    else
      expect_golden(values, wanted, what);
  };
  check({}, nullptr, golden["calib_default"], "default");
  for (const auto& [name, variant] : golden["variants"].items())
    check(files_of(variant["files"]), variant["common_mode_file"], variant["calib"], name);
}

TEST(GainSwitching, every_configuration_word_selects_its_range) {
  const json golden = test::golden_json("calib/small_cases.json");
  for (const json& line : golden["epix10ka_cbits_to_gain_range"]) {
    const auto bits = line["cbits"].get<unsigned>();
    EXPECT_EQ(epix10ka_range(bits & 15, (bits >> 4) & 1, (bits >> 5) & 1), line["index"].get<int>()) << bits;
  }
}

TEST(GainSwitching, epix10ka_quad_values_are_those_of_the_reference) {
  expect_epix(test::GoldenEpix(4), test::golden_json("calib/epix10kaquad.json"),
              test::golden_layout("l1_epix10kaquad.data"));
}

TEST(GainSwitching, epix10ka2m_values_are_those_of_the_reference) {
  expect_epix(test::GoldenEpix(16), test::golden_json("calib/epix10ka2m.json"),
              test::golden_layout("l1_epix10ka2m.data"));
}

TEST(GainSwitching, jungfrau_05m_values_are_those_of_the_reference) {
  expect_jungfrau(test::GoldenJungfrau(1), test::golden_json("calib/jungfrau05m.json"),
                  test::golden_layout("l1_jungfrau05m.data"));
}

TEST(GainSwitching, jungfrau_4m_values_are_those_of_the_reference) {
  expect_jungfrau(test::GoldenJungfrau(8), test::golden_json("calib/jungfrau4m.json"),
                  test::golden_layout("l1_jungfrau4m.data"));
}

TEST(GainSwitching, jungfrau_gain_bits_without_a_range_give_the_code_itself) {
  const json golden = test::golden_json("calib/small_cases.json")["jungfrau_raw_to_range"];
  const auto raw = golden["raw"].get<std::vector<std::uint16_t>>();
  GainConstants constants;
  for (const float pedestal : {100.0f, 200.0f, 300.0f})
    constants.pedestals.insert(constants.pedestals.end(), 8, pedestal);
  for (const float gain : {1 / 2.0f, 1 / 3.0f, 1 / 5.0f})
    constants.gains.insert(constants.gains.end(), 8, gain);
  const GainTable table = GainTable::jungfrau(constants, 8);
  const auto values = run(table, raw, 1, 8, {}, jungfrau_banks);
  const auto wanted = golden["calib_with_poff_100_200_300_gfac_2_3_5"].get<std::vector<float>>();
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(values[i], wanted[i], 1e-6 * std::abs(wanted[i])) << i;
}

// One pixel with word 0 and trbit 1: automatic, high to low.
GainTable one_pixel(std::array<float, 7> pedestals, std::array<float, 7> gains) {
  GainConstants constants;
  Epix10kaConfig config;
  config.pixel_words.assign(352 * 384, 0);
  config.trbits = {{1, 1, 1, 1}};
  for (std::size_t range = 0; range < 7; ++range) {
    constants.pedestals.insert(constants.pedestals.end(), 352 * 384, pedestals[range]);
    constants.gains.insert(constants.gains.end(), 352 * 384, 16.0f);
    constants.gains[range * 352 * 384] = gains[range];
  }
  return GainTable::epix10ka(constants, config);
}

std::pair<float, std::size_t> calibrate_first(const GainTable& table, std::uint16_t word, bool leave_out) {
  const std::vector<std::uint8_t> counted(1, 1);
  float value = 0;
  const std::size_t saturated = table.calibrate(reinterpret_cast<const std::byte*>(&word), 0, {&value, 1, 1},
                                                counted, {}, epix10ka_banks, leave_out);
  return {value, saturated};
}

TEST(GainSwitching, a_gain_that_is_not_finite_makes_the_pixel_bad_and_is_counted) {
  const float nan = std::nanf("");
  const GainTable reached = one_pixel({0, 0, 0, 100, 0, 0, 0}, {1, 1, 1, 16, 1, nan, 1});
  EXPECT_EQ(reached.trouble().not_finite, 1u);
  EXPECT_EQ(reached.usable().front(), 0);
  EXPECT_EQ(calibrate_first(reached, 0x4000 | 500, false).first, 0.0f);
  // Range 0 is never reached with this configuration.
  const GainTable not_reached = one_pixel({0, 0, 0, 100, 0, 0, 0}, {nan, 1, 1, 16, 1, 1, 1});
  EXPECT_EQ(not_reached.trouble().not_finite, 0u);
  EXPECT_EQ(calibrate_first(not_reached, 260, false).first, 10.0f);
}

TEST(GainSwitching, gain_zero_reads_zero_and_is_left_out_where_gaps_are_allowed) {
  const GainTable table = one_pixel({0, 0, 0, 100, 0, 0, 0}, {1, 1, 1, 0, 1, 2, 1});
  EXPECT_EQ(table.trouble().zero_gain, 1u);
  EXPECT_EQ(calibrate_first(table, 260, false).first, 0.0f);
  EXPECT_TRUE(std::isnan(calibrate_first(table, 260, true).first));
  EXPECT_EQ(calibrate_first(table, 0x4000 | 500, true).first, 250.0f);
}

TEST(GainSwitching, the_end_of_the_scale_is_counted_and_left_out) {
  const GainTable epix = one_pixel({}, {1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(calibrate_first(epix, 0x3fff, false), std::make_pair(16383.0f, std::size_t{1}));
  EXPECT_TRUE(std::isnan(calibrate_first(epix, 0x7fff, true).first));
  EXPECT_EQ(calibrate_first(epix, 0x3ffe, true).second, 0u);
  // Jungfrau: in the lower gains the signal lowers the code.
  const GainTable jungfrau = GainTable::jungfrau({{0, 0, 0}, {1, 1, 1}, {}, {}}, 1);
  for (const auto& [word, saturated] : {std::pair<std::uint16_t, std::size_t>{0x0000, 0},
                                        {0x3fff, 1},
                                        {0x4000, 1},
                                        {0x7fff, 0},
                                        {0xc000, 1},
                                        {0xffff, 0}})
    EXPECT_EQ(calibrate_first(jungfrau, word, true).second, saturated) << word;
}

}  // namespace
