// Any bytes as a compressed payload; and any image packed and unpacked again is itself.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "formats/xtc/compression.hpp"

namespace {

using namespace jt::formats::xtc;

void round_trip(Bytes image, Engine engine, Bitmap bitmap, std::size_t pixel_bytes) {
  std::vector<std::byte> packed;
  pack_block(image.first(std::min<std::size_t>(image.size(), 16)), image, pixel_bytes, engine, bitmap,
             packed);
  std::vector<std::byte> out(unpacked_size(packed).value());
  if (!unpack(packed, out)) std::abort();
  if (!std::equal(image.begin(), image.end(), out.end() - static_cast<std::ptrdiff_t>(image.size())))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes input = std::as_bytes(std::span(data, size)).subspan(2);
  if (data[0] < 128) {
    const auto needed = unpacked_size(input);
    // Large outputs only make fuzzing slow: the lengths are checked before anything is written.
    if (!needed || *needed > (1u << 18)) return 0;
    std::vector<std::byte> out(static_cast<std::size_t>(*needed));
    (void)unpack(input, out);
    return 0;
  }
  constexpr Bitmap bitmaps[] = {Bitmap::raw_pixels, Bitmap::plain, Bitmap::run_length};
  const Bytes even = input.first(input.size() & ~std::size_t{1});
  const Bitmap bitmap = bitmaps[data[1] % 3];
  if (data[0] < 160)
    round_trip(even, Engine::hist16, bitmap, 2);
  else if (data[0] < 224)
    round_trip(even, Engine::histn, bitmap, 2);
  else
    round_trip(input, Engine::histn, bitmap, 1);
  return 0;
}
