// The azimuthal average made fast: one pass over the pixels in memory order, in stripes shared by the
// threads. The walk's stop from pixels to profile; equal to plain_average(), which stays as the reference.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/image.hpp"
#include "detector/area_detector.hpp"
#include "reduction/image_sum.hpp"
#include "reduction/pixel_bins.hpp"
#include "reduction/worker_pool.hpp"

namespace jt::reduction {

class AzimuthalAverage {
 public:
  // Neighbouring pixels add to different copies of the sums: no waiting for a store.
  static constexpr std::size_t lanes = 4;

  // Both must outlive it. Results do not depend on the number of threads.
  AzimuthalAverage(const PixelBins& bins, WorkerPool& pool);

  // The profile of calibrated values; pixels that are not finite do not count. `image` may be null.
  void of_values(std::span<const float> values, std::span<double> profile, ImageSum* image);

  // The profile of a camera's raw frame of type u8 or u16 with one panel of the right size: the same numbers
  // as calibrating it and then of_values(), without the copy. Returns the number of saturated pixels.
  std::size_t of_camera(const RawFrame& raw, detector::SaturatedPixels saturated, std::span<double> profile,
                        ImageSum* image);
  // Whether of_camera() takes this frame.
  [[nodiscard]] bool takes(const RawFrame& raw) const;

 private:
  static constexpr std::size_t stripe_pixels = std::size_t{1} << 16;

  template <class Pixel>
  std::size_t of_raw(const RawFrame& raw, bool drop_saturated, ImageSum* image);
  template <class Pixel>
  std::size_t raw_stripe(std::size_t stripe, const RawFrame& raw, bool drop_saturated, ImageSum* image);
  void values_stripe(std::size_t stripe, std::span<const float> values, ImageSum* image);
  void finish(std::span<double> profile);

  const PixelBins& bins_;
  WorkerPool& pool_;
  std::size_t stripes_;
  std::size_t slots_;                      // cells and the place of unused pixels
  std::vector<double> sums_;               // stripes x slots x lanes
  std::vector<std::uint64_t> whole_sums_;  // the same, for raw frames: exact
  std::vector<std::uint32_t> lost_;        // stripes x slots
  std::vector<std::size_t> saturated_;     // per stripe
  std::vector<double> cell_sums_;
  std::vector<std::uint32_t> cell_lost_;
};

}  // namespace jt::reduction
