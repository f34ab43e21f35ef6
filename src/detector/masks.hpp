// Which pixels of a detector may count: from status words, panel edges and the sensors' special pixels.
// Made once per run; ends in PixelMap::good.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/image.hpp"

namespace jt::detector {

using Mask = std::vector<std::uint8_t>;  // panels x rows x columns; 1 good, 0 bad

// A pixel is good when its status is 0 in each of the first `ranges` gain ranges. `status` holds one block of
// `pixels` words per range; ranges that are not there do not count.
template <class Word>
Mask status_mask(std::span<const Word> status, std::size_t pixels, std::size_t ranges);

// The outermost rows and columns of every panel are bad.
Mask edge_mask(Shape shape);

// The columns and rows at the seams between readout chips are bad: CSPAD 2 columns, Epix10ka 2 rows and 2
// columns, Jungfrau both sides of 3 vertical and 1 horizontal gap. Other shapes: all good.
Mask seam_mask(Shape shape);

// The unbonded pixels of CSPAD, 38 per 2x1, are bad. Other shapes: all good.
Mask unbonded_mask(Shape shape);

// Bad pixels with those beside them (4), or all around them (8), within a panel.
enum class Neighbours : std::uint8_t { four, eight };
Mask grow(const Mask& mask, Shape shape, Neighbours neighbours);

// `mask` &= `other`; an empty `other` changes nothing.
void combine(Mask& mask, std::span<const std::uint8_t> other);

}  // namespace jt::detector
