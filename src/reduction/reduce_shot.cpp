#include "reduction/reduce_shot.hpp"

#include <algorithm>
#include <cmath>

namespace jt::reduction {

std::string_view name(Lost cause) {
  switch (cause) {
    case Lost::no_event_codes:
      return "no event codes";
    case Lost::other_event_code:
      return "other event code";
    case Lost::excluded_code:
      return "excluded event code";
    case Lost::damaged:
      return "damaged";
    case Lost::no_i0:
      return "no i0";
    case Lost::no_frame:
      return "no frame";
    case Lost::wrong_frame_shape:
      return "wrong frame shape";
    case Lost::no_camera:
      return "no jet camera";
    case Lost::i0_outside:
      return "i0 outside cut";
    case Lost::no_ring_pixels:
      return "no ring pixels";
    case Lost::count_:
      break;
  }
  return "unknown";
}

namespace {

// Whether the decoder refused a contribution for damage; remarks on event codes are none.
bool has_damage(const formats::Event& event) {
  using formats::Refusal;
  bool damage = false;
  event.refusals.each([&](Refusal refusal, std::uint64_t) {
    damage = damage || (refusal != Refusal::stale_event_code && refusal != Refusal::no_fiducial &&
                        refusal != Refusal::no_event_codes && refusal != Refusal::duplicate &&
                        refusal != Refusal::user_damage_kept && refusal != Refusal::clock_went_back &&
                        refusal != Refusal::too_many);
  });
  return damage;
}

}  // namespace

double measure_ring(const RingMeasure& measure, std::span<const double> profile) {
  if (measure.metric == Metric::original) return original_ring_sum(profile, measure.window);
  const double sum = ring_sum(profile, measure.window);
  if (measure.metric == Metric::sum) return sum;
  return sum - baseline_sum(baseline_beside(profile, measure.left, measure.right), profile, measure.window);
}

FrameReader::FrameReader(const detector::AreaDetector& detector, const PixelBins& bins, WorkerPool& pool)
    : detector_(detector),
      bins_(bins),
      pool_(pool),
      fused_(FusedAverage::make(detector, bins, pool)),
      average_(bins, pool),
      profile_(bins.bins) {}

std::optional<FrameReader::Profile> FrameReader::profile(const RawFrame& raw,
                                                         detector::SaturatedPixels saturated,
                                                         ImageSum* image) {
  if (raw.shape != detector_.pixels().shape) return std::nullopt;
  if (fused_ != nullptr && fused_->takes(raw)) {
    FusedAverage::Job job{raw, profile_, image, 0};
    fused_->run({&job, 1}, saturated);
    return Profile{profile_, job.saturated};
  }
  values_.resize(raw.shape.pixels());
  const std::size_t count = detector_.calibrate(raw, saturated, values_);
  average_.of_values(values_, profile_, image);
  return Profile{profile_, count};
}

// Made again when the windows move: rare, and tenths of a second.
void FrameReader::look_at(const RingMeasure& measure) {
  std::vector<RingWindow> windows{measure.window};
  if (measure.metric == Metric::contrast) windows.insert(windows.end(), {measure.left, measure.right});
  const auto same = [](const RingWindow& a, const RingWindow& b) {
    return a.first == b.first && a.last == b.last;
  };
  if (std::equal(windows.begin(), windows.end(), windows_.begin(), windows_.end(), same)) return;
  windows_ = windows;
  // Exact gains: a live ring is the calibration's to 1e-6.
  live_ = LiveRing::make(detector_, bins_, windows_, pool_, {.bits = GainBits::exact});
}

std::optional<FrameReader::Profile> FrameReader::ring_bins(const RawFrame& raw,
                                                           detector::SaturatedPixels saturated,
                                                           const RingMeasure& measure) {
  look_at(measure);
  if (live_ == nullptr || !live_->takes(raw)) return profile(raw, saturated, nullptr);
  const LiveRing::Bins bins = live_->of(raw, saturated);
  return Profile{bins.profile, bins.saturated};
}

Lost why_no_frame(const formats::Event& event) { return has_damage(event) ? Lost::damaged : Lost::no_frame; }

ReducedShot judge_shot(const formats::Event& event, const ShotPlan& plan) {
  ReducedShot shot;
  const auto drop = [&](Lost cause) {
    shot.dropped = cause;
    return shot;
  };
  if (event.codes.empty()) return drop(Lost::no_event_codes);
  if (!event.has_code(plan.event_code)) return drop(Lost::other_event_code);
  if (std::any_of(plan.excluded.begin(), plan.excluded.end(),
                  [&](EventCode code) { return event.has_code(code); }))
    return drop(Lost::excluded_code);
  if (!plan.i0) return shot;
  const auto reading = event.reading(*plan.i0);
  if (!reading || !std::isfinite(*reading)) return drop(has_damage(event) ? Lost::damaged : Lost::no_i0);
  shot.i0 = *reading;
  if (plan.cut && !plan.cut->accepts(shot.i0)) return drop(Lost::i0_outside);
  return shot;
}

ReducedShot reduce_shot(const formats::Event& event, const ShotPlan& plan, FrameReader& frames,
                        ImageSum* image) {
  ReducedShot shot = judge_shot(event, plan);
  if (shot.dropped || !plan.detector) return shot;

  const formats::Frame* frame = event.frame(*plan.detector);
  if (frame == nullptr) {
    shot.dropped = why_no_frame(event);
    return shot;
  }
  const bool ring_only = plan.ring_only && plan.ring && image == nullptr;
  const auto profile = ring_only ? frames.ring_bins(frame->raw(), plan.saturated, *plan.ring)
                                 : frames.profile(frame->raw(), plan.saturated, image);
  if (!profile) {
    shot.dropped = Lost::wrong_frame_shape;
    return shot;
  }
  shot.profile = profile->values;
  shot.saturated = profile->saturated;

  if (!plan.ring) return shot;
  shot.ring = measure_ring(*plan.ring, shot.profile);
  if (!std::isfinite(shot.ring)) shot.dropped = Lost::no_ring_pixels;
  if (std::isfinite(shot.i0) && shot.i0 != 0) shot.ratio = shot.ring / shot.i0;
  return shot;
}

}  // namespace jt::reduction
