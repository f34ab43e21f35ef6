// Packing: the encoder's half of compression.hpp.
#include <algorithm>
#include <bit>
#include <cassert>

#include "formats/xtc/byte_writer.hpp"
#include "formats/xtc/compression.hpp"

namespace jt::formats::xtc {
namespace {

std::vector<std::uint16_t> pixels_of(Bytes image, std::size_t pixel_bytes) {
  std::vector<std::uint16_t> pixels(image.size() / pixel_bytes);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = pixel_bytes == 2 ? load<std::uint16_t>(image, 2 * i) : load<std::uint8_t>(image, i);
  return pixels;
}

std::uint32_t checksum(std::span<const std::uint16_t> pixels) {
  std::uint32_t sum = 0;
  for (const std::uint16_t pixel : pixels) sum += pixel;
  return sum;
}

// Which pixels are mapped: those in [base, base + 2^bits).
struct Window {
  std::uint32_t base = 0;
  unsigned bits = 0;
  [[nodiscard]] bool holds(std::uint32_t pixel) const { return pixel - base < (1u << bits); }
};

// The window of this width that most pixels lie in.
Window best_window(std::span<const std::uint32_t> histogram, unsigned bits, std::uint64_t& inside) {
  const std::size_t width = std::size_t{1} << bits;
  std::uint64_t sum = 0;
  Window best{0, bits};
  inside = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    sum += histogram[i];
    if (i >= width) sum -= histogram[i - width];
    if (sum > inside) {
      inside = sum;
      best.base = static_cast<std::uint32_t>(i < width ? 0 : i - width + 1);
    }
  }
  return best;
}

// One bit per pixel, set for mapped ones; plain words or runs of equal words.
void put_bitmap(ByteWriter& out, std::span<const std::uint16_t> pixels, const Window& window, Bitmap kind) {
  std::vector<std::uint16_t> words((pixels.size() + 15) / 16);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    if (window.holds(pixels[i])) words[i / 16] = static_cast<std::uint16_t>(words[i / 16] | 1u << (i % 16));
  if (kind == Bitmap::plain) {
    out.put(static_cast<std::uint32_t>(words.size())).put_all(std::span<const std::uint16_t>(words));
    return;
  }
  std::vector<std::uint16_t> runs;
  for (std::size_t i = 0; i < words.size();) {
    std::size_t end = i;
    while (end < words.size() && words[end] == words[i] && end - i < 0xffff) ++end;
    runs.push_back(static_cast<std::uint16_t>(end - i));
    runs.push_back(words[i]);
    i = end;
  }
  out.put(static_cast<std::uint32_t>(runs.size())).put_all(std::span<const std::uint16_t>(runs));
}

// The bits of values, least significant first, in little-endian 32-bit words.
class BitWriter {
 public:
  void put(std::uint32_t value, unsigned count) {
    pool_ |= std::uint64_t{value} << have_;
    have_ += count;
    for (; have_ >= 32; have_ -= 32, pool_ >>= 32) words_.put(static_cast<std::uint32_t>(pool_));
  }
  std::vector<std::byte> take() {
    if (have_ != 0) words_.put(static_cast<std::uint32_t>(pool_));
    return words_.take();
  }

 private:
  ByteWriter words_;
  std::uint64_t pool_ = 0;
  unsigned have_ = 0;
};

// The window that makes the stream of bits shortest.
Window shortest_window(std::span<const std::uint16_t> pixels, unsigned unmap_bits) {
  std::vector<std::uint32_t> histogram(std::size_t{1} << unmap_bits);
  for (const std::uint16_t pixel : pixels) ++histogram[pixel];
  Window best;
  std::uint64_t fewest = ~std::uint64_t{0};
  for (unsigned bits = 0; bits < std::max(unmap_bits, 1u); ++bits) {
    std::uint64_t inside = 0;
    const Window window = best_window(histogram, bits, inside);
    const std::uint64_t size = inside * bits + (pixels.size() - inside) * unmap_bits;
    if (size < fewest) {
      fewest = size;
      best = window;
    }
  }
  return best;
}

}  // namespace

std::vector<std::byte> detail::pack_hist16(Bytes image, Bitmap bitmap) {
  const auto pixels = pixels_of(image, 2);
  ByteWriter out;
  out.put(std::uint32_t{static_cast<std::uint16_t>(bitmap)}).put(checksum(pixels));
  if (bitmap == Bitmap::raw_pixels)
    return out.put(static_cast<std::uint32_t>(image.size())).bytes(image).take();
  std::vector<std::uint32_t> histogram(65536);
  for (const std::uint16_t pixel : pixels) ++histogram[pixel];
  std::uint64_t inside = 0;
  const Window window = best_window(histogram, 8, inside);
  ByteWriter data, body;
  for (const std::uint16_t pixel : pixels) {
    if (window.holds(pixel))
      data.put(static_cast<std::uint8_t>(pixel - window.base));
    else
      data.put(pixel);
  }
  body.put(static_cast<std::uint16_t>(window.base))
      .put(static_cast<std::uint32_t>(data.size()))
      .bytes(data.view());
  put_bitmap(body, pixels, window, bitmap);
  return out.put(static_cast<std::uint32_t>(body.size())).bytes(body.view()).take();
}

std::vector<std::byte> detail::pack_histn(Bytes image, std::size_t pixel_bytes, Bitmap bitmap) {
  const auto pixels = pixels_of(image, pixel_bytes);
  ByteWriter out;
  out.put(static_cast<std::uint16_t>(bitmap))
      .put(static_cast<std::uint16_t>(pixel_bytes))
      .put(checksum(pixels));
  if (bitmap == Bitmap::raw_pixels)
    return out.put(static_cast<std::uint32_t>(image.size())).bytes(image).take();
  const std::uint16_t most =
      pixels.empty() ? std::uint16_t{0} : *std::max_element(pixels.begin(), pixels.end());
  const auto unmap_bits = static_cast<unsigned>(std::bit_width(most));
  const Window window = shortest_window(pixels, unmap_bits);
  BitWriter bits;
  for (const std::uint16_t pixel : pixels) {
    if (window.holds(pixel))
      bits.put(pixel - window.base, window.bits);
    else
      bits.put(pixel, unmap_bits);
  }
  const auto data = bits.take();
  ByteWriter body;
  body.put(static_cast<std::uint16_t>(unmap_bits))
      .put(static_cast<std::uint16_t>(window.bits))
      .put(window.base);
  body.put(static_cast<std::uint32_t>(data.size())).bytes(data);
  put_bitmap(body, pixels, window, bitmap);
  return out.put(static_cast<std::uint32_t>(body.size())).bytes(body.view()).take();
}

void pack_block(Bytes header, Bytes image, std::size_t pixel_bytes, Engine engine, Bitmap bitmap,
                std::vector<std::byte>& out) {
  assert(pixel_bytes == 1 || pixel_bytes == 2);
  std::vector<std::byte> packed(image.begin(), image.end());
  if (engine == Engine::hist16) {
    assert(pixel_bytes == 2);
    packed = detail::pack_hist16(image, bitmap);
  }
  if (engine == Engine::histn) packed = detail::pack_histn(image, pixel_bytes, bitmap);
  ByteWriter block;
  block.put(static_cast<std::uint32_t>(header.size())).bytes(header).put(static_cast<std::uint32_t>(engine));
  block.zeros(4).put(static_cast<std::uint32_t>(image.size())).put(static_cast<std::uint32_t>(packed.size()));
  block.bytes(packed).pad_to_multiple_of(4);
  out.insert(out.end(), block.view().begin(), block.view().end());
}

}  // namespace jt::formats::xtc
