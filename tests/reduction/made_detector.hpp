// A detector of any size with any constants, and random frames of it: calibrate() is the product's own plain
// arithmetic (GainTable), against which the fused kernels are held. For tests, the fuzz target and
// benchmarks.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "detector/area_detector.hpp"
#include "detector/gain_switching.hpp"

namespace made {

using jt::detector::AreaDetector;
using jt::detector::BankLayout;
using jt::detector::GainTable;
using jt::detector::MedianCommonMode;
using jt::detector::RawForm;
using jt::detector::SaturatedPixels;

class GainDetector final : public AreaDetector {
 public:
  GainDetector(GainTable table, jt::Shape shape, std::vector<std::uint8_t> good, MedianCommonMode common_mode,
               BankLayout banks)
      : table_(std::move(table)), common_mode_(common_mode), banks_(banks) {
    pixels_.shape = shape;
    pixels_.good = std::move(good);
    jt::detector::combine(pixels_.good, table_.usable());
  }

  std::size_t calibrate(const jt::RawFrame& raw, SaturatedPixels saturated,
                        std::span<float> values) const override {
    const jt::Shape shape = pixels_.shape;
    const bool leave_out = saturated == SaturatedPixels::become_nan;
    std::fill(values.begin(), values.end(), leave_out ? std::numeric_limits<float>::quiet_NaN() : 0.0f);
    std::size_t count = 0;
    const std::size_t size = shape.panel_pixels();
    for (const jt::PanelView& view : raw.panels)
      count += table_.calibrate(
          view.pixels, view.panel * size, {values.data() + view.panel * size, shape.rows, shape.cols},
          std::span(pixels_.good).subspan(view.panel * size, size), common_mode_, banks_, leave_out);
    return count;
  }
  [[nodiscard]] std::optional<RawForm> raw_form() const override {
    return table_.raw_form(common_mode_, banks_);
  }

 private:
  GainTable table_;
  MedianCommonMode common_mode_;
  BankLayout banks_;
};

// A camera with pedestals and factors of its own, as the product's deployed camera has them.
class Camera final : public AreaDetector {
 public:
  Camera(jt::Shape shape, std::vector<jt::detector::RawState> table, std::vector<std::uint8_t> good)
      : table_(std::move(table)) {
    pixels_.shape = shape;
    pixels_.good = std::move(good);
  }
  std::size_t calibrate(const jt::RawFrame& raw, SaturatedPixels saturated,
                        std::span<float> values) const override {
    std::size_t count = 0;
    const std::byte* bytes = raw.panels.front().pixels;
    for (std::size_t i = 0; i < values.size(); ++i) {
      std::int64_t code = 0;
      if (raw.type == jt::PixelType::u8) {
        code = std::to_integer<std::uint8_t>(bytes[i]);
      } else {
        std::uint16_t word;
        std::memcpy(&word, bytes + 2 * i, 2);
        code = raw.type == jt::PixelType::u16 ? std::int64_t{word}
                                              : std::int64_t{static_cast<std::int16_t>(word)};
      }
      values[i] = static_cast<float>(code);
      if (!table_.empty()) values[i] = (values[i] - table_[i].pedestal) * table_[i].factor;
      if (code < std::int64_t{raw.saturated_from}) continue;
      ++count;
      if (saturated == SaturatedPixels::become_nan) values[i] = std::numeric_limits<float>::quiet_NaN();
    }
    return count;
  }
  [[nodiscard]] std::optional<RawForm> raw_form() const override {
    RawForm form;
    form.any_type = form.frame_says_full = form.counts_all_full = true;
    form.table = table_;
    return form;
  }

 private:
  std::vector<jt::detector::RawState> table_;
};

using Random = std::mt19937;
inline double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
inline bool chance(Random& random, double probability) { return uniform(random, 0, 1) < probability; }

// What is unusual about the constants and the frames: shares of pixels.
struct Oddities {
  double bad = 0.02;  // status or mask
  double not_finite = 0.001;
  double gain_zero = 0.001;
  double far_gain = 0.001;  // 100 times larger or smaller
  double switched = 0.01;   // in another gain range
  double full = 0.002;
};

// Constants like those of the field: pedestals of some thousand ADU, gains of a few per cent spread.
inline jt::detector::GainConstants constants(std::size_t pixels, std::span<const double> gains,
                                             Random& random, const Oddities& odd, bool offsets) {
  jt::detector::GainConstants made;
  for (std::size_t range = 0; range < gains.size(); ++range)
    for (std::size_t i = 0; i < pixels; ++i) {
      double pedestal = std::round(uniform(random, 1500, 4000) * 100) / 100,
             gain = gains[range] * uniform(random, 0.9, 1.1);
      if (chance(random, odd.far_gain)) gain *= chance(random, 0.5) ? 100 : 0.01;
      if (chance(random, odd.gain_zero)) gain = 0;
      if (chance(random, odd.not_finite)) pedestal = std::numeric_limits<double>::quiet_NaN();
      made.pedestals.push_back(static_cast<float>(pedestal));
      made.gains.push_back(static_cast<float>(gain));
      if (offsets) made.offsets.push_back(static_cast<float>(uniform(random, -2, 2)));
    }
  made.status.resize(pixels);
  for (auto& good : made.status) good = chance(random, odd.bad) ? 0 : 1;
  return made;
}

inline std::vector<std::uint8_t> mask(std::size_t pixels, Random& random, double bad) {
  std::vector<std::uint8_t> made(pixels);
  for (auto& good : made) good = chance(random, bad) ? 0 : 1;
  return made;
}

inline std::unique_ptr<GainDetector> jungfrau(jt::Shape shape, Random& random, const Oddities& odd,
                                              MedianCommonMode common_mode, BankLayout banks) {
  constexpr double gains[] = {41.5, -1.39, -0.11};
  const auto values = constants(shape.pixels(), gains, random, odd, true);
  return std::make_unique<GainDetector>(GainTable::jungfrau(values, shape.pixels()), shape,
                                        mask(shape.pixels(), random, odd.bad), common_mode, banks);
}

// Pixel words and trbits: `mixed` gives every setting that there is, else all are automatic.
inline jt::detector::Epix10kaConfig epix10ka_config(std::size_t panels, Random& random, bool mixed) {
  jt::detector::Epix10kaConfig config;
  config.pixel_words.assign(panels * 352 * 384, 0);
  config.trbits.assign(panels, {1, 1, 1, 1});
  if (!mixed) return config;
  for (std::size_t row = 0; row < panels * 352; ++row) {
    // A row of one setting, or each pixel another.
    const bool uniform_row = chance(random, 0.7);
    const auto word = static_cast<std::uint16_t>(random() % 4 * 4);
    for (std::size_t col = 0; col < 384; ++col)
      config.pixel_words[row * 384 + col] = uniform_row ? word : static_cast<std::uint16_t>(random() % 4 * 4);
  }
  for (auto& trbits : config.trbits)
    for (auto& bit : trbits) bit = static_cast<std::uint8_t>(random() % 2);
  return config;
}

inline std::unique_ptr<GainDetector> epix10ka(std::uint32_t panels, Random& random, const Oddities& odd,
                                              MedianCommonMode common_mode, bool mixed) {
  constexpr double gains[] = {16.40, 5.466, 0.164, 16.40, 5.466, 0.164, 0.164};
  const jt::Shape shape{panels, 352, 384};
  const auto values = constants(shape.pixels(), gains, random, odd, false);
  return std::make_unique<GainDetector>(GainTable::epix10ka(values, epix10ka_config(panels, random, mixed)),
                                        shape, mask(shape.pixels(), random, odd.bad), common_mode,
                                        jt::detector::epix10ka_banks);
}

inline std::unique_ptr<Camera> camera(jt::Shape shape, Random& random, bool has_constants) {
  std::vector<jt::detector::RawState> table;
  for (std::size_t i = 0; has_constants && i < shape.pixels(); ++i)
    table.push_back({static_cast<float>(uniform(random, 5, 40)),
                     chance(random, 0.01) ? 0.0f : static_cast<float>(uniform(random, 0.8, 1.2))});
  return std::make_unique<Camera>(shape, std::move(table), mask(shape.pixels(), random, 0.02));
}

// A frame that owns its words, each panel at an odd address.
class Frame {
 public:
  Frame(jt::Shape shape, jt::PixelType type) : type_(type), shape_(shape) {
    bytes_.resize(shape.panels, std::vector<std::byte>(1 + shape.panel_pixels() * jt::bytes_per_pixel(type)));
    for (std::uint16_t panel = 0; panel < shape.panels; ++panel)
      panels_.push_back({panel, bytes_[panel].data() + 1});
  }
  void set(std::size_t pixel, std::uint16_t word) {
    const std::size_t size = shape_.panel_pixels(), bytes = jt::bytes_per_pixel(type_);
    std::memcpy(bytes_[pixel / size].data() + 1 + pixel % size * bytes, &word, bytes);
  }
  void lose_panel(std::size_t which) { panels_.erase(panels_.begin() + static_cast<std::ptrdiff_t>(which)); }
  void turn_panels() { std::reverse(panels_.begin(), panels_.end()); }
  std::uint32_t saturated_from = 65535;
  [[nodiscard]] jt::RawFrame raw() const { return {type_, shape_, saturated_from, panels_}; }

 private:
  jt::PixelType type_;
  jt::Shape shape_;
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<jt::PanelView> panels_;
};

// Codes about the usual pedestals with `signal` ADU on top; some pixels switched, some full.
inline Frame gain_frame(const AreaDetector& detector, Random& random, const Oddities& odd, double signal) {
  const jt::Shape shape = detector.pixels().shape;
  Frame frame(shape, jt::PixelType::u16);
  const RawForm form = *detector.raw_form();
  std::normal_distribution<float> noise(0, 4);
  for (std::size_t i = 0; i < shape.pixels(); ++i) {
    const float level = form.constants(i, 0, shape.pixels()).pedestal + noise(random) +
                        static_cast<float>(signal * uniform(random, 0, 2));
    unsigned word = static_cast<unsigned>(std::clamp(std::isfinite(level) ? level : 0.0f, 0.0f, 16382.0f));
    if (chance(random, odd.full)) word = 0x3fff;
    if (chance(random, odd.switched)) word = static_cast<unsigned>(random() % 65536);
    frame.set(i, static_cast<std::uint16_t>(word));
  }
  return frame;
}

inline Frame camera_frame(jt::Shape shape, jt::PixelType type, Random& random) {
  Frame frame(shape, type);
  frame.saturated_from = type == jt::PixelType::u8 ? 255 : type == jt::PixelType::i16 ? 32767 : 65535;
  for (std::size_t i = 0; i < shape.pixels(); ++i) {
    const auto word =
        chance(random, 0.005) ? frame.saturated_from : static_cast<std::uint32_t>(random() % 5000);
    frame.set(i, static_cast<std::uint16_t>(word));
  }
  return frame;
}

}  // namespace made
