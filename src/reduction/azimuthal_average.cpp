#include "reduction/azimuthal_average.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>
#include <limits>

namespace jt::reduction {
namespace {

constexpr std::size_t block = 32;
// 65537 frames of 65535 fill 32 bits.
constexpr std::uint32_t most_frames_in_whole = 65537;
constexpr std::size_t lanes = AzimuthalAverage::lanes;

bool all_equal(const std::uint16_t* cell) {
  std::uint16_t different = 0;
  for (std::size_t i = 1; i < block; ++i)
    different = static_cast<std::uint16_t>(different | (cell[i] ^ cell[0]));
  return different == 0;
}

// Neighbours are mostly in the same cell: a block within one cell is summed at once, others into four running
// sums instead of one that each addition waits for.
template <class Pixel>
[[gnu::always_inline]] inline void add_block(const Pixel* values, const std::uint16_t* cell,
                                             std::size_t count, std::uint64_t* sums) {
  if (count == block && cell[0] == cell[block - 1] && all_equal(cell)) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < block; ++i) sum += values[i];
    sums[cell[0] * lanes] += sum;
    return;
  }
  for (std::size_t i = 0; i < count; ++i) sums[cell[i] * lanes + i % lanes] += values[i];
}

template <class Pixel>
[[gnu::always_inline]] inline void add_image(const Pixel* values, std::size_t count, std::uint32_t* whole) {
  for (std::size_t i = 0; i < count; ++i) whole[i] += values[i];
}

}  // namespace

AzimuthalAverage::AzimuthalAverage(const PixelBins& bins, WorkerPool& pool)
    : bins_(bins),
      pool_(pool),
      stripes_((bins.cell.size() + stripe_pixels - 1) / stripe_pixels),
      slots_(bins.cells.size() + 1),
      sums_(stripes_ * slots_ * lanes),
      whole_sums_(sums_.size()),
      lost_(stripes_ * slots_),
      saturated_(stripes_),
      cell_sums_(slots_),
      cell_lost_(slots_) {}

bool AzimuthalAverage::takes(const RawFrame& raw) const {
  return raw.type != PixelType::i16 && raw.panels.size() == 1 && raw.shape.pixels() == bins_.cell.size();
}

void AzimuthalAverage::of_values(std::span<const float> values, std::span<double> profile, ImageSum* image) {
  assert(values.size() == bins_.cell.size());
  std::fill(sums_.begin(), sums_.end(), 0.0);
  std::fill(lost_.begin(), lost_.end(), 0u);
  pool_.run(stripes_, [&](std::size_t stripe) { values_stripe(stripe, values, image); });
  if (image != nullptr) ++image->frames_;
  finish(profile);
}

std::size_t AzimuthalAverage::of_camera(const RawFrame& raw, detector::SaturatedPixels saturated,
                                        std::span<double> profile, ImageSum* image) {
  assert(takes(raw));
  std::fill(whole_sums_.begin(), whole_sums_.end(), std::uint64_t{0});
  std::fill(lost_.begin(), lost_.end(), 0u);
  if (image != nullptr && image->frames_in_whole_ == most_frames_in_whole) {
    for (std::size_t i = 0; i < image->sum_.size(); ++i) image->sum_[i] += image->whole_[i];
    std::fill(image->whole_.begin(), image->whole_.end(), 0u);
    image->frames_in_whole_ = 0;
  }
  const bool drop = saturated == detector::SaturatedPixels::become_nan;
  const std::size_t count = raw.type == PixelType::u8 ? of_raw<std::uint8_t>(raw, drop, image)
                                                      : of_raw<std::uint16_t>(raw, drop, image);
  if (image != nullptr) {
    ++image->frames_;
    ++image->frames_in_whole_;
  }
  std::transform(whole_sums_.begin(), whole_sums_.end(), sums_.begin(),
                 [](std::uint64_t sum) { return static_cast<double>(sum); });
  finish(profile);
  return count;
}

template <class Pixel>
std::size_t AzimuthalAverage::of_raw(const RawFrame& raw, bool drop_saturated, ImageSum* image) {
  pool_.run(stripes_, [&](std::size_t stripe) {
    saturated_[stripe] = raw_stripe<Pixel>(stripe, raw, drop_saturated, image);
  });
  std::size_t count = 0;
  for (const std::size_t of_stripe : saturated_) count += of_stripe;
  return count;
}

template <class Pixel>
std::size_t AzimuthalAverage::raw_stripe(std::size_t stripe, const RawFrame& raw, bool drop_saturated,
                                         ImageSum* image) {
  const std::byte* bytes = raw.panels.front().pixels;
  std::uint64_t* sums = whole_sums_.data() + stripe * slots_ * lanes;
  std::uint32_t* lost = lost_.data() + stripe * slots_;
  const std::size_t end = std::min((stripe + 1) * stripe_pixels, bins_.cell.size());
  std::array<Pixel, block> values;
  std::size_t saturated = 0;
  for (std::size_t at = stripe * stripe_pixels; at < end; at += block) {
    const std::size_t count = std::min(block, end - at);
    // Whole blocks have a length that the compiler knows: here and below.
    if (count == block) {
      std::memcpy(values.data(), bytes + at * sizeof(Pixel), block * sizeof(Pixel));
    } else {
      values.fill(0);
      std::memcpy(values.data(), bytes + at * sizeof(Pixel), count * sizeof(Pixel));
    }
    const std::uint16_t* cell = bins_.cell.data() + at;
    Pixel largest = 0;
    for (const Pixel value : values) largest = std::max(largest, value);
    if (largest >= raw.saturated_from) {  // rare: pixel by pixel
      for (std::size_t i = 0; i < count; ++i) {
        if (values[i] < raw.saturated_from) continue;
        ++saturated;
        if (!drop_saturated) continue;
        values[i] = 0;
        ++lost[cell[i]];
        if (image != nullptr) ++image->lost_[at + i];
      }
    }
    if (count == block) {
      add_block(values.data(), cell, block, sums);
      if (image != nullptr) add_image(values.data(), block, image->whole_.data() + at);
    } else {
      add_block(values.data(), cell, count, sums);
      if (image != nullptr) add_image(values.data(), count, image->whole_.data() + at);
    }
  }
  return saturated;
}

void AzimuthalAverage::values_stripe(std::size_t stripe, std::span<const float> values, ImageSum* image) {
  double* sums = sums_.data() + stripe * slots_ * lanes;
  std::uint32_t* lost = lost_.data() + stripe * slots_;
  const std::size_t end = std::min((stripe + 1) * stripe_pixels, bins_.cell.size());
  for (std::size_t i = stripe * stripe_pixels; i < end; ++i) {
    const std::uint16_t cell = bins_.cell[i];
    if (std::isfinite(values[i])) {
      const auto value = static_cast<double>(values[i]);
      sums[cell * lanes + i % lanes] += value;
      if (image != nullptr) image->sum_[i] += value;
    } else {
      ++lost[cell];
      if (image != nullptr) ++image->lost_[i];
    }
  }
}

// Stripes and lanes are merged in a fixed order, so the number of threads does not show.
void AzimuthalAverage::finish(std::span<double> profile) {
  std::fill(cell_sums_.begin(), cell_sums_.end(), 0.0);
  std::fill(cell_lost_.begin(), cell_lost_.end(), 0u);
  for (std::size_t stripe = 0; stripe < stripes_; ++stripe)
    for (std::size_t slot = 0; slot < slots_; ++slot) {
      const double* sums = sums_.data() + (stripe * slots_ + slot) * lanes;
      for (std::size_t lane = 0; lane < lanes; ++lane) cell_sums_[slot] += sums[lane];
      cell_lost_[slot] += lost_[stripe * slots_ + slot];
    }
  profile_of_cells(bins_, cell_sums_, cell_lost_, profile);
}

}  // namespace jt::reduction
