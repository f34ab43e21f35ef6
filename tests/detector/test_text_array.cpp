// The numbers of the calibration store as text, against what the field's own reader makes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "detector/text_array.hpp"
#include "support/support.hpp"

namespace {

using namespace jt::detector;
using nlohmann::json;
using testing::HasSubstr;

json golden() {
  return json::parse(
      jt::test::read_text(jt::test::testdata() / "golden/detector/calibstore/calibstore.json"));
}

double number(const json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

template <class T>
void expect_as_reference(const std::string& text, const json& wanted) {
  const Array<T> array = parse_text_array<T>(text);
  EXPECT_EQ(array.shape, wanted["shape"].get<std::vector<std::size_t>>()) << wanted["file"];
  ASSERT_EQ(array.values.size(), wanted["values"].size()) << wanted["file"];
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    const double expected = number(wanted["values"][i]);
    const auto found = static_cast<double>(array.values[i]);
    EXPECT_TRUE(found == expected || (std::isnan(found) && std::isnan(expected)))
        << wanted["file"] << " " << i;
  }
}

std::string refusal(std::string_view text) {
  try {
    parse_text_array<float>(text);
  } catch (const Unreadable& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(TextArray, every_golden_file_reads_as_the_reference_reads_it) {
  std::size_t files = 0, errors = 0;
  const json all = golden();
  for (const json& wanted : all["text"]) {
    const std::string text = jt::test::read_text(jt::test::testdata() / "golden/detector/calibstore" /
                                                 wanted["file"].get<std::string>());
    ++files;
    if (wanted.contains("error")) {
      EXPECT_THROW(parse_text_array<float>(text), Unreadable) << wanted["file"];
      ++errors;
    } else if (wanted["dtype"] == "float64") {
      expect_as_reference<double>(text, wanted);
    } else if (wanted["dtype"] == "uint16") {
      expect_as_reference<std::uint16_t>(text, wanted);
    } else {
      ASSERT_EQ(wanted["dtype"], "float32");
      expect_as_reference<float>(text, wanted);
    }
  }
  EXPECT_EQ(files, 20u);
  EXPECT_EQ(errors, 6u);
}

TEST(TextArray, refusals_name_the_line_and_the_word) {
  EXPECT_THAT(refusal("1 2\n3 4\n5 six\n"), HasSubstr("line 3: 'six' is not a number"));
  EXPECT_THAT(refusal("1 2\n\n3 4 5\n"), HasSubstr("line 3: 3 numbers, the lines before have 2"));
  EXPECT_THAT(refusal("# NDIM 3\n# DIM:0 2\n# DIM:1 2\n# DIM:2 3\n1 2\n3 4\n"),
              HasSubstr("it holds 4 numbers, its header announces 2 x 2 x 3"));
  EXPECT_THAT(refusal("# NDIM three\n1 2\n"), HasSubstr("line 1: a shape comment without its number"));
  EXPECT_THAT(refusal(""), HasSubstr("no numbers"));
}

TEST(TextArray, shapes_whose_product_overflows_are_refused) {
  EXPECT_THAT(refusal("# NDIM 3\n# DIM:0 4294967296\n# DIM:1 4294967296\n# DIM:2 1\n1 2\n"),
              HasSubstr("announces"));
  EXPECT_THAT(refusal("# NDIM 3\n# DIM:0 0\n# DIM:1 2\n# DIM:2 1\n1 2\n"), HasSubstr("announces"));
  EXPECT_THAT(refusal("# NDIM 99999999999999999999\n1 2\n"), HasSubstr("without its number"));
}

TEST(TextArray, numbers_are_spelt_as_python_spells_them) {
  const Array<double> array = parse_text_array<double>("+1.5 -2 1e999 -1e999 1e-999 NaN Infinity .5 5.");
  ASSERT_EQ(array.values.size(), 9u);
  EXPECT_EQ(array.values[0], 1.5);
  EXPECT_EQ(array.values[2], HUGE_VAL);
  EXPECT_EQ(array.values[3], -HUGE_VAL);
  EXPECT_EQ(array.values[4], 0.0);
  EXPECT_TRUE(std::isnan(array.values[5]));
  EXPECT_EQ(array.values[6], HUGE_VAL);
  EXPECT_EQ(array.values[7], 0.5);
  EXPECT_EQ(parse_text_array<double>("0." + std::string(400, '0') + "1").values[0], 0.0);
  EXPECT_EQ(parse_text_array<double>("1" + std::string(400, '0') + "e-50").values[0], HUGE_VAL);
  EXPECT_THAT(refusal("+"), HasSubstr("not a number"));
  EXPECT_THAT(refusal("+-1"), HasSubstr("not a number"));
  EXPECT_THAT(refusal("nan(1)"), HasSubstr("not a number"));
  EXPECT_THAT(refusal("0x10"), HasSubstr("not a number"));
}

TEST(TextArray, whole_number_arrays_refuse_what_does_not_fit) {
  EXPECT_EQ(parse_text_array<std::uint16_t>("0 65535 12.0").values,
            (std::vector<std::uint16_t>{0, 65535, 12}));
  EXPECT_EQ(parse_text_array<std::uint64_t>("18446744073709551615").values.front(), ~std::uint64_t{0});
  for (const char* bad : {"65536", "-1", "1.5", "nan", "inf"})
    EXPECT_THROW(parse_text_array<std::uint16_t>(bad), Unreadable) << bad;
  EXPECT_THROW(parse_text_array<std::uint64_t>("18446744073709551616"), Unreadable);
}

TEST(TextArray, a_text_large_enough_for_several_cores_reads_as_a_small_one) {
  std::string text = "# NDIM 3\n# DIM:0 2\n# DIM:1 50000\n# DIM:2 5\n";
  std::vector<float> wanted;
  for (int line = 0; line < 100000; ++line) {
    for (int i = 0; i < 5; ++i) {
      wanted.push_back(static_cast<float>(line) + static_cast<float>(i) / 8);
      text += std::to_string(line) + "." + std::to_string(i * 125) + "000 ";
    }
    text += '\n';
    if (line == 77777) text += "# a comment in between\n\n";
  }
  ASSERT_GT(text.size(), std::size_t{4} << 20);
  const Array<float> array = parse_text_array<float>(text);
  EXPECT_EQ(array.shape, (std::vector<std::size_t>{2, 50000, 5}));
  EXPECT_EQ(array.values, wanted);
  EXPECT_THAT(refusal(text + "1 2 3 4 x\n"), HasSubstr("line 100007: 'x'"));
  EXPECT_THAT(refusal(text + "1 2 3 4\n"), HasSubstr("line 100007: 4 numbers, the lines before have 5"));
}

TEST(TextArray, what_the_writer_writes_reads_back_the_same) {
  const Array<float> array{{2, 1, 3}, {0.1f, -16777216.0f, 1e-30f, 3.4028235e38f, 5.4660000801086426f, 7.0f}};
  const Array<float> back = parse_text_array<float>(format_text_array(array, "pedestals"));
  EXPECT_EQ(back.shape, array.shape);
  EXPECT_EQ(back.values, array.values);
}

}  // namespace
