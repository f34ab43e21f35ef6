#include "reduction/image_sum.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

#include "reduction/fused_plan.hpp"

namespace jt::reduction {
namespace {

// 65536 numbers of 16 bits fill 32; frames that are worked on together may still be added.
constexpr std::uint32_t most_frames_in_numbers = 60000;

}  // namespace

std::vector<float> ImageSum::mean() const {
  std::vector<float> mean(sum_.size());
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const std::uint64_t count = frames_ - lost_[i];
    mean[i] = count > 0 ? static_cast<float>((sum_[i] + whole_[i] + pending(i)) / static_cast<double>(count))
                        : std::numeric_limits<float>::quiet_NaN();
  }
  return mean;
}

void ImageSum::expect(const detector::RawForm& form, Shape shape, double bias) {
  assert(shape.pixels() == sum_.size());
  if (numbers_.empty()) {
    numbers_.assign(sum_.size(), 0);
    form_ = form;
    groups_ = CommonModeGroups(form, shape);
    if (groups_.kind != CommonModeGroups::Kind::none)
      group_sums_.assign(groups_.per_panel() * shape.panels, 0.0);
    bias_ = bias;
  }
  if (frames_in_numbers_ >= most_frames_in_numbers || bias != bias_) settle();
  bias_ = bias;
}

detector::RawState ImageSum::usual(std::size_t pixel) const {
  if (!has_usual_constants(form_, pixel, sum_.size())) return {0, 0};
  return form_.constants(pixel, 0, sum_.size());
}

double ImageSum::pending(std::size_t pixel) const {
  if (frames_in_numbers_ == 0) return 0;
  const detector::RawState state = usual(pixel);
  double adu = numbers_[pixel] + frames_in_numbers_ * (bias_ - static_cast<double>(state.pedestal));
  if (!group_sums_.empty() && form_.in_group(pixel, 0)) adu -= group_sums_[groups_.of(pixel)];
  return adu * static_cast<double>(state.factor);
}

void ImageSum::settle() {
  for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += pending(i);
  std::fill(numbers_.begin(), numbers_.end(), 0);
  std::fill(group_sums_.begin(), group_sums_.end(), 0.0);
  frames_in_numbers_ = 0;
}

void ImageSum::replace(std::size_t pixel, double in_usual_state, bool lost, double value) {
  sum_[pixel] -= in_usual_state * static_cast<double>(usual(pixel).factor);
  if (lost)
    ++lost_[pixel];
  else
    sum_[pixel] += value;
}

void ImageSum::count_frame(std::span<const float> common_mode) {
  for (std::size_t g = 0; g < common_mode.size(); ++g) group_sums_[g] += static_cast<double>(common_mode[g]);
  ++frames_;
  ++frames_in_numbers_;
}

}  // namespace jt::reduction
