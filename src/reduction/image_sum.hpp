// The sum of many frames, pixel by pixel: what the mean image and the centre of the rings are found from.
// Beside the averaging kernels, which add to it while a frame is in the caches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "detector/raw_form.hpp"
#include "reduction/fused_common_mode.hpp"

namespace jt::reduction {

class ImageSum {
 public:
  explicit ImageSum(std::size_t pixels) : sum_(pixels, 0.0), whole_(pixels, 0), lost_(pixels, 0) {}
  [[nodiscard]] std::uint64_t frames() const { return frames_; }
  // The mean per pixel; NaN where no frame had a valid value. A detector whose raw frames were added must
  // still be there.
  [[nodiscard]] std::vector<float> mean() const;

 private:
  friend class AzimuthalAverage;
  friend class FusedAverage;

  // For raw frames: their numbers are summed, and calibrated together later. `form` says how, the number
  // being the code less `bias`.
  void expect(const detector::RawForm& form, Shape shape, double bias);
  // A pixel of the frame at hand is not what its number says: in_usual_state would have been its ADU.
  void replace(std::size_t pixel, double in_usual_state, bool lost, double value);
  void count_frame(std::span<const float> common_mode);
  void settle();
  [[nodiscard]] detector::RawState usual(std::size_t pixel) const;
  [[nodiscard]] double pending(std::size_t pixel) const;

  std::vector<double> sum_;
  std::vector<std::uint32_t> whole_;  // raw frames are added here; emptied into sum_ before it can overflow
  std::vector<std::uint32_t> lost_;
  std::uint64_t frames_ = 0;
  std::uint32_t frames_in_whole_ = 0;

  std::vector<std::int32_t> numbers_;  // sum of numbers since the last settle()
  std::vector<double> group_sums_;     // of the common mode's corrections
  detector::RawForm form_;
  CommonModeGroups groups_;
  double bias_ = 0;
  std::uint32_t frames_in_numbers_ = 0;
};

}  // namespace jt::reduction
