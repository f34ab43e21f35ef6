#include "reduction/fused_common_mode.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace jt::reduction {
namespace {

using detector::MedianCommonMode;
using kernels::block_pixels;
using kernels::row_group;
using kernels::row_groups;

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr std::size_t most_rows = 256;

// A pixel that is in no group stands at an end of the order: one more at the upper end, or as many at both,
// so that the middle of all is the middle of the members.
float end_of_order(std::size_t outsiders_before) { return outsiders_before % 2 == 0 ? infinite : -infinite; }

// Gives the outsiders the signs that end_of_order() would.
void repair(float* values, std::size_t count, std::size_t step) {
  std::size_t outsiders = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (std::isinf(values[i * step])) values[i * step] = end_of_order(outsiders++);
}

std::uint16_t word_at(const std::byte* panel, std::size_t pixel) {
  std::uint16_t word;
  std::memcpy(&word, panel + 2 * pixel, 2);
  return word;
}

}  // namespace

CommonModeGroups::CommonModeGroups(const detector::RawForm& form, Shape detector)
    : shape(detector), half_rows(form.banks.half_rows) {
  const unsigned mode = form.common_mode.mode;
  const bool rows_fit = form.banks.bank_cols == row_group && detector.cols % row_group == 0 &&
                        detector.panel_pixels() % (row_group * row_groups) == 0;
  const bool columns_fit = detector.cols % block_pixels == 0 && half_rows != 0 && half_rows % 2 == 0 &&
                           half_rows <= most_rows && detector.rows % half_rows == 0;
  if (mode == MedianCommonMode::rows_bit && rows_fit) kind = Kind::rows;
  if (mode == MedianCommonMode::columns_bit && columns_fit) kind = Kind::columns;
}

std::size_t CommonModeGroups::of(std::size_t pixel) const {
  if (kind == Kind::rows) return pixel / row_group;
  return pixel / shape.cols / half_rows * shape.cols + pixel % shape.cols;
}

std::size_t CommonModeGroups::per_panel() const {
  if (kind == Kind::rows) return shape.panel_pixels() / row_group;
  return shape.rows / half_rows * shape.cols;
}

CommonModeGroups::Pixels CommonModeGroups::pixels(std::size_t group) const {
  if (kind == Kind::rows) return {group * row_group, 1, row_group};
  return {group / shape.cols * half_rows * shape.cols + group % shape.cols, shape.cols, half_rows};
}

std::unique_ptr<FusedCommonMode> FusedCommonMode::make(const detector::RawForm& form, Shape shape,
                                                       const FusedPlan& plan,
                                                       std::span<const std::uint16_t> cell, std::size_t cells,
                                                       InstructionSet instructions, bool only_binned) {
  const CommonModeGroups groups(form, shape);
  if (groups.kind == CommonModeGroups::Kind::none) return nullptr;
  std::unique_ptr<FusedCommonMode> made(
      new FusedCommonMode(form, shape, groups, cells, kernels::table(instructions)));
  made->add_pixels(plan, cell, only_binned);
  return made;
}

FusedCommonMode::FusedCommonMode(const detector::RawForm& form, Shape shape, CommonModeGroups groups,
                                 std::size_t cells, const kernels::Table& kernels)
    : form_(form), shape_(shape), groups_(groups), cells_(cells), kernels_(kernels) {
  normal_.and_bits = form.code_bits;  // full pixels are members like any other
}

void FusedCommonMode::add_pixels(const FusedPlan& plan, std::span<const std::uint16_t> cell,
                                 bool only_binned) {
  constexpr unsigned any_state = (1u << detector::RawForm::no_constants_shift) - 1;
  const std::size_t pixels = shape_.pixels();
  test_ = &plan.test;
  pedestals_.resize(pixels);
  group_.resize(groups_.per_panel() * shape_.panels);
  for (std::size_t g = 0; g < group_.size(); ++g) {
    Group& group = group_[g];
    group.first_weight = weights_.size();
    const auto of_group = groups_.pixels(g);
    std::size_t outsiders = 0;
    for (std::size_t k = 0; k < of_group.count; ++k) {
      const std::size_t i = of_group.first + k * of_group.step;
      const bool binned = cell[i] < cells_;
      group.needed = group.needed || ((form_.flags[i] & any_state) != 0 && (binned || !only_binned));
      if (!form_.in_group(i, 0)) {
        pedestals_[i] = -end_of_order(outsiders++);
        continue;
      }
      pedestals_[i] = form_.constants(i, 0, pixels).pedestal;
      ++group.members;
      if (!binned) continue;
      const auto same =
          std::find_if(weights_.begin() + static_cast<std::ptrdiff_t>(group.first_weight), weights_.end(),
                       [&](const Weight& weight) { return weight.cell == cell[i]; });
      // Blocks of 32 fill the panels of these detectors, so a pixel's place in the plan is its own number.
      const auto gain = static_cast<float>(plan.gain(i, i));
      if (same == weights_.end())
        weights_.push_back({cell[i], gain});
      else
        same->gain += gain;
    }
    group.weights = weights_.size() - group.first_weight;
  }
}

void FusedCommonMode::reserve(std::size_t frames) {
  if (frames_.size() >= frames) return;
  frames_.resize(frames);
  for (Frame& frame : frames_) {
    frame.corrections.resize(group_.size());
    frame.sums.resize(shape_.panels * cells_);
  }
}

void FusedCommonMode::find(std::size_t number, std::size_t panel, std::span<const std::byte* const> panels) {
  Frame& frame = frames_[number];
  const auto first = static_cast<std::ptrdiff_t>(panel * groups_.per_panel());
  std::fill_n(frame.corrections.begin() + first, groups_.per_panel(), 0.0f);
  std::fill_n(frame.sums.begin() + static_cast<std::ptrdiff_t>(panel * cells_), cells_, 0.0);
  if (panels[panel] == nullptr) return;
  if (groups_.kind == CommonModeGroups::Kind::rows)
    find_rows(frame, panel, panels[panel]);
  else
    find_columns(frame, panel, panels[panel]);
}

bool FusedCommonMode::any_needed(std::size_t first, std::size_t count) const {
  return std::any_of(group_.begin() + static_cast<std::ptrdiff_t>(first),
                     group_.begin() + static_cast<std::ptrdiff_t>(first + count),
                     [](const Group& group) { return group.needed; });
}

void FusedCommonMode::find_rows(Frame& frame, std::size_t panel, const std::byte* raw) {
  constexpr std::size_t count = row_group * row_groups, blocks = count / block_pixels;
  alignas(64) std::array<float, count> values;
  std::array<std::uint32_t, blocks> switched;
  std::array<float, row_groups> lower, upper;
  const std::size_t panel_pixels = shape_.panel_pixels(), begin = panel * panel_pixels;
  for (std::size_t first = 0; first < panel_pixels; first += count) {
    const std::size_t group = (begin + first) / row_group;
    if (!any_needed(group, row_groups)) continue;
    std::array<std::size_t, row_groups> members;
    for (std::size_t g = 0; g < row_groups; ++g) members[g] = group_[group + g].members;
    const bool any = kernels_.stage({normal_, raw, first, block_pixels, blocks, pedestals_.data() + begin,
                                     test_->data() + begin / block_pixels, values.data(), switched.data()});
    for (std::size_t b = 0; any && b < blocks; ++b) {
      const std::size_t g = b * block_pixels / row_group;
      bool in_order = true;
      for (std::uint32_t mask = switched[b]; mask != 0; mask &= mask - 1) {
        const std::size_t i = b * block_pixels + static_cast<std::size_t>(std::countr_zero(mask));
        in_order = patch(begin + first + i, word_at(raw, first + i), values[i], members[g]) && in_order;
      }
      if (!in_order) repair(values.data() + g * row_group, row_group, 1);
    }
    kernels_.row_middles(values.data(), lower.data(), upper.data());
    for (std::size_t g = 0; g < row_groups; ++g)
      if (group_[group + g].needed) correct(frame, group + g, members[g], lower[g], upper[g]);
  }
}

void FusedCommonMode::find_columns(Frame& frame, std::size_t panel, const std::byte* raw) {
  alignas(64) std::array<float, most_rows * block_pixels> values;
  std::array<std::uint32_t, most_rows> switched;
  std::array<float, block_pixels> lower, upper;
  const std::size_t begin = panel * shape_.panel_pixels(), rows = groups_.half_rows, cols = shape_.cols;
  for (std::size_t half = 0; half < shape_.rows / rows; ++half)
    for (std::size_t col = 0; col < cols; col += block_pixels) {
      const std::size_t group = panel * groups_.per_panel() + half * cols + col;
      if (!any_needed(group, block_pixels)) continue;
      std::array<std::size_t, block_pixels> members;
      for (std::size_t g = 0; g < block_pixels; ++g) members[g] = group_[group + g].members;
      const std::size_t first = half * rows * cols + col;
      const bool any = kernels_.stage({normal_, raw, first, cols, rows, pedestals_.data() + begin,
                                       test_->data() + begin / block_pixels, values.data(), switched.data()});
      std::uint32_t out_of_order = 0;
      for (std::size_t row = 0; any && row < rows; ++row)
        for (std::uint32_t mask = switched[row]; mask != 0; mask &= mask - 1) {
          const auto g = static_cast<std::size_t>(std::countr_zero(mask));
          const std::size_t i = first + row * cols + g;
          if (!patch(begin + i, word_at(raw, i), values[row * block_pixels + g], members[g]))
            out_of_order |= 1u << g;
        }
      for (; out_of_order != 0; out_of_order &= out_of_order - 1)
        repair(values.data() + std::countr_zero(out_of_order), rows, block_pixels);
      kernels_.column_middles(values.data(), rows, lower.data(), upper.data());
      for (std::size_t g = 0; g < block_pixels; ++g)
        if (group_[group + g].needed) correct(frame, group + g, members[g], lower[g], upper[g]);
    }
}

// A pixel that is not in its usual state: another pedestal, or it leaves or joins its group. Returns whether
// the outsiders are still as many at both ends.
bool FusedCommonMode::patch(std::size_t pixel, std::uint16_t word, float& value, std::size_t& members) const {
  const unsigned state = form_.state_of(word);
  const bool was = form_.in_group(pixel, 0), is = form_.in_group(pixel, state);
  if (is)
    value =
        static_cast<float>(word & form_.code_bits) - form_.constants(pixel, state, shape_.pixels()).pedestal;
  if (was == is) return true;
  const std::size_t group_size = groups_.kind == CommonModeGroups::Kind::rows ? row_group : groups_.half_rows;
  if (!is) {
    value = end_of_order(group_size - members);
    --members;
    return true;
  }
  ++members;
  return false;
}

void FusedCommonMode::correct(Frame& frame, std::size_t number, std::size_t members, float lower,
                              float upper) const {
  const Group& group = group_[number];
  if (members == 0 || members < form_.common_mode.fewest + 1) return;
  const float median = members % 2 == 0 ? (lower + upper) / 2.0f : lower;
  if (!(std::abs(static_cast<double>(median)) < form_.common_mode.largest)) return;
  frame.corrections[number] = median;
  double* sums = frame.sums.data() + number / groups_.per_panel() * cells_;
  for (std::size_t w = group.first_weight; w < group.first_weight + group.weights; ++w)
    sums[weights_[w].cell] += static_cast<double>(median) * static_cast<double>(weights_[w].gain);
}

void FusedCommonMode::subtract(std::size_t frame, std::span<double> cell_sums) const {
  for (std::size_t panel = 0; panel < shape_.panels; ++panel)
    for (std::size_t c = 0; c < cells_; ++c) cell_sums[c] -= frames_[frame].sums[panel * cells_ + c];
}

}  // namespace jt::reduction
