// Calibration written down a second time, one pixel after the other on one thread, as it is described and not
// as it is fast: what the library is compared with in tests and in bench_detector.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace jt::test::plain {

// Every number of a text of constants, by strtof; comments are skipped.
inline std::vector<float> read_numbers(const std::string& text) {
  std::vector<float> numbers;
  for (const char* at = text.c_str(); *at != 0;) {
    if (*at == '#') {
      while (*at != 0 && *at != '\n') ++at;
      if (*at != 0) ++at;
      continue;
    }
    char* end = nullptr;
    const float number = std::strtof(at, &end);
    if (end == at) break;
    numbers.push_back(number);
    for (at = end; *at == ' ' || *at == '\n' || *at == '\r' || *at == '\t';) ++at;
  }
  return numbers;
}

// Takes the median of a group of pixels off its members, when there are more than `more_than` of them and it
// is below `limit`.
inline void subtract_median(std::vector<float>& values, const std::vector<std::size_t>& members,
                            std::size_t more_than, double limit) {
  if (members.size() <= more_than || members.empty()) return;
  std::vector<float> sorted;
  for (const std::size_t pixel : members) sorted.push_back(values[pixel]);
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  const float median = sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  if (std::abs(median) >= limit) return;
  for (const std::size_t pixel : members) values[pixel] -= median;
}

// Constants of one detector; gains divide (Epix10ka, Jungfrau) or multiply (CSPAD, cameras). Empty: none.
struct Constants {
  std::vector<float> pedestals, gains, offsets;
  std::vector<std::uint8_t> good;  // by status
};

// `range_of(pixel)`: the gain range, -1 for none. Groups of `group_rows` x `group_cols` pixels get a common
// mode.
struct Groups {
  std::size_t rows, cols, more_than;
  double limit;
};

template <class RangeOf, class InGroup>
std::vector<float> calibrate_switching(const Constants& constants, const std::vector<std::uint16_t>& raw,
                                       std::size_t cols, RangeOf range_of, InGroup in_group,
                                       const Groups* groups) {
  std::vector<float> values(raw.size());
  std::vector<int> range(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    range[i] = range_of(i);
    values[i] = static_cast<float>(raw[i] & 0x3fff);
    if (range[i] < 0) continue;
    const std::size_t at = static_cast<std::size_t>(range[i]) * raw.size() + i;
    values[i] -=
        constants.offsets.empty() ? constants.pedestals[at] : constants.pedestals[at] + constants.offsets[at];
  }
  if (groups != nullptr) {
    std::vector<std::size_t> members;
    for (std::size_t row = 0; row < raw.size() / cols; row += groups->rows)  // panels lie one below the other
      for (std::size_t col = 0; col < cols; col += groups->cols) {
        members.clear();
        for (std::size_t r = row; r < row + groups->rows; ++r)
          for (std::size_t c = col; c < col + groups->cols; ++c)
            if (in_group(range[r * cols + c]) && constants.good[r * cols + c] != 0)
              members.push_back(r * cols + c);
        subtract_median(values, members, groups->more_than, groups->limit);
      }
  }
  for (std::size_t i = 0; i < raw.size(); ++i) {
    float factor = 1;
    if (range[i] >= 0) {
      const float gain = constants.gains[static_cast<std::size_t>(range[i]) * raw.size() + i];
      factor = gain == 0 ? 0 : 1 / gain;
    }
    values[i] = values[i] * factor * static_cast<float>(constants.good[i]);
  }
  return values;
}

// Epix10ka: panels of 352 x 384; columns of half a panel are the groups.
inline std::vector<float> calibrate_epix10ka(const Constants& constants,
                                             const std::vector<std::uint16_t>& pixel_words,
                                             const std::vector<std::array<std::uint8_t, 4>>& trbits,
                                             const std::vector<std::uint16_t>& raw, bool common_mode) {
  const auto range_of = [&](std::size_t i) {
    const std::size_t row = i / 384 % 352, col = i % 384;
    const std::size_t chip = row < 176 ? (col < 192 ? 2 : 1) : (col < 192 ? 3 : 0);
    const unsigned bits =
        (pixel_words[i] & 12u) + 16u * trbits[i / (352 * 384)][chip] + 32u * ((raw[i] >> 14) & 1u);
    if ((bits & 28) == 28) return 0;
    if ((bits & 28) == 12) return 1;
    if ((bits & 12) == 8) return 2;
    if ((bits & 60) == 16) return 3;
    if ((bits & 60) == 0) return 4;
    if ((bits & 60) == 48) return 5;
    return (bits & 60) == 32 ? 6 : -1;
  };
  const auto in_group = [](int range) { return range == 0 || range == 1 || range == 3 || range == 4; };
  const Groups columns{176, 1, 10, 10};
  return calibrate_switching(constants, raw, 384, range_of, in_group, common_mode ? &columns : nullptr);
}

// Jungfrau: panels of 512 x 1024; rows of 64 pixels are the groups.
inline std::vector<float> calibrate_jungfrau(const Constants& constants,
                                             const std::vector<std::uint16_t>& raw, bool common_mode) {
  const auto range_of = [&](std::size_t i) { return std::array<int, 4>{0, 1, -1, 2}[raw[i] >> 14]; };
  const auto in_group = [](int range) { return range == 0; };
  const Groups rows{1, 64, 0, 100};
  return calibrate_switching(constants, raw, 1024, range_of, in_group, common_mode ? &rows : nullptr);
}

// The noise peak of one 2x1 of CSPAD with the default limits (25, 25, 100); -10000 when there is none.
inline double cspad_peak(const float* values, const std::uint16_t* status, std::size_t count) {
  constexpr int bins = 3000;
  std::vector<int> histogram(bins, 0);
  for (std::size_t i = 0; i < count; ++i) {
    const double bin = std::round(values[i]) + 1000;
    if (status[i] == 0 && bin >= 0 && bin < bins) ++histogram[static_cast<std::size_t>(bin)];
  }
  const auto peak = std::max_element(histogram.begin(), histogram.end());
  if (*peak <= 100) return -10000;
  auto right = peak, left = peak;
  while (right != histogram.end() && *right > *peak / 2) ++right;
  int below = static_cast<int>(left - histogram.begin());
  while (below >= 0 && histogram[static_cast<std::size_t>(below)] > *peak / 2) --below;
  const int at = static_cast<int>(peak - histogram.begin());
  double mean = at, sigma = (static_cast<int>(right - histogram.begin()) - below) / 2.36;
  for (int pass = 0; pass < 2; ++pass) {
    const int reach = static_cast<int>(2 * sigma + 0.5);
    double s0 = 0, s1 = 0, s2 = 0;
    for (int bin = std::max(at - reach, 0); bin <= std::min(at + reach, bins - 1); ++bin) {
      const double n = histogram[static_cast<std::size_t>(bin)], far = bin - mean;
      s0 += n;
      s1 += n * far;
      s2 += n * far * far;
    }
    mean += s1 / s0;
    sigma = std::sqrt(s2 / s0 - (s1 / s0) * (s1 / s0));
  }
  mean -= 1000;
  return std::abs(mean) > 25 || sigma > 25 ? -10000 : mean;
}

// The mean of the 36 unbonded pixels; -10000 above 25.
inline double cspad_unbonded(const float* values) {
  double sum = 0;
  for (std::size_t k = 10; k <= 180; k += 10) {
    sum += values[k * 388 + k];
    sum += values[k * 388 + k + 194];
  }
  return std::abs(sum / 36) > 25 ? -10000 : sum / 36;
}

// CSPAD: 32 x 185 x 388; `gain_map` has a word for each quad, row and column of a chip.
inline std::vector<float> calibrate_cspad(const Constants& constants,
                                          const std::vector<std::uint16_t>& status,
                                          const std::vector<std::uint16_t>& gain_map,
                                          const std::vector<std::int16_t>& raw, bool common_mode) {
  std::vector<float> values(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i)
    values[i] = static_cast<float>(raw[i]) - constants.pedestals[i];
  constexpr std::size_t section = 185 * 388;
  for (std::size_t first = 0; common_mode && first < raw.size(); first += section) {
    double offset = cspad_peak(values.data() + first, status.data() + first, section);
    if (offset == -10000) offset = cspad_unbonded(values.data() + first);
    if (offset == -10000) continue;
    for (std::size_t i = first; i < first + section; ++i) values[i] = static_cast<float>(values[i] - offset);
  }
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::size_t two_by_one = i / section, row = i / 388 % 185, col = i % 388;
    const std::size_t word = (two_by_one / 8 * 185 + row) * 194 + col % 194,
                      bit = two_by_one % 8 * 2 + col / 194;
    const bool high = ((gain_map[word] >> bit) & 1) != 0;
    values[i] = static_cast<float>(values[i] * (high ? 1.0 : 6.85));
    values[i] = values[i] * constants.gains[i] * static_cast<float>(constants.good[i]);
  }
  return values;
}

inline std::vector<float> calibrate_camera(const Constants& constants,
                                           const std::vector<std::uint16_t>& raw) {
  std::vector<float> values(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i)
    values[i] = (static_cast<float>(raw[i]) - constants.pedestals[i]) * constants.gains[i];
  return values;
}

}  // namespace jt::test::plain
