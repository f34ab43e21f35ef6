// The median common mode of Epix10ka and Jungfrau: groups of neighbouring pixels that drift together.
// Between the pedestals and the gains, inside `calibrate()` of a panel detector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/image.hpp"

namespace jt::detector {

// Which groups are corrected, in this order: whole bank, rows of a bank, columns of a half. From the
// `common_mode` file: algorithm, mode bits, largest correction, smallest group.
struct MedianCommonMode {
  static constexpr unsigned rows_bit = 1, columns_bit = 2, banks_bit = 4;
  unsigned mode = 0;        // 0: off
  double largest = 0;       // a correction is applied only below this, in ADU
  std::size_t fewest = 10;  // pixels that a group must exceed (banks: reach)
};

// The numbers of a `common_mode` file; fewer than three, or algorithm 0, switch it off. The first is the
// algorithm, which the field's own software ignores for these detectors as long as it is not 0.
MedianCommonMode read_median_common_mode(std::span<const double> numbers);

// How a panel's electronics is divided: both halves by rows, banks of columns.
struct BankLayout {
  std::size_t half_rows = 0;
  std::size_t bank_cols = 0;
};
inline constexpr BankLayout epix10ka_banks{176, 48};
inline constexpr BankLayout jungfrau_banks{256, 64};

// A group's rule for being corrected.
struct GroupRule {
  std::optional<double> largest;  // none: any correction is applied
  std::size_t fewest = 0;         // the group needs at least this many pixels, and one
};

// Cuts `values` into blocks of block_rows x block_cols and subtracts from each block's member pixels
// (`member` not 0, same layout) their median, when the rule allows it. Other pixels stay as they are. The
// median of an even number is the mean of the two middle values in float32. `values` without rows: nothing.
void subtract_block_medians(ImageView<float> values, std::span<const std::uint8_t> member,
                            std::size_t block_rows, std::size_t block_cols, GroupRule rule);

// All that `parameters` ask for, on one panel.
void subtract_common_mode(ImageView<float> panel, std::span<const std::uint8_t> member,
                          const MedianCommonMode& parameters, BankLayout layout);

}  // namespace jt::detector
