// The plain calibration that bench_detector measures against gives the golden values too, so both do the
// same.
#include "golden.hpp"
#include "plain_calibration.hpp"

namespace {

using namespace jt;
using nlohmann::json;

json variant(const json& golden, const char* name) { return golden["variants"][name]["calib"]; }

TEST(PlainCalibration, gives_the_values_of_the_reference) {
  {
    const test::GoldenEpix input(4);
    const json golden = test::golden_json("calib/epix10kaquad.json");
    const test::plain::Constants constants{
        input.pedestals,
        input.gains,
        {},
        detector::status_mask<std::uint16_t>(input.status, input.pixels, 5)};
    const auto run = [&](bool common_mode) {
      return test::plain::calibrate_epix10ka(constants, input.config.pixel_words, input.config.trbits,
                                             input.raw, common_mode);
    };
    test::expect_golden(run(true), golden["calib_default"], "epix10ka");
    test::expect_golden(run(false), variant(golden, "cm_7_0_100 (off)"), "epix10ka without common mode");
  }
  {
    const test::GoldenJungfrau input(1);
    const json golden = test::golden_json("calib/jungfrau05m.json");
    const test::plain::Constants constants{
        input.pedestals, input.gains, input.offsets,
        detector::status_mask<std::uint16_t>(input.status, input.pixels, 3)};
    test::expect_golden(test::plain::calibrate_jungfrau(constants, input.raw, true), golden["calib_default"],
                        "jungfrau");
    test::expect_golden(test::plain::calibrate_jungfrau(constants, input.raw, false),
                        variant(golden, "cm_7_0_100 (off)"), "jungfrau without common mode");
  }
  {
    const test::GoldenCspad input;
    const json golden = test::golden_json("calib/cspad.json");
    const test::plain::Constants constants{
        input.pedestals,
        input.gains,
        {},
        detector::status_mask<std::uint16_t>(input.status, input.pixels, 1)};
    const auto run = [&](bool common_mode) {
      return test::plain::calibrate_cspad(constants, input.status, input.gain_map, input.raw, common_mode);
    };
    test::expect_golden(run(true), golden["calib_default"], "cspad");
    test::expect_golden(run(false), variant(golden, "cm off (0)"), "cspad without common mode");
  }
}

TEST(PlainCalibration, reads_the_numbers_of_a_text) {
  EXPECT_EQ(test::plain::read_numbers("# a comment 7\n1 2.5\n\n# 8\n-3e1\t4\r\n"),
            (std::vector<float>{1, 2.5f, -30, 4}));
}

}  // namespace
