#include "detector/cspad.hpp"

#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace jt::detector {

namespace {

constexpr std::size_t pixels = cspad_sections * cspad_section_pixels;
constexpr std::int16_t full_scale = 0x3fff;  // 14 bit
constexpr double low_gain = 6.85;            // high over low gain, as the field's software has it

Mask find_low_gain(const CspadGainMap& map) {
  assert(map.words.size() == 4 * cspad_rows * (cspad_cols / 2));
  Mask low(pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::size_t section = i / cspad_section_pixels, row = i / cspad_cols % cspad_rows,
                      col = i % cspad_cols;
    const std::size_t chip = col / (cspad_cols / 2);
    const std::size_t word = ((section / 8) * cspad_rows + row) * (cspad_cols / 2) + col % (cspad_cols / 2);
    const bool high = ((map.words[word] >> (2 * (section % 8) + chip)) & 1) != 0;
    low[i] = high ? 0 : 1;
  }
  return low;
}

}  // namespace

CspadArithmetic::CspadArithmetic(CspadConstants constants, const std::optional<CspadGainMap>& gain_map,
                                 CspadCommonMode common_mode)
    : pedestals_(std::move(constants.pedestals)),
      low_gain_(gain_map ? find_low_gain(*gain_map) : Mask{}),
      gains_(std::move(constants.gains)),
      status_(std::move(constants.status)),
      common_mode_(common_mode),
      usable_(pixels, 1) {
  if (pedestals_.empty()) pedestals_.assign(pixels, 0.0f);
  if (gains_.empty()) gains_.assign(pixels, 1.0f);
  // Without a status file every pixel is out of the noise histogram, which then falls back to the unbonded
  // pixels: this is what the field's software does, and what its users' numbers are made with.
  if (status_.empty()) status_.assign(pixels, 1);
  drop_bad_constants();
  if (!constants.status_mask.empty())
    for (std::size_t i = 0; i < pixels; ++i) gains_[i] *= static_cast<float>(constants.status_mask[i]);
}

void CspadArithmetic::drop_bad_constants() {
  for (std::size_t i = 0; i < pixels; ++i) {
    if (std::isfinite(pedestals_[i]) && std::isfinite(gains_[i])) continue;
    ++not_finite_;
    usable_[i] = 0;
    pedestals_[i] = gains_[i] = 0;
    status_[i] = 1;
  }
}

std::vector<RawState> CspadArithmetic::table() const {
  std::vector<RawState> table(pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    const bool low = !low_gain_.empty() && low_gain_[i] != 0;
    table[i] = {pedestals_[i],
                low ? static_cast<float>(low_gain * static_cast<double>(gains_[i])) : gains_[i]};
  }
  return table;
}

RawForm CspadArithmetic::raw_form(std::span<const RawState> table) {
  RawForm form;
  form.type = PixelType::i16;
  form.table = table;
  form.full_from = full_scale;
  return form;
}

std::size_t CspadArithmetic::calibrate(std::size_t section, const std::byte* raw, std::span<float> values,
                                       std::span<const std::uint8_t> counted, bool leave_out) const {
  assert(section < cspad_sections && values.size() == cspad_section_pixels);
  const std::size_t first = section * cspad_section_pixels;
  const auto word_at = [&](std::size_t i) {
    std::int16_t word;
    std::memcpy(&word, raw + 2 * i, 2);
    return word;
  };
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(word_at(i)) - pedestals_[first + i];
  const std::span<const std::uint16_t> status(status_.data() + first, values.size());
  if (const auto offset = cspad_offset(values, status, common_mode_))
    for (float& value : values) value = static_cast<float>(value - *offset);
  if (!low_gain_.empty()) {
    const std::uint8_t* low = low_gain_.data() + first;
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(values[i] * (low[i] != 0 ? low_gain : 1.0));  // product in double
  }
  std::size_t saturated = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] *= gains_[first + i];
    if (word_at(i) < full_scale) continue;
    saturated += counted[i];
    if (leave_out) values[i] = std::numeric_limits<float>::quiet_NaN();
  }
  return saturated;
}

}  // namespace jt::detector
