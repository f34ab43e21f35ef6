#include "reduction/raw_kernels.hpp"

#include <bit>
#include <cstring>

#include "reduction/median_networks.hpp"

namespace jt::reduction {

std::string_view name(InstructionSet set) {
  switch (set) {
    case InstructionSet::portable:
      return "portable";
    case InstructionSet::avx2:
      return "AVX2";
    case InstructionSet::avx512:
      return "AVX-512";
  }
  return "unknown";
}

std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::portable};
#if defined(JT_X86_KERNELS)
  if (__builtin_cpu_supports("avx2")) sets.push_back(InstructionSet::avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    sets.push_back(InstructionSet::avx512);
#endif
  return sets;
}

InstructionSet best_instruction_set() {
  static const InstructionSet best = instruction_sets().back();
  return best;
}

namespace kernels {
namespace {

std::int16_t number_at(const Normal& normal, const std::byte* raw, std::size_t i) {
  std::uint16_t word = 0;
  if (normal.type == PixelType::u8)
    word = std::to_integer<std::uint8_t>(raw[i]);
  else
    std::memcpy(&word, raw + 2 * i, 2);
  return static_cast<std::int16_t>((word & normal.and_bits) ^ normal.xor_bits);
}

bool is_special(const Normal& normal, const std::byte* raw, std::size_t i, std::uint16_t test,
                std::int16_t number) {
  if (number > normal.full_above) return true;
  if (test == 0) return false;
  std::uint16_t word;
  std::memcpy(&word, raw + 2 * i, 2);
  return (word & test) != 0;
}

bool scan(const Scan& job) {
  std::uint32_t any = 0;
  for (std::size_t b = 0; b < job.blocks; ++b) {
    std::uint32_t special = 0;
    for (std::size_t k = 0; k < block_pixels; ++k) {
      const std::size_t i = b * block_pixels + k;
      const std::int16_t number = number_at(job.normal, job.raw, i);
      job.numbers[i] = number;
      if (job.image != nullptr) job.image[i] += number;
      if (is_special(job.normal, job.raw, i, job.test[b], number)) special |= 1u << k;
    }
    job.special[b] = special;
    any |= special;
  }
  return any != 0;
}

// Calls add(pixel of the chunk) for each of the entry's pixels and gives the sum.
template <class Value>
void sum_of(const Sum& job, Value value) {
  for (std::size_t e = 0; e < job.count; ++e) {
    const Entry entry = job.entries[e];
    std::int64_t sum = 0;
    for (std::uint32_t mask = entry.mask; mask != 0; mask &= mask - 1)
      sum += value(entry.block * block_pixels + static_cast<std::size_t>(std::countr_zero(mask)));
    job.sums[entry.slot * sum_lanes] += sum;
  }
}

void sum_ones(const Sum& job) {
  sum_of(job, [&](std::size_t i) { return std::int64_t{job.numbers[i]}; });
}
void sum_16(const Sum& job) {
  sum_of(job, [&](std::size_t i) { return std::int64_t{job.numbers[i]} * job.high[i]; });
}
void sum_exact(const Sum& job) {
  sum_of(job, [&](std::size_t i) {
    return std::int64_t{job.numbers[i]} * (std::int64_t{job.high[i]} * 32768 + job.low[i]);
  });
}

bool stage(const Stage& job) {
  std::uint32_t any = 0;
  for (std::size_t b = 0; b < job.blocks; ++b) {
    job.switched[b] = 0;
    for (std::size_t k = 0; k < block_pixels; ++k) {
      const std::size_t i = job.first + b * job.step + k;
      const std::int16_t number = number_at(job.normal, job.raw, i);
      job.values[b * block_pixels + k] = static_cast<float>(number) - job.pedestals[i];
      if (is_special(job.normal, job.raw, i, job.test[i / block_pixels], number)) job.switched[b] |= 1u << k;
    }
    any |= job.switched[b];
  }
  return any != 0;
}

// Four floats: what every machine has.
struct Four {
  static constexpr std::size_t lanes = 4;
  typedef float Floats __attribute__((vector_size(16)));
  Floats v;
  static Four smaller(Four a, Four b) { return {a.v < b.v ? a.v : b.v}; }
  static Four larger(Four a, Four b) { return {a.v < b.v ? b.v : a.v}; }
  static Four load(const float* from) {
    Four made;
    std::memcpy(&made.v, from, sizeof(made.v));
    return made;
  }
  void store(float* to) const { std::memcpy(to, &v, sizeof(v)); }
};

void row_middles(const float* values, float* lower, float* upper) {
  for (std::size_t group = 0; group < row_groups; group += Four::lanes) {
    Four list[row_group];
    for (std::size_t i = 0; i < row_group; ++i)
      for (std::size_t lane = 0; lane < Four::lanes; ++lane)
        list[i].v[lane] = values[(group + lane) * row_group + i];
    Four low, high;
    sort_list<Four, 32>(list);
    sort_list<Four, 32>(list + 32);
    middle_of_two<Four, 32>(list, list + 32, low, high);
    low.store(lower + group);
    high.store(upper + group);
  }
}

template <class V>
void columns(float* values, std::size_t rows, float* lower, float* upper) {
  V list[256];
  for (std::size_t col = 0; col < block_pixels; col += V::lanes) {
    for (std::size_t row = 0; row < rows; ++row) list[row] = V::load(values + row * block_pixels + col);
    V low, high;
    middle_of_many(list, static_cast<unsigned>(rows), low, high);
    low.store(lower + col);
    high.store(upper + col);
  }
}

}  // namespace

const Table& portable_table() {
  static const Table table{scan, sum_ones, sum_16, sum_exact, stage, row_middles, columns<Four>};
  return table;
}

const Table& table(InstructionSet set) {
#if defined(JT_X86_KERNELS)
  if (set == InstructionSet::avx512) return avx512_table();
  if (set == InstructionSet::avx2) return avx2_table();
#endif
  (void)set;
  return portable_table();
}

}  // namespace kernels
}  // namespace jt::reduction
