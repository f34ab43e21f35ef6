// The ring of a shot alone, for the live process: only the blocks of pixels that hold the ring are read, and
// only the common-mode groups that they are in. Beside FusedAverage; the same ring as from a whole profile.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "detector/area_detector.hpp"
#include "reduction/fused_average.hpp"
#include "reduction/ring_window.hpp"

namespace jt::reduction {

class LiveRing {
 public:
  // The bins in any of `windows` (the ring, and what lies beside it where that counts). Detector and pool
  // must outlive it. Nothing where FusedAverage has nothing.
  static std::unique_ptr<LiveRing> make(const detector::AreaDetector& detector, const PixelBins& bins,
                                        std::span<const RingWindow> windows, WorkerPool& pool,
                                        FusedOptions options = {.bits = GainBits::sixteen});

  [[nodiscard]] bool takes(const RawFrame& raw) const { return average_->takes(raw); }
  // The profile with the windows' bins filled and all others NaN; valid until the next call. `saturated`
  // counts pixels of the blocks that were read.
  struct Bins {
    std::span<const double> profile;
    std::size_t saturated = 0;
  };
  Bins of(const RawFrame& raw, detector::SaturatedPixels saturated);

 private:
  PixelBins bins_;
  std::vector<std::uint8_t> wanted_;  // per bin
  std::unique_ptr<FusedAverage> average_;
  std::vector<double> profile_;
};

}  // namespace jt::reduction
