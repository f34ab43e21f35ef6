// Compressed leaves (bit 31 of the type): image blocks packed by the engines Hist16 and HistN, and back.
// Unpacked by `decode()` into a buffer that the Decoder owns; then read like any other payload.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "formats/xtc/read.hpp"

namespace jt::formats::xtc {

// A compressed payload is a list of blocks, each padded to 4 bytes:
//   u32 header size H, H bytes of the original header,
//   u32 engine, u32 0, u32 original bytes, u32 packed bytes, packed data.
// Unpacked, they follow each other as header, image, header, image, ...
enum class Engine : std::uint32_t { none, hist16, histn };

// How the bitmap that tells mapped from unmapped pixels is stored.
enum class Bitmap : std::uint16_t { raw_pixels = 0, plain = 1, run_length = 3 };

// The size that the blocks say they unpack to, summed without trusting it; nothing when the blocks are
// broken.
std::optional<std::uint64_t> unpacked_size(Bytes payload);

// Unpacks all blocks into `out` (exactly unpacked_size() bytes). False when a block is broken or its
// checksum, the sum of its pixels, differs.
bool unpack(Bytes payload, std::span<std::byte> out);

// One block: appends it to `out`. `pixel_bytes` is 1 or 2; Hist16 packs pixels of 2 bytes only.
void pack_block(Bytes header, Bytes image, std::size_t pixel_bytes, Engine engine, Bitmap bitmap,
                std::vector<std::byte>& out);

namespace detail {

// The packed data of one image, without its block.
std::vector<std::byte> pack_hist16(Bytes image, Bitmap bitmap);
std::vector<std::byte> pack_histn(Bytes image, std::size_t pixel_bytes, Bitmap bitmap);
bool unpack_hist16(Bytes packed, std::span<std::byte> image);
bool unpack_histn(Bytes packed, std::span<std::byte> image);

}  // namespace detail
}  // namespace jt::formats::xtc
