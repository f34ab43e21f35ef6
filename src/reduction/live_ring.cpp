#include "reduction/live_ring.hpp"

#include <limits>

namespace jt::reduction {
namespace {

std::vector<std::uint8_t> bins_within(std::size_t bins, std::span<const RingWindow> windows) {
  std::vector<std::uint8_t> wanted(bins, 0);
  for (const RingWindow window : windows)
    for (int bin = window.first; bin <= window.last; ++bin) wanted[static_cast<std::size_t>(bin)] = 1;
  return wanted;
}

// The pixels of cells that count in no wanted bin are nowhere.
PixelBins within(const PixelBins& bins, const std::vector<std::uint8_t>& wanted) {
  PixelBins made = bins;
  std::vector<std::uint8_t> cell_wanted(bins.cells.size() + 1, 0);
  for (std::size_t c = 0; c < bins.cells.size(); ++c)
    for (std::size_t b = bins.cells[c].first_bin; b <= bins.cells[c].last_bin; ++b)
      if (wanted[b] != 0) cell_wanted[c] = 1;
  for (std::uint16_t& cell : made.cell)
    if (cell_wanted[cell] == 0) cell = made.nowhere();
  return made;
}

}  // namespace

std::unique_ptr<LiveRing> LiveRing::make(const detector::AreaDetector& detector, const PixelBins& bins,
                                         std::span<const RingWindow> windows, WorkerPool& pool,
                                         FusedOptions options) {
  auto made = std::make_unique<LiveRing>();
  made->wanted_ = bins_within(bins.bins, windows);
  made->bins_ = within(bins, made->wanted_);
  made->profile_.resize(bins.bins);
  options.only_binned = true;
  made->average_ = FusedAverage::make(detector, made->bins_, pool, options);
  if (made->average_ == nullptr) return nullptr;
  return made;
}

LiveRing::Bins LiveRing::of(const RawFrame& raw, detector::SaturatedPixels saturated) {
  FusedAverage::Job job{raw, profile_, nullptr, 0};
  average_->run({&job, 1}, saturated);
  for (std::size_t b = 0; b < profile_.size(); ++b)
    if (wanted_[b] == 0) profile_[b] = std::numeric_limits<double>::quiet_NaN();
  return {profile_, job.saturated};
}

}  // namespace jt::reduction
