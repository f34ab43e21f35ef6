// A detector's arithmetic and its bins laid out for the kernels: which pixels of each block of 32 add to
// which sum, and with what gain. Made once per run from RawForm and PixelBins; read by FusedAverage and
// LiveRing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/image.hpp"
#include "detector/raw_form.hpp"
#include "reduction/aligned.hpp"
#include "reduction/pixel_bins.hpp"
#include "reduction/raw_kernels.hpp"

namespace jt::reduction {

// Of the gains: 31 bits (as good as float32), or 16 bits, which halves the memory that is read for them.
enum class GainBits : std::uint8_t { exact, sixteen };

// The sum of a cell is sum(number * gain) * unit - pedestals: whole numbers in the loop over the pixels, and
// one number of the run outside it. A slot is a cell and a size of gain, so that each has its own unit.
struct FusedPlan {
  struct Chunk {
    std::uint32_t panel = 0;
    std::uint32_t first = 0;  // pixel of the panel
    std::uint32_t pixels = 0;
    std::uint32_t blocks = 0;
    std::size_t block = 0;  // of the detector: where gains and test bits are
    std::size_t first_entry = 0, entries = 0;
    std::size_t first_always = 0, always = 0;
  };
  struct Slot {
    std::uint16_t cell = 0;
    double unit = 1;
    double pedestals = 0;  // sum of pedestal * gain over the slot's pixels
    double gains = 0;      // sum of gains, for numbers that are words less some bias
  };

  bool ones = false;  // every gain is 1 and no pedestal: cameras without constants
  GainBits bits = GainBits::exact;
  std::size_t copies = 1;  // of each sum: neighbouring entries add to different ones
  std::vector<Chunk> chunks;
  std::vector<kernels::Entry> entries;
  std::vector<Slot> slots;
  std::vector<std::uint16_t> test;        // per block
  AlignedVector<std::int16_t> high, low;  // blocks x 32; empty for ones
  std::vector<std::uint16_t> slot;        // per pixel; slots.size() = adds to none
  std::vector<std::uint32_t> always;      // pixels that the kernels must not take: no usual constants

  // What a pixel's number is multiplied with, in the cell's unit; 0 when it adds to none.
  [[nodiscard]] double gain(std::size_t pixel, std::size_t padded) const;
};

// How one pixel counts: its cell, and a weight on top of its gain.
struct FusedInput {
  const detector::RawForm& form;
  Shape shape;
  std::span<const std::uint16_t> cell;  // per pixel; `cells` = adds nowhere
  std::size_t cells = 0;
  std::span<const double> weight;  // per cell; empty: 1
  GainBits bits = GainBits::exact;
  bool only_binned = false;  // nothing is asked of pixels that add nowhere
};
// Slots must be countable in 16 bits; a plan with more gives none, and the plain path is taken.
bool make_fused_plan(const FusedInput& input, FusedPlan& plan);

// Cuts the chunks to runs of blocks with entries (or pixels that are always replaced): nothing else is read.
void keep_binned_blocks(FusedPlan& plan);

// Whether the kernels may treat a pixel by its usual state: constants are there and of a sensible size.
bool has_usual_constants(const detector::RawForm& form, std::size_t pixel, std::size_t pixels);

// How the words of a frame become signed numbers, and what was taken off them.
struct NormalForm {
  kernels::Normal normal;
  double bias = 0;  // code = number + bias
};
NormalForm normal_form(const detector::RawForm& form, const RawFrame& raw);

}  // namespace jt::reduction
