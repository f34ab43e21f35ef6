// How raw words become values, laid open: for kernels that work on raw frames without calibrating them first.
// Given by AreaDetector::raw_form() and read by `reduction`; calibrate() does the same, pixel by pixel.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/image.hpp"
#include "detector/common_mode.hpp"

namespace jt::detector {

// What a word is worth in one of a pixel's gain states: (code - pedestal) * factor.
struct RawState {
  float pedestal = 0;  // ADU
  float factor = 1;    // keV/ADU, or 1; 0 for a bad pixel
};

// The arithmetic of one detector. Spans look into the detector; pixels are in the order of its PixelMap.
// code = word & code_bits; state = (word >> 14) & (states - 1). A pixel is full (saturated) in state s when
// code == full_code[s] (0xffff: never); of a camera or CSPAD, when code >= RawForm::full_from (frame: the
// frame's own value).
struct RawForm {
  PixelType type = PixelType::u16;  // what the frames must have; cameras (any_type): whatever comes
  bool any_type = false;
  unsigned states = 1;  // 1, 2 or 4
  std::uint16_t code_bits = 0xffff;
  std::span<const RawState> table;      // states x pixels; empty: every code is its own value
  std::span<const std::uint8_t> flags;  // bit s: in a common-mode group in state s; bit 4 + s: no constants
  std::array<std::uint16_t, 4> full_code{};
  std::uint32_t full_from = 0;
  bool frame_says_full = false;  // RawFrame::saturated_from instead of full_from
  bool counts_all_full = false;  // saturated pixels are counted whether good or not
  MedianCommonMode common_mode;
  BankLayout banks;

  static constexpr unsigned no_constants_shift = 4;
  [[nodiscard]] unsigned state_of(std::uint16_t word) const { return (word >> 14) & (states - 1); }
  [[nodiscard]] RawState constants(std::size_t pixel, unsigned state, std::size_t pixels) const {
    return table.empty() ? RawState{} : table[state * pixels + pixel];
  }
  [[nodiscard]] bool in_group(std::size_t pixel, unsigned state) const {
    return !flags.empty() && ((flags[pixel] >> state) & 1) != 0;
  }
  [[nodiscard]] bool has_constants(std::size_t pixel, unsigned state) const {
    return flags.empty() || ((flags[pixel] >> (no_constants_shift + state)) & 1) == 0;
  }
};

}  // namespace jt::detector
