// Exposes an area detector to one pulse: expected photons, photon statistics, noise, gain switching, flaws.
// In the twin this is where a shot's raw pixels come from; they then go the usual walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "simulator/pixel_random.hpp"
#include "simulator/twin_detector.hpp"

namespace jt::simulator {

// What lights the detector, in mean pulses that reach the sample whole with the jet at its best position.
struct Exposure {
  double jet = 0;
  double other = 0;  // background, ice, what stands in the way; in units of the jet's signal
  bool beam = true;  // pixels in direct light are full
};

struct FrameSum {
  std::uint64_t photons = 0;  // all that fell on pixels, flawed ones too
  std::uint64_t sum = 0;      // of the raw words
  std::uint16_t least = 0, most = 0;
};

// sum, least and most of raw words as they lie in memory.
void add_up(std::span<const std::byte> pixels, FrameSum& total);

class FrameMaker {
 public:
  // Both must outlive it. `stream.purpose` is not used.
  FrameMaker(const TwinDetector& detector, double photon_energy_ev, WordStream stream);

  // Expected photons of a pixel.
  [[nodiscard]] double expected(std::size_t pixel, const Exposure& exposure) const {
    return expected_in_class(detector_.pixel_classes()[pixel], exposure);
  }
  [[nodiscard]] double expected_in_class(std::size_t index, const Exposure& exposure) const;

  // Memory of one worker, kept from frame to frame.
  struct Workspace {
    std::vector<CountTable> counts;  // per class
    std::vector<std::uint32_t> words;
    std::vector<std::int16_t> common_mode;
    std::vector<std::uint16_t> row;
  };

  // Writes the raw words (2 bytes each, little endian, `pixels` may be unaligned) of shot `shot`. Depends on
  // (stream, shot, exposure) and on nothing else. Safe to call from several threads, each with its own
  // workspace.
  FrameSum make(std::uint32_t shot, const Exposure& exposure, Workspace& workspace,
                std::span<std::byte> pixels) const;

  // The raw word of a pixel that detects `photons`, with noise words of its own.
  [[nodiscard]] std::uint16_t raw_word(std::size_t pixel, std::uint32_t photons, std::uint32_t noise_word,
                                       std::int32_t common_mode) const;
  // What make() does to those pixels when there is beam.
  void fill_pixels_in_direct_light(std::span<std::byte> pixels) const;
  // Of the first range, in 1/65536 ADU.
  [[nodiscard]] std::uint64_t adu_per_photon_65536() const {
    return static_cast<std::uint64_t>(ranges_.front().per_photon) * 16;
  }
  [[nodiscard]] const TwinDetector& detector() const { return detector_; }

 private:
  void draw_common_mode(std::uint32_t shot, Workspace& workspace) const;
  void apply_flaws(std::uint32_t shot, std::span<std::byte> pixels) const;
  [[nodiscard]] std::uint16_t next_ranges(std::size_t pixel, std::uint32_t photons,
                                          std::uint32_t noise_word) const;

  struct Range {
    std::int64_t per_photon;  // 1/4096 ADU
    std::int32_t switches_at;
    std::uint16_t bits;
    bool falling;
    NoiseTable noise;
    const std::uint16_t* pedestals;
  };

  const TwinDetector& detector_;
  WordStream stream_;
  std::vector<Range> ranges_;
  std::vector<double> jet_, other_;  // per class, photons
  NoiseTable common_mode_;
};

}  // namespace jt::simulator
