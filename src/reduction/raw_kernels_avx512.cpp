// Compiled for AVX-512 (F, BW, DQ, VL). Nothing here may be inlined from or shared with other files: their
// functions run on older machines too.
#include <immintrin.h>

#include "reduction/median_networks.hpp"
#include "reduction/raw_kernels.hpp"

namespace jt::reduction::kernels {
namespace {

// How far ahead of the pixels at hand memory is asked for.
constexpr std::size_t ahead_bytes = 4096;

template <PixelType type>
__m512i load_words(const std::byte* raw, std::size_t pixel) {
  if constexpr (type == PixelType::u8)
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(raw + pixel)));
  else
    return _mm512_loadu_si512(raw + 2 * pixel);
}

struct Constants {
  __m512i and_bits, xor_bits, full_above;
  explicit Constants(const Normal& normal)
      : and_bits(_mm512_set1_epi16(static_cast<short>(normal.and_bits))),
        xor_bits(_mm512_set1_epi16(static_cast<short>(normal.xor_bits))),
        full_above(_mm512_set1_epi16(normal.full_above)) {}
};

void add_image(std::int32_t* image, __m512i numbers) {
  const __m512i low = _mm512_cvtepi16_epi32(_mm512_castsi512_si256(numbers));
  const __m512i high = _mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(numbers, 1));
  _mm512_storeu_si512(image, _mm512_add_epi32(_mm512_loadu_si512(image), low));
  _mm512_storeu_si512(image + 16, _mm512_add_epi32(_mm512_loadu_si512(image + 16), high));
}

template <PixelType type>
bool scan_of(const Scan& job) {
  const Constants constants(job.normal);
  constexpr std::size_t block_bytes = block_pixels * (type == PixelType::u8 ? 1 : 2);
  std::uint32_t any = 0;
  for (std::size_t b = 0; b < job.blocks; ++b) {
    const std::size_t i = b * block_pixels;
    _mm_prefetch(reinterpret_cast<const char*>(job.raw) + b * block_bytes + ahead_bytes, _MM_HINT_T0);
    const __m512i words = load_words<type>(job.raw, i);
    const __m512i numbers = _mm512_xor_si512(_mm512_and_si512(words, constants.and_bits), constants.xor_bits);
    _mm512_store_si512(job.numbers + i, numbers);
    const __mmask32 special =
        _mm512_test_epi16_mask(words, _mm512_set1_epi16(static_cast<short>(job.test[b]))) |
        _mm512_cmpgt_epi16_mask(numbers, constants.full_above);
    job.special[b] = special;
    any |= special;
    if (job.image != nullptr) add_image(job.image + i, numbers);
  }
  return any != 0;
}

bool scan(const Scan& job) {
  return job.normal.type == PixelType::u8 ? scan_of<PixelType::u8>(job) : scan_of<PixelType::u16>(job);
}

// Pairs of 32-bit numbers, sign-extended and added.
__m512i widen(__m512i pairs) {
  return _mm512_add_epi64(_mm512_mul_epi32(pairs, _mm512_set1_epi64(1)), _mm512_srai_epi64(pairs, 32));
}

enum class Gains { ones, high, both };

template <Gains gains>
void sum(const Sum& job) {
  const __m512i ones = _mm512_set1_epi16(1);
  for (std::size_t e = 0; e < job.count; ++e) {
    const Entry entry = job.entries[e];
    const std::size_t i = entry.block * block_pixels;
    const __m512i numbers = _mm512_maskz_loadu_epi16(entry.mask, job.numbers + i);
    const __m512i first = gains == Gains::ones ? ones : _mm512_load_si512(job.high + i);
    __m512i sum = widen(_mm512_madd_epi16(numbers, first));
    if constexpr (gains == Gains::both)
      sum = _mm512_add_epi64(_mm512_slli_epi64(sum, 15),
                             widen(_mm512_madd_epi16(numbers, _mm512_load_si512(job.low + i))));
    std::int64_t* to = job.sums + entry.slot * sum_lanes;
    _mm512_store_si512(to, _mm512_add_epi64(_mm512_load_si512(to), sum));
  }
}

template <PixelType type>
bool stage_of(const Stage& job) {
  const Constants constants(job.normal);
  std::uint32_t any = 0;
  for (std::size_t b = 0; b < job.blocks; ++b) {
    const std::size_t i = job.first + b * job.step;
    const __m512i words = load_words<type>(job.raw, i);
    const __m512i numbers = _mm512_xor_si512(_mm512_and_si512(words, constants.and_bits), constants.xor_bits);
    const __mmask32 switched =
        _mm512_test_epi16_mask(words, _mm512_set1_epi16(static_cast<short>(job.test[i / block_pixels]))) |
        _mm512_cmpgt_epi16_mask(numbers, constants.full_above);
    job.switched[b] = switched;
    any |= switched;
    const __m512 low = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm512_castsi512_si256(numbers)));
    const __m512 high = _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm512_extracti64x4_epi64(numbers, 1)));
    _mm512_store_ps(job.values + b * block_pixels, _mm512_sub_ps(low, _mm512_loadu_ps(job.pedestals + i)));
    _mm512_store_ps(job.values + b * block_pixels + 16,
                    _mm512_sub_ps(high, _mm512_loadu_ps(job.pedestals + i + 16)));
  }
  return any != 0;
}
bool stage(const Stage& job) {
  return job.normal.type == PixelType::u8 ? stage_of<PixelType::u8>(job) : stage_of<PixelType::u16>(job);
}

struct Sixteen {
  static constexpr std::size_t lanes = 16;
  __m512 v;
  static Sixteen smaller(Sixteen a, Sixteen b) { return {_mm512_min_ps(a.v, b.v)}; }
  static Sixteen larger(Sixteen a, Sixteen b) { return {_mm512_max_ps(a.v, b.v)}; }
};

// Sixteen values of each of sixteen groups, `stride` apart -> one group per lane.
void turn(const float* values, std::size_t stride, Sixteen* to) {
  __m512 a[16], b[16];
  for (std::size_t r = 0; r < 16; ++r) a[r] = _mm512_loadu_ps(values + r * stride);
  for (std::size_t r = 0; r < 16; r += 2) {
    b[r] = _mm512_unpacklo_ps(a[r], a[r + 1]);
    b[r + 1] = _mm512_unpackhi_ps(a[r], a[r + 1]);
  }
  const auto doubles = [](__m512 x) { return _mm512_castps_pd(x); };
  for (std::size_t r = 0; r < 16; r += 4) {
    a[r] = _mm512_castpd_ps(_mm512_unpacklo_pd(doubles(b[r]), doubles(b[r + 2])));
    a[r + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(doubles(b[r]), doubles(b[r + 2])));
    a[r + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(doubles(b[r + 1]), doubles(b[r + 3])));
    a[r + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(doubles(b[r + 1]), doubles(b[r + 3])));
  }
  for (std::size_t r = 0; r < 4; ++r) {
    b[r] = _mm512_shuffle_f32x4(a[r], a[r + 4], 0x88);
    b[r + 4] = _mm512_shuffle_f32x4(a[r], a[r + 4], 0xdd);
    b[r + 8] = _mm512_shuffle_f32x4(a[r + 8], a[r + 12], 0x88);
    b[r + 12] = _mm512_shuffle_f32x4(a[r + 8], a[r + 12], 0xdd);
  }
  for (std::size_t r = 0; r < 8; ++r) {
    to[r].v = _mm512_shuffle_f32x4(b[r], b[r + 8], 0x88);
    to[r + 8].v = _mm512_shuffle_f32x4(b[r], b[r + 8], 0xdd);
  }
}

void row_middles(const float* values, float* lower, float* upper) {
  Sixteen list[row_group], low, high;
  for (std::size_t k = 0; k < row_group; k += 16) turn(values + k, row_group, list + k);
  sort_list<Sixteen, 32>(list);
  sort_list<Sixteen, 32>(list + 32);
  middle_of_two<Sixteen, 32>(list, list + 32, low, high);
  _mm512_storeu_ps(lower, low.v);
  _mm512_storeu_ps(upper, high.v);
}

void column_middles(float* values, std::size_t rows, float* lower, float* upper) {
  Sixteen list[256], low, high;
  for (std::size_t col = 0; col < block_pixels; col += Sixteen::lanes) {
    for (std::size_t row = 0; row < rows; ++row)
      list[row].v = _mm512_load_ps(values + row * block_pixels + col);
    middle_of_many(list, static_cast<unsigned>(rows), low, high);
    _mm512_storeu_ps(lower + col, low.v);
    _mm512_storeu_ps(upper + col, high.v);
  }
}

constexpr Table all{scan,  sum<Gains::ones>, sum<Gains::high>, sum<Gains::both>,
                    stage, row_middles,      column_middles};

}  // namespace

const Table& avx512_table() { return all; }

}  // namespace jt::reduction::kernels
