// Compiled for AVX2. Nothing here may be inlined from or shared with other files: their functions run on
// older machines too.
#include <immintrin.h>

#include "reduction/median_networks.hpp"
#include "reduction/raw_kernels.hpp"

namespace jt::reduction::kernels {
namespace {

constexpr std::size_t ahead_bytes = 4096;

template <PixelType type>
__m256i load_words(const std::byte* raw, std::size_t pixel) {
  if constexpr (type == PixelType::u8)
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(raw + pixel)));
  else
    return _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(raw + 2 * pixel));
}

__m256i load(const std::int16_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }

struct Constants {
  __m256i and_bits, xor_bits, full_above;
  explicit Constants(const Normal& normal)
      : and_bits(_mm256_set1_epi16(static_cast<short>(normal.and_bits))),
        xor_bits(_mm256_set1_epi16(static_cast<short>(normal.xor_bits))),
        full_above(_mm256_set1_epi16(normal.full_above)) {}
  [[nodiscard]] __m256i number(__m256i words) const {
    return _mm256_xor_si256(_mm256_and_si256(words, and_bits), xor_bits);
  }
};

// All bits of each special word.
__m256i special_words(__m256i words, __m256i numbers, __m256i full_above, __m256i test) {
  const __m256i usual = _mm256_cmpeq_epi16(_mm256_and_si256(words, test), _mm256_setzero_si256());
  return _mm256_or_si256(_mm256_cmpgt_epi16(numbers, full_above),
                         _mm256_xor_si256(usual, _mm256_set1_epi16(-1)));
}

// One bit per word of two vectors.
std::uint32_t bits_of(__m256i first, __m256i second) {
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(first, second), 0xd8);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

void add_image(std::int32_t* image, __m256i numbers) {
  const __m256i parts[2] = {_mm256_cvtepi16_epi32(_mm256_castsi256_si128(numbers)),
                            _mm256_cvtepi16_epi32(_mm256_extracti128_si256(numbers, 1))};
  for (int k = 0; k < 2; ++k) {
    auto* to = reinterpret_cast<__m256i_u*>(image + 8 * k);
    _mm256_storeu_si256(to, _mm256_add_epi32(_mm256_loadu_si256(to), parts[k]));
  }
}

template <PixelType type>
bool scan_of(const Scan& job) {
  const Constants constants(job.normal);
  constexpr std::size_t block_bytes = block_pixels * (type == PixelType::u8 ? 1 : 2);
  std::uint32_t any = 0;
  for (std::size_t b = 0; b < job.blocks; ++b) {
    _mm_prefetch(reinterpret_cast<const char*>(job.raw) + b * block_bytes + ahead_bytes, _MM_HINT_T0);
    const __m256i test = _mm256_set1_epi16(static_cast<short>(job.test[b]));
    __m256i special[2];
    for (std::size_t half = 0; half < 2; ++half) {
      const std::size_t i = b * block_pixels + 16 * half;
      const __m256i words = load_words<type>(job.raw, i);
      const __m256i numbers = constants.number(words);
      _mm256_store_si256(reinterpret_cast<__m256i*>(job.numbers + i), numbers);
      special[half] = special_words(words, numbers, constants.full_above, test);
      if (job.image != nullptr) add_image(job.image + i, numbers);
    }
    job.special[b] = bits_of(special[0], special[1]);
    any |= job.special[b];
  }
  return any != 0;
}

bool scan(const Scan& job) {
  return job.normal.type == PixelType::u8 ? scan_of<PixelType::u8>(job) : scan_of<PixelType::u16>(job);
}

// Sixteen bits become sixteen words of all ones or none.
__m256i words_of(std::uint32_t mask) {
  const __m256i bits = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
                                         static_cast<short>(-32768));
  const __m256i all = _mm256_set1_epi16(static_cast<short>(mask & 0xffff));
  return _mm256_cmpeq_epi16(_mm256_and_si256(all, bits), bits);
}

// Pairs of 32-bit numbers, sign-extended and added.
__m256i widen(__m256i pairs) {
  const __m256i one = _mm256_set1_epi64x(1);
  return _mm256_add_epi64(_mm256_mul_epi32(pairs, one), _mm256_mul_epi32(_mm256_srli_epi64(pairs, 32), one));
}

enum class Gains { ones, high, both };

template <Gains gains>
__m256i sum_half(const Sum& job, std::size_t i, std::uint32_t mask) {
  const __m256i numbers = _mm256_and_si256(load(job.numbers + i), words_of(mask));
  const __m256i first = gains == Gains::ones ? _mm256_set1_epi16(1) : load(job.high + i);
  const __m256i sum = widen(_mm256_madd_epi16(numbers, first));
  if constexpr (gains == Gains::both)
    return _mm256_add_epi64(_mm256_slli_epi64(sum, 15), widen(_mm256_madd_epi16(numbers, load(job.low + i))));
  return sum;
}

template <Gains gains>
void sum(const Sum& job) {
  for (std::size_t e = 0; e < job.count; ++e) {
    const Entry entry = job.entries[e];
    const std::size_t i = entry.block * block_pixels;
    const __m256i both =
        _mm256_add_epi64(sum_half<gains>(job, i, entry.mask), sum_half<gains>(job, i + 16, entry.mask >> 16));
    auto* to = reinterpret_cast<__m256i*>(job.sums + entry.slot * sum_lanes);
    _mm256_store_si256(to, _mm256_add_epi64(_mm256_load_si256(to), both));
  }
}

template <PixelType type>
bool stage_of(const Stage& job) {
  const Constants constants(job.normal);
  std::uint32_t any = 0;
  for (std::size_t b = 0; b < job.blocks; ++b) {
    const std::size_t i = job.first + b * job.step;
    const __m256i test = _mm256_set1_epi16(static_cast<short>(job.test[i / block_pixels]));
    __m256i switched[2];
    for (std::size_t half = 0; half < 2; ++half) {
      const std::size_t at = i + 16 * half;
      float* to = job.values + b * block_pixels + 16 * half;
      const __m256i words = load_words<type>(job.raw, at), numbers = constants.number(words);
      switched[half] = special_words(words, numbers, constants.full_above, test);
      const __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_castsi256_si128(numbers)));
      const __m256 high = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm256_extracti128_si256(numbers, 1)));
      _mm256_store_ps(to, _mm256_sub_ps(low, _mm256_loadu_ps(job.pedestals + at)));
      _mm256_store_ps(to + 8, _mm256_sub_ps(high, _mm256_loadu_ps(job.pedestals + at + 8)));
    }
    job.switched[b] = bits_of(switched[0], switched[1]);
    any |= job.switched[b];
  }
  return any != 0;
}
bool stage(const Stage& job) {
  return job.normal.type == PixelType::u8 ? stage_of<PixelType::u8>(job) : stage_of<PixelType::u16>(job);
}

struct Eight {
  static constexpr std::size_t lanes = 8;
  __m256 v;
  static Eight smaller(Eight a, Eight b) { return {_mm256_min_ps(a.v, b.v)}; }
  static Eight larger(Eight a, Eight b) { return {_mm256_max_ps(a.v, b.v)}; }
};

// Eight values of each of eight groups, `stride` apart -> one group per lane.
void turn(const float* values, std::size_t stride, Eight* to) {
  __m256 a[8], b[8];
  for (std::size_t r = 0; r < 8; ++r) a[r] = _mm256_loadu_ps(values + r * stride);
  for (std::size_t r = 0; r < 8; r += 2) {
    b[r] = _mm256_unpacklo_ps(a[r], a[r + 1]);
    b[r + 1] = _mm256_unpackhi_ps(a[r], a[r + 1]);
  }
  const auto doubles = [](__m256 x) { return _mm256_castps_pd(x); };
  for (std::size_t r = 0; r < 8; r += 4) {
    a[r] = _mm256_castpd_ps(_mm256_unpacklo_pd(doubles(b[r]), doubles(b[r + 2])));
    a[r + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(doubles(b[r]), doubles(b[r + 2])));
    a[r + 2] = _mm256_castpd_ps(_mm256_unpacklo_pd(doubles(b[r + 1]), doubles(b[r + 3])));
    a[r + 3] = _mm256_castpd_ps(_mm256_unpackhi_pd(doubles(b[r + 1]), doubles(b[r + 3])));
  }
  for (std::size_t r = 0; r < 4; ++r) {
    to[r].v = _mm256_permute2f128_ps(a[r], a[r + 4], 0x20);
    to[r + 4].v = _mm256_permute2f128_ps(a[r], a[r + 4], 0x31);
  }
}

void row_middles(const float* values, float* lower, float* upper) {
  for (std::size_t group = 0; group < row_groups; group += Eight::lanes) {
    Eight list[row_group], low, high;
    for (std::size_t k = 0; k < row_group; k += 8) turn(values + group * row_group + k, row_group, list + k);
    sort_list<Eight, 32>(list);
    sort_list<Eight, 32>(list + 32);
    middle_of_two<Eight, 32>(list, list + 32, low, high);
    _mm256_storeu_ps(lower + group, low.v);
    _mm256_storeu_ps(upper + group, high.v);
  }
}

void column_middles(float* values, std::size_t rows, float* lower, float* upper) {
  Eight list[256], low, high;
  for (std::size_t col = 0; col < block_pixels; col += Eight::lanes) {
    for (std::size_t row = 0; row < rows; ++row)
      list[row].v = _mm256_load_ps(values + row * block_pixels + col);
    middle_of_many(list, static_cast<unsigned>(rows), low, high);
    _mm256_storeu_ps(lower + col, low.v);
    _mm256_storeu_ps(upper + col, high.v);
  }
}

constexpr Table all{scan,  sum<Gains::ones>, sum<Gains::high>, sum<Gains::both>,
                    stage, row_middles,      column_middles};

}  // namespace

const Table& avx2_table() { return all; }

}  // namespace jt::reduction::kernels
