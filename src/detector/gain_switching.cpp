#include "detector/gain_switching.hpp"

#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace jt::detector {

namespace {

constexpr std::uint16_t data_bits = 0x3fff;
constexpr float left_out = std::numeric_limits<float>::quiet_NaN();

constexpr std::size_t epix_rows = 352, epix_cols = 384, epix_pixels = epix_rows * epix_cols;

// The readout chip of a pixel: number 0 is at the bottom right, counted against the clock.
std::size_t epix_chip(std::size_t row, std::size_t col) {
  const bool top = row < epix_rows / 2, left = col < epix_cols / 2;
  if (top) return left ? 2 : 1;
  return left ? 3 : 0;
}

std::uint16_t word_at(const std::byte* raw, std::size_t i) {
  std::uint16_t word;
  std::memcpy(&word, raw + 2 * i, 2);
  return word;
}

}  // namespace

int epix10ka_range(unsigned pixel_word, unsigned trbit, unsigned bit14) {
  const bool fixed_bit = (pixel_word & 8) != 0, medium_bit = (pixel_word & 4) != 0;
  if (fixed_bit && !medium_bit) return 2;     // fixed low
  if (fixed_bit) return trbit != 0 ? 0 : 1;   // fixed high or medium
  if (medium_bit) return -1;                  // no such setting
  if (bit14 == 0) return trbit != 0 ? 3 : 4;  // automatic, not switched
  return trbit != 0 ? 5 : 6;                  // automatic, switched to low
}

GainTable::GainTable(std::size_t pixels, unsigned states, std::array<std::uint16_t, 4> saturated)
    : pixels_(pixels),
      states_(states),
      saturated_(saturated),
      table_(states * pixels),
      flags_(pixels),
      usable_(pixels, 1) {}

void GainTable::set(std::size_t pixel, unsigned state, float pedestal, float gain, bool has_gain, bool good,
                    bool in_group) {
  RawState& entry = table_[state * pixels_ + pixel];
  const bool finite = std::isfinite(pedestal) && std::isfinite(gain);
  const bool dead = has_gain && gain == 0;
  if (!finite || dead) {
    flags_[pixel] = static_cast<std::uint8_t>(flags_[pixel] | (1u << (no_constants_shift + state)));
    if (!finite && usable_[pixel] != 0) {
      ++trouble_.not_finite;
      usable_[pixel] = 0;
    }
    if (dead && state == 0) ++trouble_.zero_gain;
  }
  if (!finite) {
    entry = {0, 0};
    return;
  }
  const float factor = !has_gain ? 1.0f : dead ? 0.0f : 1.0f / gain;
  entry = {pedestal, good ? factor : factor * 0.0f};
  if (in_group && good) flags_[pixel] = static_cast<std::uint8_t>(flags_[pixel] | (1u << state));
}

void GainTable::set_without_range(std::size_t pixel, unsigned state, bool good) {
  table_[state * pixels_ + pixel] = {0, good ? 1.0f : 0.0f};
  flags_[pixel] = static_cast<std::uint8_t>(flags_[pixel] | (1u << (no_constants_shift + state)));
}

GainTable GainTable::epix10ka(const GainConstants& constants, const Epix10kaConfig& config) {
  const std::size_t pixels = config.pixel_words.size();
  assert(constants.pedestals.size() == epix10ka_ranges * pixels &&
         config.trbits.size() * epix_pixels == pixels);
  GainTable table(pixels, 2, {data_bits, data_bits, data_bits, data_bits});
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    const std::size_t in_panel = pixel % epix_pixels;
    const unsigned trbit =
        config.trbits[pixel / epix_pixels][epix_chip(in_panel / epix_cols, in_panel % epix_cols)];
    const bool good = constants.status.empty() || constants.status[pixel] != 0;
    for (unsigned bit14 = 0; bit14 < 2; ++bit14) {
      const int range = epix10ka_range(config.pixel_words[pixel], trbit, bit14);
      if (range < 0) {
        table.set_without_range(pixel, bit14, good);
        continue;
      }
      const std::size_t at = static_cast<std::size_t>(range) * pixels + pixel;
      const bool has_gain = !constants.gains.empty();
      // The low ranges hold too little noise for a common mode to be seen.
      const bool in_group = range == 0 || range == 1 || range == 3 || range == 4;
      table.set(pixel, bit14, constants.pedestals[at], has_gain ? constants.gains[at] : 1, has_gain, good,
                in_group);
    }
  }
  return table;
}

GainTable GainTable::jungfrau(const GainConstants& constants, std::size_t pixels) {
  assert(constants.pedestals.size() == 3 * pixels);
  // In the two lower gains the signal lowers the code: the end of the scale is 0. Bits 10 name no gain, and
  // what is in none has no end of a scale: no code has more than 14 bits.
  constexpr std::uint16_t no_code = 0xffff;
  GainTable table(pixels, 4, {data_bits, 0, no_code, 0});
  constexpr std::array<int, 4> range_of_bits{0, 1, -1, 2};
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    const bool good = constants.status.empty() || constants.status[pixel] != 0;
    for (unsigned bits = 0; bits < 4; ++bits) {
      if (range_of_bits[bits] < 0) {
        table.set_without_range(pixel, bits, good);
        continue;
      }
      const std::size_t at = static_cast<std::size_t>(range_of_bits[bits]) * pixels + pixel;
      const float offset = constants.offsets.empty() ? 0.0f : constants.offsets[at];
      const bool has_gain = !constants.gains.empty();
      table.set(pixel, bits, constants.pedestals[at] + offset, has_gain ? constants.gains[at] : 1, has_gain,
                good, bits == 0);
    }
  }
  return table;
}

RawForm GainTable::raw_form(const MedianCommonMode& common_mode, BankLayout banks) const {
  RawForm form;
  form.states = states_;
  form.code_bits = data_bits;
  form.table = table_;
  form.flags = flags_;
  form.full_code = saturated_;
  form.common_mode = common_mode;
  form.banks = banks;
  return form;
}

std::size_t GainTable::calibrate(const std::byte* raw, std::size_t first, ImageView<float> values,
                                 std::span<const std::uint8_t> counted, const MedianCommonMode& common_mode,
                                 BankLayout banks, bool leave_out) const {
  const std::size_t count = values.size();
  assert(first + count <= pixels_ && counted.size() == count);
  float* out = values.data;
  const bool correct = common_mode.mode != 0;
  if (correct) {
    thread_local std::vector<std::uint8_t> member;  // kept: nothing is allocated per shot once warm
    member.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint16_t word = word_at(raw, i);
      const unsigned state = state_of(word);
      out[i] = static_cast<float>(word & data_bits) - table_[state * pixels_ + first + i].pedestal;
      member[i] = static_cast<std::uint8_t>((flags_[first + i] >> state) & 1);
    }
    subtract_common_mode(values, member, common_mode, banks);
  }
  std::size_t saturated = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t word = word_at(raw, i);
    const unsigned state = state_of(word);
    const RawState& entry = table_[state * pixels_ + first + i];
    const std::uint16_t code = word & data_bits;
    const float above = correct ? out[i] : static_cast<float>(code) - entry.pedestal;
    const bool full = code == saturated_[state];
    if (full) saturated += counted[i];
    const bool unusable = full || ((flags_[first + i] >> (no_constants_shift + state)) & 1) != 0;
    out[i] = leave_out && unusable ? left_out : above * entry.factor;
  }
  return saturated;
}

}  // namespace jt::detector
