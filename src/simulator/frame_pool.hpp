// Frames at the rate of the machine: dark frames and photons made beforehand, put together for each shot.
// For live serving of large detectors; recorded runs take the exact way (frame_maker.hpp).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "simulator/frame_maker.hpp"

namespace jt::simulator {

// A shot takes one of 8 dark frames and, for ring and background, a run of as many photons as a Poisson count
// says from a shuffled pool of their places. Means and scatter of every pixel are those of the exact way;
// what is not: noise repeats every few shots, and so do photon places once the pool has been used up.
class FramePool {
 public:
  // Takes as long as some ten exact frames. `maker` must outlive it.
  FramePool(const FrameMaker& maker, WordStream stream);

  // Where a pixel may get so much light that it would switch its gain, or a frame more photons than the pool
  // holds, the exact way is needed.
  [[nodiscard]] bool suits(const Exposure& exposure) const;

  // As FrameMaker::make(); sums are left at 0 (photons are counted): they would take as long as the frame.
  FrameSum make(std::uint32_t shot, const Exposure& exposure, std::span<std::byte> pixels) const;

 private:
  struct Photons {
    std::vector<std::uint32_t> places;  // shuffled
    double mean = 0;                    // of a frame, at exposure 1
    double most = 0;                    // expected in any pixel, at exposure 1
  };
  Photons fill(bool jet, std::uint32_t purpose) const;
  void add(const Photons& photons, std::uint64_t count, std::uint32_t start,
           std::span<std::byte> pixels) const;

  const FrameMaker& maker_;
  WordStream stream_;
  std::vector<std::vector<std::byte>> dark_;
  Photons jet_, other_;
};

}  // namespace jt::simulator
