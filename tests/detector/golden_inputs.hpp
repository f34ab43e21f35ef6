// The inputs of the golden detector data, which are computed instead of stored.
// The numbers here restate the recipe that the golden results were made with; they are not the program's.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "detector/gain_switching.hpp"

namespace jt::test {

// The pseudo-random numbers of the golden inputs: 32-bit, of index and stream.
inline std::uint32_t h(std::size_t index, std::uint32_t stream) {
  std::uint32_t x = static_cast<std::uint32_t>(index) * 2654435761u + stream * 40503u + 12345u;
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  x ^= x >> 16;
  return x;
}

template <class T, class Make>
std::vector<T> generate(std::size_t count, Make make) {
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<T>(make(i));
  return values;
}

inline std::vector<std::uint8_t> golden_mask(std::size_t pixels) {
  return generate<std::uint8_t>(pixels, [](std::size_t i) { return h(i, 4) % 3000 == 0 ? 0 : 1; });
}
inline std::vector<std::uint16_t> golden_status(std::size_t count, std::uint32_t every) {
  return generate<std::uint16_t>(
      count, [=](std::size_t i) { return h(i, 3) % every == 0 ? 1u << ((h(i, 3) / every) % 4) : 0u; });
}
inline double golden_gain_spread(std::size_t i) {
  return 1 + (static_cast<double>(h(i, 2) % 2001) - 1000) / 10000;
}

// Epix10ka2M (16 panels) or Epix10kaQuad (4).
struct GoldenEpix {
  std::size_t panels, pixels;
  std::vector<float> pedestals, gains;
  std::vector<std::uint16_t> status, raw;
  std::vector<std::uint8_t> mask;
  detector::Epix10kaConfig config;

  explicit GoldenEpix(std::size_t n_panels) : panels(n_panels), pixels(n_panels * 352 * 384) {
    constexpr std::array<double, 7> nominal{16.4, 5.466, 0.164, 16.4, 5.466, 0.164, 0.164};
    pedestals = generate<float>(7 * pixels, [&](std::size_t i) {
      return 2000 + 500 * static_cast<double>(i / pixels) + (h(i, 1) % 4096) / 16.0;
    });
    gains = generate<float>(7 * pixels, [&](std::size_t i) {
      return h(i, 2) % 9973 == 0 ? 0.0 : nominal[i / pixels] * golden_gain_spread(i);
    });
    status = golden_status(7 * pixels, 5000);
    mask = golden_mask(pixels);
    make_config();
    make_raw();
  }

 private:
  [[nodiscard]] std::size_t kind(std::size_t panel) const {
    return panels == 16 ? panel % 8 : std::array<std::size_t, 4>{7, 6, 2, 5}[panel];
  }
  void make_config() {
    config.pixel_words = generate<std::uint16_t>(pixels, [&](std::size_t i) -> unsigned {
      const std::uint32_t hv = h(i, 20);
      switch (kind(i / (352 * 384))) {
        case 0:
        case 1:
          return 12;
        case 2:
          return 8;
        case 3:
        case 4:
          return 0;
        case 5:
          return hv % 3 == 0 ? 12 : 0;
        case 6:
          return std::array<unsigned, 4>{0, 4, 8, 12}[hv % 4] | ((hv >> 8) & 3);
        default:
          return hv % 2 == 0 ? 0 : 12;
      }
    });
    using Bits = std::array<std::uint8_t, 4>;
    const std::array<Bits, 8> trbits{Bits{1, 1, 1, 1}, Bits{0, 0, 0, 0}, Bits{1, 1, 1, 1}, Bits{1, 1, 1, 1},
                                     Bits{0, 0, 0, 0}, Bits{1, 0, 0, 1}, Bits{0, 1, 1, 0}, Bits{1, 1, 0, 0}};
    for (std::size_t panel = 0; panel < panels; ++panel) config.trbits.push_back(trbits[kind(panel)]);
  }
  // The truth table of the golden recipe, written out: which range a configuration and bit 14 select.
  static int range(unsigned cbits) {
    if ((cbits & 28) == 28) return 0;
    if ((cbits & 28) == 12) return 1;
    if ((cbits & 12) == 8) return 2;
    if ((cbits & 60) == 16) return 3;
    if ((cbits & 60) == 0) return 4;
    if ((cbits & 60) == 48) return 5;
    if ((cbits & 60) == 32) return 6;
    return -1;
  }
  void make_raw() {
    raw = generate<std::uint16_t>(pixels, [&](std::size_t i) -> unsigned {
      const std::size_t panel = i / (352 * 384), row = i / 384 % 352, col = i % 384;
      const std::size_t asic = row < 176 ? (col < 192 ? 2 : 1) : (col < 192 ? 3 : 0);
      const unsigned bit14 = h(i, 5) % 3 == 0 ? 1 : 0;
      const int m = range((config.pixel_words[i] & 12u) + 16u * config.trbits[panel][asic] + 32u * bit14);
      const double ped = m < 0 ? 1000.0 : pedestals[static_cast<std::size_t>(m) * pixels + i];
      const std::size_t bank = (panel * 2 + row / 176) * 384 + col;
      int v = static_cast<int>(std::floor(ped)) + static_cast<int>(h(bank, 6) % 17) - 8 +
              static_cast<int>(h(i, 7) % 7) - 3 + (h(i, 8) % 50 == 0 ? static_cast<int>(h(i, 9) % 400) : 0);
      v = std::clamp(v, 0, 16383);
      return static_cast<unsigned>(v) | bit14 << 14 | (h(i, 10) % 7919 == 0 ? 1u << 15 : 0u);
    });
  }
};

struct GoldenJungfrau {
  std::size_t panels, pixels;
  std::vector<float> pedestals, gains, offsets;
  std::vector<std::uint16_t> status, raw;
  std::vector<std::uint8_t> mask;

  explicit GoldenJungfrau(std::size_t n_panels) : panels(n_panels), pixels(n_panels * 512 * 1024) {
    constexpr std::array<double, 3> base{2500, 14500, 14600}, nominal{41.5, -1.39, -0.11};
    pedestals = generate<float>(3 * pixels,
                                [&](std::size_t i) { return base[i / pixels] + (h(i, 1) % 4096) / 16.0; });
    gains = generate<float>(3 * pixels, [&](std::size_t i) {
      return h(i, 2) % 9973 == 0 ? 0.0 : nominal[i / pixels] * golden_gain_spread(i);
    });
    offsets = generate<float>(3 * pixels,
                              [](std::size_t i) { return (static_cast<double>(h(i, 11) % 65) - 32) / 8; });
    status = golden_status(3 * pixels, 5000);
    mask = golden_mask(pixels);
    raw = generate<std::uint16_t>(pixels, [&](std::size_t j) -> unsigned {
      const std::uint32_t hb = h(j, 5) % 100;
      const unsigned bits = hb < 90 ? 0 : hb < 96 ? 1 : hb < 99 ? 3 : 2;
      const std::size_t at = std::array<std::size_t, 4>{0, 1, 0, 2}[bits] * pixels + j;
      const std::size_t bank = (j / 1024) * 16 + (j % 1024) / 64;
      int v = static_cast<int>(std::floor(pedestals[at] + offsets[at])) +
              (bits == 0 ? static_cast<int>(h(bank, 6) % 61) - 30 : 0) + static_cast<int>(h(j, 7) % 7) - 3 +
              (h(j, 8) % 50 == 0 ? static_cast<int>(h(j, 9) % 400) : 0) * (bits == 0 ? 1 : -1);
      v = std::clamp(v, 0, 16383);
      return static_cast<unsigned>(v) | bits << 14;
    });
  }
};

struct GoldenCspad {
  static constexpr std::size_t section_pixels = 185 * 388, pixels = 32 * section_pixels;
  std::vector<float> pedestals, gains;
  std::vector<std::uint16_t> status, gain_map;
  std::vector<std::uint8_t> mask;
  std::vector<std::int16_t> raw;

  GoldenCspad() {
    pedestals = generate<float>(pixels, [](std::size_t i) { return 1000 + (h(i, 1) % 8000) / 16.0; });
    gains = generate<float>(pixels, golden_gain_spread);
    status = golden_status(pixels, 2000);
    mask = golden_mask(pixels);
    gain_map = generate<std::uint16_t>(
        4 * 185 * 194, [](std::size_t q) { return (h(q, 13) | h(q, 14) | h(q, 15)) & 0xffff; });
    raw = generate<std::int16_t>(pixels, [&](std::size_t i) {
      const std::size_t section = i / section_pixels;
      const int noise = section == 5 ? static_cast<int>(h(i, 7) % 400) - 200
                                     : static_cast<int>(h(i, 7) % 13) + static_cast<int>(h(i, 12) % 13) - 12;
      return static_cast<int>(std::floor(pedestals[i])) + static_cast<int>(h(section, 6) % 61) - 30 + noise +
             (h(i, 8) % 20 == 0 ? static_cast<int>(h(i, 9) % 600) : 0);
    });
  }
};

}  // namespace jt::test
