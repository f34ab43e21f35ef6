// The inner loops over raw pixels, once per instruction set: whole numbers in, whole sums out, so every set
// gives the same bits. Under fused_average.hpp and live_ring.hpp, which lay out the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/image.hpp"

namespace jt::reduction {

enum class InstructionSet : std::uint8_t { portable, avx2, avx512 };
std::string_view name(InstructionSet set);
// What this machine can do, from slow to fast; never empty.
std::vector<InstructionSet> instruction_sets();
InstructionSet best_instruction_set();

namespace kernels {

// 32 neighbouring pixels of a panel; a chunk is a few of them, so that everything about it stays in the L1.
inline constexpr std::size_t block_pixels = 32, chunk_blocks = 64;
inline constexpr std::size_t sum_lanes = 8;                    // 64-bit numbers per slot
inline constexpr std::size_t row_group = 64, row_groups = 16;  // of row_middles()

// Pixels of one block that add to one slot: bit i of the mask is pixel i.
struct Entry {
  std::uint32_t mask;
  std::uint16_t block;  // in its chunk
  std::uint16_t slot;
};

// A word becomes a signed 16-bit number: (word & and_bits) ^ xor_bits.
struct Normal {
  PixelType type = PixelType::u16;
  std::uint16_t and_bits = 0xffff;
  std::uint16_t xor_bits = 0;
  std::int16_t full_above = 0x7fff;  // numbers above are saturated
};

struct Scan {
  Normal normal;
  const std::byte* raw;       // blocks x 32 pixels, maybe unaligned
  std::size_t blocks;         // up to chunk_blocks
  const std::uint16_t* test;  // per block: a pixel with one of these bits has left its usual state
  std::int16_t* numbers;      // out: aligned to 64 bytes
  std::uint32_t* special;     // out, per block: pixels that are saturated or have left their state
  std::int32_t* image;        // the numbers are added here; may be null
};
struct Sum {
  const std::int16_t* numbers;  // of scan()
  const Entry* entries;
  std::size_t count;
  const std::int16_t *high, *low;  // gains: chunk pixels each; low for sum_exact() only
  std::int64_t* sums;              // slots x sum_lanes
};
// Blocks of 32 pixels for the medians: number - pedestal in float32. Pixels that are in no group have an
// infinite pedestal, so that they come out at an end of the order.
struct Stage {
  Normal normal;
  const std::byte* raw;     // the panel
  std::size_t first, step;  // pixel of the panel: of the first block, and from block to block
  std::size_t blocks;
  const float* pedestals;     // of the panel
  const std::uint16_t* test;  // of the panel, per 32 pixels
  float* values;              // out: blocks x 32, aligned
  std::uint32_t* switched;    // out, per block: pixels that have left their usual state
};

struct Table {
  bool (*scan)(const Scan&);      // whether any pixel is special
  void (*sum_ones)(const Sum&);   // sum of numbers
  void (*sum_16)(const Sum&);     // sum of number * high
  void (*sum_exact)(const Sum&);  // sum of number * (high * 32768 + low)
  bool (*stage)(const Stage&);    // whether any pixel has switched
  // The two middle ones of 16 groups of 64 neighbouring values each.
  void (*row_middles)(const float* values, float* lower, float* upper);
  // The two middle ones of each of 32 columns; `rows` is even and at most 256. Reorders the values.
  void (*column_middles)(float* values, std::size_t rows, float* lower, float* upper);
};
const Table& table(InstructionSet set);

const Table& portable_table();
const Table& avx2_table();
const Table& avx512_table();

}  // namespace kernels
}  // namespace jt::reduction
