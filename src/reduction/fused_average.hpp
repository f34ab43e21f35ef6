// Raw panels to radial profiles in one pass over raw memory: pedestal, gain switching, gain, mask and bins at
// once, several frames per pass over the constants. The walk's stop from frame to profile; equal to
// calibrate() and plain_average(), which stay as the reference.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "detector/area_detector.hpp"
#include "reduction/azimuthal_average.hpp"
#include "reduction/fused_common_mode.hpp"
#include "reduction/fused_plan.hpp"
#include "reduction/worker_pool.hpp"

namespace jt::reduction {

struct FusedOptions {
  GainBits bits = GainBits::exact;                  // 1e-6 of the plain reference; sixteen: 1e-5
  std::optional<InstructionSet> instructions = {};  // none: the best of this machine; the bits are the same
  bool only_binned = false;                         // blocks without a binned pixel are not read
};

class FusedAverage {
 public:
  using Options = FusedOptions;
  // All must outlive it; nothing when the detector's arithmetic cannot be said as RawForm or has too many
  // sums.
  static std::unique_ptr<FusedAverage> make(const detector::AreaDetector& detector, const PixelBins& bins,
                                            WorkerPool& pool, Options options = {});
  ~FusedAverage();

  struct Job {
    RawFrame raw;
    std::span<double> profile;
    ImageSum* image = nullptr;  // may be null; jobs of one call may share it
    std::size_t saturated = 0;  // result: as calibrate() counts them
  };
  // Whether the frame's type, shape and panels are those of the detector.
  [[nodiscard]] bool takes(const RawFrame& raw) const;
  // Results do not depend on the number of threads, the instruction set, or how frames are grouped.
  void run(std::span<Job> jobs, detector::SaturatedPixels saturated);

 private:
  struct Part;
  struct Buffers;
  struct Frame;

  FusedAverage(const detector::AreaDetector& detector, const detector::RawForm& form, const PixelBins& bins,
               WorkerPool& pool, Options options);
  bool plan();
  void divide();
  void grow(std::size_t frames);
  void prepare(Job& job, Frame& frame);
  void run_part(std::size_t part, std::size_t frames);
  void run_chunk(const FusedPlan::Chunk& chunk, const Frame& frame, Buffers& to);
  void absent_chunk(const FusedPlan::Chunk& chunk, const Frame& frame, Buffers& to) const;
  void special_block(const FusedPlan::Chunk& chunk, std::size_t block, std::uint32_t mask, const Frame& frame,
                     const std::int16_t* numbers, Buffers& to) const;
  void replace_pixel(std::size_t pixel, std::size_t padded, std::int16_t number, const Frame& frame,
                     Buffers& to) const;
  void finish(Job& job, std::size_t frame);

  const detector::AreaDetector& detector_;
  const detector::RawForm form_;
  const PixelBins& bins_;
  WorkerPool& pool_;
  const Options options_;
  const kernels::Table& kernels_;
  FusedPlan plan_;
  std::unique_ptr<FusedCommonMode> common_mode_;
  std::vector<std::pair<std::size_t, std::size_t>> parts_;  // chunks from, to
  std::vector<Frame> frames_;                               // of the call at hand
  std::vector<Buffers> buffers_;                            // frames x parts
  std::vector<double> cell_sums_;
  std::vector<std::uint32_t> cell_lost_;
};

}  // namespace jt::reduction
