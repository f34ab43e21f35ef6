// Common mode: the medians of Epix10ka and Jungfrau, the noise peak of CSPAD, against the reference.
#include "detector/common_mode.hpp"

#include "detector/cspad_common_mode.hpp"
#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;

TEST(CommonMode, medians_of_groups_are_those_of_the_reference) {
  const json golden = test::golden_json("calib/small_cases.json");
  std::size_t cases = 0;
  for (const json& one : golden["median_common_mode"]) {
    const auto rows = one["shape"][0].get<std::size_t>(), cols = one["shape"][1].get<std::size_t>();
    auto values = one["input"].get<std::vector<float>>();
    const auto member = one["mask"].is_null() ? std::vector<std::uint8_t>(values.size(), 1)
                                              : one["mask"].get<std::vector<std::uint8_t>>();
    const std::string function = one["function"];
    const std::size_t bank_cols = one["nbanks"].is_null() ? cols : cols / one["nbanks"].get<std::size_t>();
    GroupRule rule;
    if (!one["cormax"].is_null()) rule.largest = one["cormax"].get<double>();
    rule.fewest = one["npix_min"].get<std::size_t>() + (function == "2d_hsplit" ? 0 : 1);
    if (one["mask"].is_null()) {
      // Without a mask the reference asks no smallest group and corrects rows of banks for "2d_hsplit".
      rule.fewest = 0;
    }
    std::size_t block_rows = 1, block_cols = bank_cols;
    if (function == "cols") block_rows = rows, block_cols = 1;
    if (function == "2d_hsplit" && !one["mask"].is_null()) block_rows = rows;
    subtract_block_medians({values.data(), rows, cols}, member, block_rows, block_cols, rule);
    EXPECT_EQ(values, one["output"].get<std::vector<float>>()) << "case " << cases << " " << function;
    ++cases;
  }
  EXPECT_EQ(cases, 24u);
}

TEST(CommonMode, a_median_of_an_even_number_is_the_mean_of_the_middle_two) {
  std::vector<float> values{4, 1, 3, 2, 100, 7};
  const std::vector<std::uint8_t> member{1, 1, 1, 1, 0, 0};
  subtract_block_medians({values.data(), 1, 6}, member, 1, 6, {});
  EXPECT_EQ(values, (std::vector<float>{1.5f, -1.5f, 0.5f, -0.5f, 100, 7}));
}

TEST(CommonMode, nothing_is_subtracted_beyond_the_limit_or_from_too_small_a_group) {
  const std::vector<float> before{10, 10, 10};
  const std::vector<std::uint8_t> member{1, 1, 1};
  for (const GroupRule rule : {GroupRule{10.0, 0}, GroupRule{std::nullopt, 4}}) {
    auto values = before;
    subtract_block_medians({values.data(), 1, 3}, member, 1, 3, rule);
    EXPECT_EQ(values, before);
  }
  auto values = before;
  subtract_block_medians({values.data(), 1, 3}, member, 1, 3, {10.001, 3});
  EXPECT_EQ(values, (std::vector<float>{0, 0, 0}));
}

TEST(CommonMode, the_file_of_parameters_is_read_as_the_reference_reads_it) {
  EXPECT_EQ(read_median_common_mode(std::vector<double>{0, 0, 0, 0}).mode, 0u);
  EXPECT_EQ(read_median_common_mode(std::vector<double>{}).mode, 0u);
  const auto three = read_median_common_mode(std::vector<double>{7, 3, 100});
  EXPECT_EQ(three.mode, 3u);
  EXPECT_EQ(three.fewest, 10u);
  EXPECT_EQ(read_median_common_mode(std::vector<double>{7, 1, 100, 0}).fewest, 0u);
  EXPECT_FALSE(read_cspad_common_mode(std::vector<double>{1, 50, 50, 100}).fall_back);
  EXPECT_TRUE(read_cspad_common_mode({}).fall_back);
}

double sum_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum;
}

// What is left when an offset was found and taken off, as the reference adds it up.
void expect_sum_after(std::vector<float> values, const std::optional<double>& offset, double wanted,
                      const std::string& what) {
  double size = 1;
  for (float& value : values) {
    if (offset) value = static_cast<float>(value - *offset);
    size += std::abs(static_cast<double>(value));
  }
  EXPECT_NEAR(sum_of(values), wanted, 1e-9 * size) << what;
}

TEST(CommonMode, the_noise_peak_of_cspad_is_that_of_the_reference) {
  const json golden = test::golden_json("calib/small_cases.json");
  std::size_t cases = 0;
  for (const json& one : golden["cspad_histogram_common_mode"]) {
    // One case is too large to be stored and is not written out with its input.
    if (one["input_times4"].is_null()) continue;
    auto values = one["input_times4"].get<std::vector<float>>();
    for (float& value : values) value /= 4;
    const auto status = one["status"].is_null() ? std::vector<std::uint16_t>(values.size(), 0)
                                                : one["status"].get<std::vector<std::uint16_t>>();
    CspadCommonMode limits;
    limits.largest_mean = one["pars"][0];
    limits.largest_sigma = one["pars"][1];
    limits.threshold = one["pars"][2];
    const auto found = noise_peak(values, status, limits);
    const double wanted = one["result"];
    EXPECT_EQ(sum_of(values), one["sum_before"].get<double>()) << "case " << cases;
    expect_sum_after(values, found, one["sum_after"], "case " + std::to_string(cases));
    if (wanted == -10000.0) {
      EXPECT_FALSE(found) << "case " << cases;
    } else {
      ASSERT_TRUE(found) << "case " << cases;
      EXPECT_EQ(static_cast<float>(*found), static_cast<float>(wanted)) << "case " << cases;
    }
    ++cases;
  }
  EXPECT_EQ(cases, 6u);
}

TEST(CommonMode, each_cspad_section_finds_the_offset_of_the_reference) {
  const json golden = test::golden_json("calib/cspad.json");
  const test::GoldenCspad input;
  for (const json& one : golden["common_mode_per_segment"]) {
    const std::size_t first = one["segment"].get<std::size_t>() * cspad_rows * cspad_cols;
    std::vector<float> values(cspad_rows * cspad_cols);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(input.raw[first + i]) - input.pedestals[first + i];
    CspadCommonMode limits;
    limits.largest_mean = one["pars"][0];
    limits.largest_sigma = one["pars"][1];
    limits.threshold = one["pars"][2];
    const auto peak = noise_peak(values, {input.status.data() + first, values.size()}, limits);
    const auto unbonded = unbonded_mean(values, limits.largest_mean);
    EXPECT_EQ(static_cast<float>(peak.value_or(-10000)), one["find_common_mode"].get<float>())
        << one["segment"];
    EXPECT_EQ(static_cast<float>(unbonded.value_or(-10000)), one["unbond_common_mode"].get<float>())
        << one["segment"];
    expect_sum_after(values, peak, one["find_sum_after"], "by the peak " + one["segment"].dump());
    expect_sum_after(values, unbonded, one["unbond_sum_after"],
                     "by unbonded pixels " + one["segment"].dump());
  }
}

}  // namespace
