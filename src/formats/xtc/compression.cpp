#include "formats/xtc/compression.hpp"

#include <algorithm>
#include <cstring>

namespace jt::formats::xtc {
namespace {

struct Block {
  Bytes header, packed;
  Engine engine = Engine::none;
  std::uint32_t original = 0;  // bytes of the image
  std::size_t size = 0;        // of the whole block, with its padding (the last may lack it)
};

std::optional<Block> read_block(Bytes bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const auto header_size = load<std::uint32_t>(bytes, 0);
  if (!holds(bytes, 4, 1, std::size_t{header_size} + 16)) return std::nullopt;
  const std::size_t at = 4 + std::size_t{header_size};
  const auto packed_size = load<std::uint32_t>(bytes, at + 12);
  if (!holds(bytes, at + 16, packed_size, 1)) return std::nullopt;
  const std::size_t end = at + 16 + packed_size;
  return Block{.header = bytes.subspan(4, header_size),
               .packed = bytes.subspan(at + 16, packed_size),
               .engine = static_cast<Engine>(load<std::uint32_t>(bytes, at)),
               .original = load<std::uint32_t>(bytes, at + 8),
               .size = std::min((end + 3) & ~std::size_t{3}, bytes.size())};
}

// Reads fields and runs of bytes from the front; every take is checked.
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}
  template <class T>
  bool take(T& value) {
    if (bytes_.size() < sizeof(T)) return false;
    value = load<T>(bytes_, 0);
    bytes_ = bytes_.subspan(sizeof(T));
    return true;
  }
  bool take(Bytes& part, std::uint64_t size) {
    if (bytes_.size() < size) return false;
    part = bytes_.first(static_cast<std::size_t>(size));
    bytes_ = bytes_.subspan(static_cast<std::size_t>(size));
    return true;
  }

 private:
  Bytes bytes_;
};

// Gives the bitmap 16 pixels at a time: plain words, or runs of (count, word).
class BitmapWords {
 public:
  BitmapWords(Bytes words, Bitmap kind) : words_(words), run_length_(kind == Bitmap::run_length) {}

  // The next word and how many pixels, 16 each, it is good for; false at the end.
  bool next(std::uint16_t& word, std::size_t& repeat) {
    repeat = 1;
    if (run_length_) {
      std::uint16_t count = 0;
      if (!words_.take(count) || !words_.take(word)) return false;
      repeat = count;
      return true;
    }
    return words_.take(word);
  }

 private:
  Reader words_;
  bool run_length_;
};

// Bits from a stream of little-endian 32-bit words, least significant first; past the end there are zeros,
// and overrun() is true.
class Bits {
 public:
  explicit Bits(Bytes words) : words_(words) {}
  std::uint32_t take(unsigned count) {
    while (have_ < count) {
      std::uint32_t word = 0;
      if (!words_.take(word)) overrun_ = true;
      pool_ |= std::uint64_t{word} << have_;
      have_ += 32;
    }
    const auto value = static_cast<std::uint32_t>(pool_ & ((std::uint64_t{1} << count) - 1));
    pool_ >>= count;
    have_ -= count;
    return value;
  }
  [[nodiscard]] bool overrun() const { return overrun_; }

 private:
  Reader words_;
  std::uint64_t pool_ = 0;
  unsigned have_ = 0;
  bool overrun_ = false;
};

std::uint32_t pixel_sum(Bytes image, std::size_t pixel_bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + pixel_bytes <= image.size(); i += pixel_bytes)
    sum += pixel_bytes == 2 ? load<std::uint16_t>(image, i) : load<std::uint8_t>(image, i);
  return sum;
}

// Calls mapped() or unmapped() for each pixel in order and stores what they give. Both engines end here.
template <class Pixel, class Mapped, class Unmapped>
bool fill_pixels(std::span<std::byte> image, BitmapWords bitmap, Mapped mapped, Unmapped unmapped) {
  const std::size_t count = image.size() / sizeof(Pixel);
  std::size_t done = 0;
  while (done < count) {
    std::uint16_t word = 0;
    std::size_t repeat = 0;
    if (!bitmap.next(word, repeat)) return false;
    for (; repeat != 0 && done < count; --repeat) {
      const std::size_t here = std::min<std::size_t>(16, count - done);
      for (std::size_t bit = 0; bit < here; ++bit, ++done) {
        const Pixel pixel = (word >> bit & 1) != 0 ? mapped() : unmapped();
        std::memcpy(image.data() + done * sizeof(Pixel), &pixel, sizeof(Pixel));
      }
    }
  }
  return true;
}

bool is_bitmap(Bitmap kind) { return kind == Bitmap::plain || kind == Bitmap::run_length; }

bool copy_raw(Bytes packed, std::span<std::byte> image) {
  if (packed.size() < image.size()) return false;
  std::copy_n(packed.begin(), image.size(), image.begin());
  return true;
}

}  // namespace

bool detail::unpack_hist16(Bytes packed, std::span<std::byte> image) {
  Reader reader(packed);
  std::uint32_t flag = 0, checksum = 0, rest = 0;
  Bytes body;
  if (!reader.take(flag) || !reader.take(checksum) || !reader.take(rest) || !reader.take(body, rest))
    return false;
  const auto kind = static_cast<Bitmap>(flag);
  if (flag > 0xffff || image.size() % 2 != 0) return false;
  if (kind == Bitmap::raw_pixels) return copy_raw(body, image) && pixel_sum(image, 2) == checksum;
  if (!is_bitmap(kind)) return false;

  Reader parts(body);
  std::uint16_t base = 0;
  std::uint32_t data_size = 0, words = 0;
  Bytes data, bitmap;
  if (!parts.take(base) || !parts.take(data_size) || !parts.take(data, data_size) || !parts.take(words) ||
      !parts.take(bitmap, std::uint64_t{words} * 2))
    return false;
  Reader pixels(data);
  bool ok = true;
  const bool filled = fill_pixels<std::uint16_t>(
      image, BitmapWords(bitmap, kind),
      [&] {
        std::uint8_t above = 0;
        ok = pixels.take(above) && ok;
        return static_cast<std::uint16_t>(base + above);
      },
      [&] {
        std::uint16_t pixel = 0;
        ok = pixels.take(pixel) && ok;
        return pixel;
      });
  return filled && ok && pixel_sum(image, 2) == checksum;
}

bool detail::unpack_histn(Bytes packed, std::span<std::byte> image) {
  Reader reader(packed);
  std::uint16_t flag = 0, pixel_bytes = 0;
  std::uint32_t checksum = 0, rest = 0;
  Bytes body;
  if (!reader.take(flag) || !reader.take(pixel_bytes) || !reader.take(checksum) || !reader.take(rest) ||
      !reader.take(body, rest))
    return false;
  const auto kind = static_cast<Bitmap>(flag);
  if ((pixel_bytes != 1 && pixel_bytes != 2) || image.size() % pixel_bytes != 0) return false;
  if (kind == Bitmap::raw_pixels) return copy_raw(body, image) && pixel_sum(image, pixel_bytes) == checksum;
  if (!is_bitmap(kind)) return false;

  Reader parts(body);
  std::uint16_t unmap_bits = 0, map_bits = 0;
  std::uint32_t base = 0, data_size = 0, words = 0;
  Bytes data, bitmap;
  if (!parts.take(unmap_bits) || !parts.take(map_bits) || !parts.take(base) || !parts.take(data_size) ||
      !parts.take(data, data_size) || !parts.take(words) || !parts.take(bitmap, std::uint64_t{words} * 2))
    return false;
  if (unmap_bits > 32 || map_bits > 32) return false;
  Bits bits(data);
  const auto mapped = [&] { return base + bits.take(map_bits); };
  const auto unmapped = [&] { return bits.take(unmap_bits); };
  const BitmapWords bitmap_words(bitmap, kind);
  const bool filled = pixel_bytes == 2
                          ? fill_pixels<std::uint16_t>(
                                image, bitmap_words, [&] { return static_cast<std::uint16_t>(mapped()); },
                                [&] { return static_cast<std::uint16_t>(unmapped()); })
                          : fill_pixels<std::uint8_t>(
                                image, bitmap_words, [&] { return static_cast<std::uint8_t>(mapped()); },
                                [&] { return static_cast<std::uint8_t>(unmapped()); });
  return filled && !bits.overrun() && pixel_sum(image, pixel_bytes) == checksum;
}

std::optional<std::uint64_t> unpacked_size(Bytes payload) {
  std::uint64_t size = 0;
  while (!payload.empty()) {
    const auto block = read_block(payload);
    if (!block) return std::nullopt;
    size += std::uint64_t{block->header.size()} + block->original;
    payload = payload.subspan(block->size);
  }
  return size;
}

bool unpack(Bytes payload, std::span<std::byte> out) {
  while (!payload.empty()) {
    const auto block = read_block(payload);
    if (!block || out.size() < block->header.size() + std::size_t{block->original}) return false;
    std::copy(block->header.begin(), block->header.end(), out.begin());
    const auto image = out.subspan(block->header.size(), block->original);
    switch (block->engine) {
      case Engine::none:
        if (!copy_raw(block->packed, image)) return false;
        break;
      case Engine::hist16:
        if (!detail::unpack_hist16(block->packed, image)) return false;
        break;
      case Engine::histn:
        if (!detail::unpack_histn(block->packed, image)) return false;
        break;
      default:
        return false;
    }
    out = out.subspan(block->header.size() + block->original);
    payload = payload.subspan(block->size);
  }
  return out.empty();
}

}  // namespace jt::formats::xtc
