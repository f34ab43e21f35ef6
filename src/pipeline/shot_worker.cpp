#include "pipeline/shot_worker.hpp"

#include <algorithm>
#include <cmath>

#include "reduction/original_bins.hpp"
#include "reduction/radial_bins.hpp"

namespace jt::pipeline {
namespace {

constexpr std::size_t most_kept = 4;
constexpr std::uint64_t whole_profile_of = 4;  // one shot in so many; the profile is looked at once a second
// As the offline calibration: a source that did not show up in so many shots is not in the run.
constexpr std::uint64_t shots_to_look_for_sources = 500;

// Which shots are read whole, and not the ring's pixels alone: by the shot's number, so that it does not
// depend on the workers; without a period, so that no pattern of event codes can hide from it.
// The mixing is the finalizer of splitmix64 (Steele, Lea, Flood 2014).
bool read_whole(std::uint64_t ticket) {
  std::uint64_t z = ticket + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (z ^ (z >> 31)) % whole_profile_of == 0;
}

reduction::PixelBins bins_of(const detector::AreaDetector& detector, const CalibrationInUse& calibration,
                             int azav_bins) {
  const detector::PixelMap& map = detector.pixels();
  if (calibration.original()) {
    const auto bins = static_cast<std::size_t>(azav_bins);
    return reduction::make_original_bins(map.shape.rows, map.shape.cols, bins, map.good).pixel_bins;
  }
  const calibration::Ring& ring = calibration.result.ring;
  reduction::Centre centre = reduction::natural_centre(map);
  if (std::isfinite(ring.center[0]) && std::isfinite(ring.center[1]))
    centre = {ring.center[0], ring.center[1]};
  return reduction::make_radial_bins(map, centre, ring.bin_edges.size() - 1).pixel_bins;
}

}  // namespace

DetectorShop::Made DetectorShop::make(const RunEpoch& epoch, const Window& window,
                                      const formats::DetectorInfo& info) const {
  Made made{epoch.number, window.calibration, info.shape, nullptr, {}};
  try {
    auto ready = std::make_shared<ReadyDetector>();
    ready->detector = settings_.make_detector(info, info.shape, epoch.run);
    ready->bins = bins_of(*ready->detector, *window.calibration, settings_.shots.azav_bins);
    made.ready = std::move(ready);
  } catch (const SetupError& error) {
    made.error = error;
  }
  return made;
}

std::shared_ptr<const ReadyDetector> DetectorShop::get(const RunEpoch& epoch, const Window& window,
                                                       const formats::DetectorInfo& info) {
  const std::lock_guard lock(mutex_);
  auto found = std::find_if(made_.begin(), made_.end(), [&](const Made& made) {
    return made.epoch == epoch.number && made.calibration == window.calibration && made.shape == info.shape;
  });
  if (found == made_.end()) {
    if (made_.size() == most_kept) made_.erase(made_.begin());
    found = made_.insert(made_.end(), make(epoch, window, info));
  }
  if (found->error) throw SetupError(*found->error);
  return found->ready;
}

ShotWorker::ShotWorker(const WorkerSettings& settings, DetectorShop& shop)
    : settings_(settings), shop_(shop) {}
ShotWorker::~ShotWorker() = default;

// Brings the decoder to the configurations in force.
void ShotWorker::follow(const RunEpoch& epoch) {
  const auto take = [this](const std::shared_ptr<const ConfigureBytes>& datagrams) {
    if (datagrams)
      for (const auto& datagram : *datagrams) decoder_.configure(datagram);
  };
  if (epoch.number != epoch_) {
    decoder_.reset();
    names_ = {};
    beam_position_.reset();
    window_.reset();
    shots_in_epoch_ = 0;
    take(epoch.configure);
    take(epoch.cycle);
  } else if (epoch.step != step_) {
    take(epoch.cycle);
    window_.reset();
  }
  epoch_ = epoch.number;
  step_ = epoch.step;
}

void ShotWorker::make_plan(const RunEpoch& epoch, const std::shared_ptr<const Window>& window) {
  const formats::RunDescription& run = decoder_.run();
  find_names(settings_.shots, run, names_);
  if (settings_.beam_position && !beam_position_)
    beam_position_ =
        formats::find_quantity(run, settings_.beam_position->first, settings_.beam_position->second);
  if (++shots_in_epoch_ == shots_to_look_for_sources) require_names(settings_.shots, run, names_);
  const bool complete = names_.i0 && names_.detector && ready_ != nullptr;
  if (window_ == window && complete &&
      run.detectors[*names_.detector].shape == ready_->detector->pixels().shape)
    return;

  plan_ = {};
  plan_.event_code = settings_.shots.event_code;
  plan_.excluded = settings_.shots.exclude_event_codes;
  plan_.i0 = names_.i0;
  plan_.cut = cut_of(*window->calibration);
  if (window->calibration->original()) plan_.saturated = detector::SaturatedPixels::stay;
  frames_.reset();
  ready_.reset();
  if (names_.detector) {
    const formats::DetectorInfo& info = run.detectors[*names_.detector];
    calibration::require_readable_detector(settings_.shots, info);
    if (info.shape.known()) {
      ready_ = shop_.get(epoch, *window, info);
      frames_.emplace(*ready_->detector, ready_->bins, pool_);
      plan_.detector = names_.detector;
      plan_.ring = measure_of(*window, ready_->bins.bins);
    }
  }
  window_ = window;
}

void ShotWorker::work(Delivery& shot, const RunEpoch& epoch, const std::shared_ptr<const Window>& window,
                      ShotResult& result) {
  follow(epoch);
  decoder_.decode(shot.main, event_);
  for (const auto& datagram : shot.joined) decoder_.join(datagram, event_);
  if (window->calibration == nullptr) {
    result.trouble = Trouble::no_calibration;
  } else {
    make_plan(epoch, window);
    reduction::ReducedShot reduced;
    plan_.ring_only = !read_whole(result.ticket);
    if (frames_) {
      reduced = reduction::reduce_shot(event_, plan_, *frames_, nullptr);
    } else {  // no frame has told the detector's shape yet
      reduced = reduction::judge_shot(event_, plan_);
      if (!reduced.dropped) reduced.dropped = reduction::why_no_frame(event_);
    }
    if (!reduced.dropped && !plan_.i0) reduced.dropped = reduction::Lost::no_i0;
    result.lost = reduced.dropped;
    result.i0 = reduced.i0;
    result.ring = reduced.ring;
    result.ratio = reduced.ratio;
    if (!reduced.dropped && !plan_.ring_only)
      result.profile.assign(reduced.profile.begin(), reduced.profile.end());
  }
  if (beam_position_) {
    const auto reading = event_.reading(*beam_position_);
    if (reading && std::isfinite(*reading)) result.beam_position = *reading;
  }
  if (!shot.give_back()) {
    const ShotResult asked = std::move(result);
    result = ShotResult{};
    result.ticket = asked.ticket;
    result.run = asked.run;
    result.time = asked.time;
    result.fiducial = asked.fiducial;
    result.origin = asked.origin;
    result.window_id = asked.window_id;
    result.visible = asked.visible;
    result.trouble = Trouble::changed_while_read;
  }
}

}  // namespace jt::pipeline
