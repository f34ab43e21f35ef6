// One shot's story: from the decoded event to i0, radial profile, ring sum and ratio, or the cause why not.
// Stop 3 of the walk and the list of the next ones; `calibrate` and `live` both walk it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "core/ids.hpp"
#include "detector/area_detector.hpp"
#include "formats/event.hpp"
#include "reduction/azimuthal_average.hpp"
#include "reduction/fused_average.hpp"
#include "reduction/live_ring.hpp"
#include "reduction/ring_window.hpp"

namespace jt::reduction {

// Why a shot, or a part of it, is not used.
enum class Lost : std::uint8_t {
  no_event_codes,     // the event receiver says nothing of this shot
  other_event_code,   // the shot has not the wanted code
  excluded_code,      // it has one of exclude_event_codes
  damaged,            // i0 or frame is missing and the shot has damaged contributions
  no_i0,              // no reading of the i0 monitor, or not a number
  no_frame,           // no picture of the area detector
  wrong_frame_shape,  // a picture of another shape than the detector's
  no_camera,          // original model: no picture of the jet camera
  i0_outside,         // outside the i0 cut
  no_ring_pixels,     // no valid pixel in the ring window
  count_,
};
std::string_view name(Lost cause);  // "no i0"
using LostCounts = CauseCounts<Lost>;

struct I0Window {
  double low = 0;
  double high = 0;
  bool closed = true;  // low <= i0 <= high; else both sides are left out
  [[nodiscard]] bool accepts(double i0) const {
    return closed ? low <= i0 && i0 <= high : low < i0 && i0 < high;
  }
};

enum class Metric : std::uint8_t { sum, contrast, original };

// How the ring's intensity follows from a profile.
struct RingMeasure {
  Metric metric = Metric::sum;
  RingWindow window;
  RingWindow left, right;  // the bins beside the ring, for Metric::contrast
};
double measure_ring(const RingMeasure& measure, std::span<const double> profile);

// What to do with every shot of a run; fixed before the first one. What is absent is not asked for.
struct ShotPlan {
  EventCode event_code;
  std::vector<EventCode> excluded;
  std::optional<formats::MonitorQuantity> i0;
  std::optional<std::size_t> detector;  // index into RunDescription::detectors
  std::optional<I0Window> cut;
  std::optional<RingMeasure> ring;
  // Only the pixels of the ring's bins are read, to 1e-6; needs `ring` and no image. The profile then has
  // these bins alone, others are NaN, and saturated pixels are counted near the ring.
  bool ring_only = false;
  detector::SaturatedPixels saturated = detector::SaturatedPixels::become_nan;
};

struct ReducedShot {
  std::optional<Lost> dropped;  // set: the shot goes no further; what was found before it is still there
  double i0 = std::numeric_limits<double>::quiet_NaN();
  std::span<const double> profile;  // empty without a frame; valid until the next shot
  std::size_t saturated = 0;        // pixels
  double ring = std::numeric_limits<double>::quiet_NaN();
  double ratio = std::numeric_limits<double>::quiet_NaN();  // ring / i0
};

// Turns frames of one detector into profiles. Keeps the buffers, so that nothing is allocated per shot.
class FrameReader {
 public:
  // All must outlive it.
  FrameReader(const detector::AreaDetector& detector, const PixelBins& bins, WorkerPool& pool);
  // Nothing when the frame's shape is not the detector's. `image` may be null. The profile is valid until the
  // next call.
  struct Profile {
    std::span<const double> values;
    std::size_t saturated = 0;
  };
  std::optional<Profile> profile(const RawFrame& raw, detector::SaturatedPixels saturated, ImageSum* image);
  // The bins of the measure's windows alone (LiveRing); all where the detector cannot be read that way.
  std::optional<Profile> ring_bins(const RawFrame& raw, detector::SaturatedPixels saturated,
                                   const RingMeasure& measure);

 private:
  void look_at(const RingMeasure& measure);

  const detector::AreaDetector& detector_;
  const PixelBins& bins_;
  WorkerPool& pool_;
  std::vector<RingWindow> windows_;  // of live_
  std::unique_ptr<LiveRing> live_;
  std::unique_ptr<FusedAverage> fused_;  // from raw frames; nothing when the detector cannot be read that way
  AzimuthalAverage average_;
  std::vector<float> values_;
  std::vector<double> profile_;
};

// The cause for a shot without a frame.
Lost why_no_frame(const formats::Event& event);

// The cheap questions: event code, i0, cut. The cause is set as soon as one says no.
ReducedShot judge_shot(const formats::Event& event, const ShotPlan& plan);
// The whole walk. `image` may be null; else the frame of a shot that is not dropped is added to it.
ReducedShot reduce_shot(const formats::Event& event, const ShotPlan& plan, FrameReader& frames,
                        ImageSum* image);

}  // namespace jt::reduction
