// The original program's radial masks, number for number: each twice as wide as its step, nearly every pixel
// in two of them, masked pixels counted as zeros. Made once per run for `ring.model: original`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detector/area_detector.hpp"
#include "reduction/pixel_bins.hpp"

namespace jt::reduction {

struct OriginalBins {
  PixelBins pixel_bins;
  double bin_size = 0;
  std::vector<double> radii;  // px, the middle of each mask
};

// Of an image of rows x cols about (cols / 2, rows / 2). `good` is empty or has rows x cols entries; bad
// pixels are never added but do count in the mean. The number of masks can differ from `bins`. Throws
// SetupError when the image is so small that there is no mask.
OriginalBins make_original_bins(std::uint32_t rows, std::uint32_t cols, std::size_t bins,
                                std::span<const std::uint8_t> good);

// The same of a detector's assembled image, given to the raw pixels that it is made of: gaps count as zeros,
// and of two pixels in one cell only the later one is seen. Its cells, not the raw pixels, are what a mean is
// divided by.
OriginalBins make_original_bins(const detector::AreaDetector& detector, std::size_t bins);

}  // namespace jt::reduction
