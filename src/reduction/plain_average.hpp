// The azimuthal average as plainly as it can be said: the reference that the fast kernels must equal.
// Stands beside azimuthal_average.hpp; used by tests and where speed does not matter.
#pragma once

#include <span>

#include "reduction/pixel_bins.hpp"

namespace jt::reduction {

// The mean per bin over the pixels that are in it and finite, in double; a bin without one is NaN.
void plain_average(const PixelBins& bins, std::span<const float> values, std::span<double> profile);

}  // namespace jt::reduction
