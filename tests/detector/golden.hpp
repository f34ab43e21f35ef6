// The golden detector data: checksums of arrays, and comparisons with what the reference gives.
// Used by the tests of `detector` only; the inputs are in golden_inputs.hpp.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "detector/geometry.hpp"
#include "detector/image_layout.hpp"
#include "golden_inputs.hpp"
#include "support/support.hpp"

namespace jt::test {

using nlohmann::json;

// A committed golden file of calibrated values, or one of the large set.
inline json golden_json(const std::string& name) {
  return json::parse(read_text(testdata() / "golden/detector" / name));
}

template <class T>
std::string crc32_of(std::span<const T> values) {
  const auto* bytes = reinterpret_cast<const Bytef*>(values.data());
  std::size_t left = values.size_bytes();
  uLong crc = crc32(0, nullptr, 0);
  while (left > 0) {
    const auto part = static_cast<uInt>(std::min<std::size_t>(left, 1u << 30));
    crc = crc32(crc, bytes, part);
    bytes += part;
    left -= part;
  }
  char text[9];
  std::snprintf(text, sizeof text, "%08lx", crc);
  return text;
}
template <class T>
std::string crc32_of(const std::vector<T>& values) {
  return crc32_of(std::span<const T>(values));
}

// The optimiser may fuse a multiplication and an addition into one rounding where the machine can: then the
// last bit differs and only the stated tolerance holds.
#if defined(__x86_64__) && !defined(__FMA__)
inline constexpr bool bit_exact = true;
#else
inline constexpr bool bit_exact = false;
#endif

// Calibrated values or an image against a golden record: samples and sum within 1e-6, all bits where exact.
inline void expect_golden(std::span<const float> values, const json& wanted, const std::string& what) {
  std::size_t size = 1;
  for (const auto& dim : wanted["shape"]) size *= dim.get<std::size_t>();
  ASSERT_EQ(values.size(), size) << what;
  double sum = 0, sum_abs = 0;
  for (const float value : values) {
    sum += value;
    sum_abs += std::abs(value);
  }
  EXPECT_NEAR(sum, wanted["sum"].get<double>(), 1e-6 * sum_abs) << what;
  if (wanted.contains("sample_index"))
    for (std::size_t k = 0; k < wanted["sample_index"].size(); ++k) {
      const double sample = wanted["sample_value"][k].get<double>();
      EXPECT_NEAR(values[wanted["sample_index"][k].get<std::size_t>()], sample, 1e-6 * std::abs(sample))
          << what << " sample " << k;
    }
  if (bit_exact) {
    EXPECT_EQ(crc32_of(values), wanted["crc32"].get<std::string>()) << what;
  }
}

// Values with the pixels that a mask excludes at 0, as the field's software has them.
inline std::vector<float> times(std::vector<float> values, std::span<const std::uint8_t> mask) {
  for (std::size_t i = 0; i < values.size(); ++i) values[i] *= static_cast<float>(mask[i]);
  return values;
}

// The inputs, if they are generated as the golden ones were: names in the golden file and their arrays.
template <class T>
void expect_input(const json& golden, const char* name, const std::vector<T>& values) {
  EXPECT_EQ(crc32_of(values), golden[name]["crc32"]) << name;
}

// Calibrated values, the same under the mask, and the pictures of both. The pictures need the reference's own
// geometry, which is in the large set: without a layout they are left out.
inline void expect_golden_pictures(const std::vector<float>& values, std::span<const std::uint8_t> mask,
                                   const detector::ImageLayout* layout, const json& golden) {
  expect_golden(values, golden["calib_default"], "calib");
  const std::vector<float> masked = times(values, mask);
  expect_golden(masked, golden["calib_times_mask"], "calib times mask");
  if (layout == nullptr) return;
  std::vector<float> image(layout->cells());
  detector::assemble<float>(*layout, values, image);
  expect_golden(image, golden["image_of_calib"], "image of calib");
  detector::assemble<float>(*layout, masked, image);
  expect_golden(image, golden["image"], "image");
}

// The layout of one of the reference's geometry files; nothing without the large set.
inline std::optional<detector::ImageLayout> golden_layout(const std::string& file) {
  if (!large_golden()) return std::nullopt;
  const auto text = read_text(*large_golden() / "detector/geometry" / file);
  const auto convention =
      file.starts_with("l2_") ? detector::SensorConvention::lcls2 : detector::SensorConvention::lcls1;
  return detector::lay_out(detector::pose_pixels(detector::parse_geometry(text), convention));
}

}  // namespace jt::test
