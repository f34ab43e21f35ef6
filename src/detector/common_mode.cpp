#include "detector/common_mode.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace jt::detector {

namespace {

// Reorders `group`, which is not empty.
float median(std::span<float> group) {
  const auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
  std::nth_element(group.begin(), middle, group.end());
  if (group.size() % 2 == 1) return *middle;
  return (*std::max_element(group.begin(), middle) + *middle) / 2.0f;
}

// The correction of one group, or 0 when the rule forbids one.
float correction(std::span<float> group, GroupRule rule) {
  if (group.empty() || group.size() < rule.fewest) return 0;
  const float value = median(group);
  // Said as what is allowed: a NaN median is no correction.
  return !rule.largest || std::abs(static_cast<double>(value)) < *rule.largest ? value : 0;
}

// One row of blocks at a time: pixels are read row by row in memory order and dealt out to their blocks.
class BlockRow {
 public:
  BlockRow(std::size_t block_rows, std::size_t block_cols, std::size_t cols)
      : block_cols_(block_cols),
        room_(block_rows * block_cols),
        blocks_((cols + block_cols - 1) / block_cols) {
    if (values_.size() < blocks_ * room_) values_.resize(blocks_ * room_);
    counts_.assign(blocks_, 0);
    corrections_.resize(blocks_);
  }

  void collect(const float* row, const std::uint8_t* member, std::size_t cols) {
    for (std::size_t block = 0, col = 0; block < blocks_; ++block) {
      float* to = values_.data() + block * room_;
      std::size_t count = counts_[block];
      for (const std::size_t end = std::min(col + block_cols_, cols); col < end; ++col) {
        to[count] = row[col];
        count += member[col] != 0 ? 1 : 0;
      }
      counts_[block] = count;
    }
  }
  void find(GroupRule rule) {
    for (std::size_t block = 0; block < blocks_; ++block)
      corrections_[block] = correction({values_.data() + block * room_, counts_[block]}, rule);
  }
  void subtract(float* row, const std::uint8_t* member, std::size_t cols) const {
    for (std::size_t block = 0, col = 0; block < blocks_; ++block)
      for (const std::size_t end = std::min(col + block_cols_, cols); col < end; ++col)
        if (member[col] != 0) row[col] -= corrections_[block];
  }

 private:
  std::size_t block_cols_, room_, blocks_;
  // Kept from call to call: a worker allocates once, not per shot.
  static thread_local std::vector<float> values_, corrections_;
  static thread_local std::vector<std::size_t> counts_;
};
thread_local std::vector<float> BlockRow::values_, BlockRow::corrections_;
thread_local std::vector<std::size_t> BlockRow::counts_;

}  // namespace

MedianCommonMode read_median_common_mode(std::span<const double> numbers) {
  MedianCommonMode parameters;
  if (numbers.size() < 3 || !(numbers[0] > 0) || !(numbers[1] >= 0 && numbers[1] < 8)) return parameters;
  parameters.mode = static_cast<unsigned>(numbers[1]);
  parameters.largest = numbers[2];
  if (numbers.size() > 3)
    parameters.fewest = numbers[3] > 0 ? static_cast<std::size_t>(std::min(numbers[3], 1e9)) : 0;
  return parameters;
}

void subtract_block_medians(ImageView<float> values, std::span<const std::uint8_t> member,
                            std::size_t block_rows, std::size_t block_cols, GroupRule rule) {
  for (std::size_t first = 0; first < values.rows; first += block_rows) {
    const std::size_t end = std::min(first + block_rows, values.rows);
    // One place more than pixels: collect() writes before it knows whether the pixel counts.
    BlockRow blocks(block_rows + 1, block_cols, values.cols);
    for (std::size_t row = first; row < end; ++row)
      blocks.collect(values.row(row).data(), member.data() + row * values.cols, values.cols);
    blocks.find(rule);
    for (std::size_t row = first; row < end; ++row)
      blocks.subtract(values.row(row).data(), member.data() + row * values.cols, values.cols);
  }
}

void subtract_common_mode(ImageView<float> panel, std::span<const std::uint8_t> member,
                          const MedianCommonMode& parameters, BankLayout layout) {
  const GroupRule more_than{parameters.largest, parameters.fewest + 1};
  if ((parameters.mode & MedianCommonMode::banks_bit) != 0)
    subtract_block_medians(panel, member, layout.half_rows, layout.bank_cols,
                           {parameters.largest, parameters.fewest});
  if ((parameters.mode & MedianCommonMode::rows_bit) != 0)
    subtract_block_medians(panel, member, 1, layout.bank_cols, more_than);
  if ((parameters.mode & MedianCommonMode::columns_bit) != 0)
    subtract_block_medians(panel, member, layout.half_rows, 1, more_than);
}

}  // namespace jt::detector
