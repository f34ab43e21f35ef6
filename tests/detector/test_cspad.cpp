// CSPAD arithmetic against what the field's own software gives for the same raw data.
#include "detector/cspad.hpp"

#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;

std::vector<float> run(const CspadArithmetic& arithmetic, const std::vector<std::int16_t>& raw) {
  std::vector<float> values(raw.size());
  const std::vector<std::uint8_t> all(cspad_section_pixels, 1);
  for (std::size_t section = 0; section < cspad_sections; ++section) {
    const std::size_t first = section * cspad_section_pixels;
    arithmetic.calibrate(section, reinterpret_cast<const std::byte*>(raw.data() + first),
                         {values.data() + first, cspad_section_pixels}, all, false);
  }
  return values;
}

TEST(Cspad, values_are_those_of_the_reference) {
  const json golden = test::golden_json("calib/cspad.json");
  const test::GoldenCspad input;
  test::expect_input(golden, "raw", input.raw);
  test::expect_input(golden, "pedestals", input.pedestals);
  test::expect_input(golden, "pixel_gain", input.gains);
  test::expect_input(golden, "pixel_status", input.status);
  test::expect_input(golden, "pixel_mask", input.mask);
  test::expect_input(golden, "gain_map_words", input.gain_map);
  const CspadGainMap recorded{input.gain_map},
      all_high{std::vector<std::uint16_t>(input.gain_map.size(), 0xffff)};

  const auto check = [&](const json& files, const json& common_mode, const CspadGainMap& map,
                         const json& wanted, const std::string& what) {
    const auto has = [&](const char* name) {
      return std::find(files.begin(), files.end(), name) != files.end();
    };
    CspadConstants constants;
    if (has("pedestals")) constants.pedestals = input.pedestals;
    if (has("pixel_gain")) constants.gains = input.gains;
    if (has("pixel_status")) {
      constants.status = input.status;
      constants.status_mask = status_mask<std::uint16_t>(input.status, input.status.size(), 1);
    }
    const auto numbers =
        common_mode.is_null() ? std::vector<double>{} : common_mode.get<std::vector<double>>();
    const CspadArithmetic arithmetic(std::move(constants), map, read_cspad_common_mode(numbers));
    test::expect_golden(run(arithmetic, input.raw), wanted, what);
  };
  const json every = {"pedestals", "pixel_gain", "pixel_status", "pixel_mask"};
  check(every, nullptr, recorded, golden["calib_default"], "default");
  for (const auto& [name, variant] : golden["variants"].items())
    check(variant["files"], variant["common_mode_file"], variant["gain_map"] == "words" ? recorded : all_high,
          variant["calib"], name);
}

TEST(Cspad, full_scale_is_counted_and_left_out) {
  CspadConstants constants;
  const CspadArithmetic arithmetic(constants, std::nullopt, {.algorithm = CspadCommonMode::Algorithm::off});
  std::vector<std::int16_t> raw(cspad_section_pixels, 7);
  raw[5] = 16383;
  std::vector<float> values(raw.size());
  const std::vector<std::uint8_t> all(raw.size(), 1);
  EXPECT_EQ(arithmetic.calibrate(31, reinterpret_cast<const std::byte*>(raw.data()), values, all, true), 1u);
  EXPECT_TRUE(std::isnan(values[5]));
  EXPECT_EQ(values[4], 7.0f);
}

TEST(Cspad, constants_that_are_not_finite_make_pixels_bad_and_are_counted) {
  CspadConstants constants;
  constants.pedestals.assign(cspad_sections * cspad_section_pixels, 1.0f);
  constants.pedestals[3] = std::nanf("");
  constants.gains.assign(constants.pedestals.size(), 1.0f);
  constants.gains[4] = HUGE_VALF;
  const CspadArithmetic arithmetic(std::move(constants), std::nullopt, {});
  EXPECT_EQ(arithmetic.not_finite(), 2u);
  EXPECT_EQ(arithmetic.usable()[3], 0);
  EXPECT_EQ(arithmetic.usable()[4], 0);
  EXPECT_EQ(arithmetic.usable()[5], 1);
}

}  // namespace
