#include "calibration/shot_passes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::calibration {
namespace {

using reduction::Lost;

// A source that did not show up in so many shots is not in the run.
constexpr std::uint64_t shots_to_look_for_sources = 500;

using ShotKey = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;
ShotKey key_of(ShotTime time, Fiducial fiducial) { return {time.sec, time.nsec, fiducial.value}; }

std::function<void()> breather(const Hooks& hooks) {
  if (!hooks.stop_wanted) return {};
  return [&hooks] {
    if (hooks.stop_wanted()) throw Interrupted();
  };
}

bool is_original(const Settings& settings) { return settings.ring.model == RingModel::original; }

reduction::ShotPlan plan_of(const Settings& settings, const FoundNames& found) {
  reduction::ShotPlan plan;
  plan.event_code = settings.event_code;
  plan.excluded = settings.exclude_event_codes;
  plan.i0 = found.i0;
  plan.detector = found.detector;
  if (is_original(settings)) plan.saturated = detector::SaturatedPixels::stay;
  return plan;
}

bool is_row(std::optional<Lost> dropped) {
  return dropped != Lost::no_event_codes && dropped != Lost::other_event_code;
}

std::string codes_in_words(const std::map<std::uint16_t, std::uint64_t>& codes) {
  std::vector<std::pair<std::uint64_t, std::uint16_t>> by_count;
  for (const auto& [code, count] : codes) by_count.emplace_back(count, code);
  std::sort(by_count.rbegin(), by_count.rend());
  std::vector<std::string> words;
  for (std::size_t i = 0; i < std::min<std::size_t>(by_count.size(), 8); ++i)
    words.push_back(fmt::format("{} ({} times)", by_count[i].second, by_count[i].first));
  return list_in_words(words);
}

// Taken once, when the first pass knows the sources.
void describe(const formats::RunDescription& run, const FoundNames& found, Census& census) {
  census.detector = run.detectors[*found.detector];
  census.i0 = run.monitors[found.i0->monitor];
  if (found.jet_camera) census.jet_camera = run.detectors[*found.jet_camera];
}

}  // namespace

Census count_shots(const Settings& settings, const OpenShots& open, const Hooks& hooks) {
  const auto breathe = breather(hooks);
  const auto shots = open({.without_frames = true, .wanted = {}, .breathe = breathe});
  Census census;
  FoundNames found;
  Progress progress{0, settings.max_events, 0, 1};
  double energy_sum = 0, energy_count = 0;
  bool detector_checked = false;

  while (const formats::Event* event = shots->next()) {
    ++census.seen;
    find_names(settings, shots->run(), found);
    if (found.detector && !detector_checked) {
      require_readable_detector(settings, shots->run().detectors[*found.detector]);
      detector_checked = true;
    }
    if (census.seen == shots_to_look_for_sources) require_names(settings, shots->run(), found);
    for (const EventCode code : event->codes) ++census.codes[code.value];
    if (found.photon_energy) {
      const double energy = event->reading(*found.photon_energy).value_or(unknown);
      if (std::isfinite(energy) && energy > 0) energy_sum += energy, energy_count += 1;
    }

    reduction::ReducedShot shot = reduction::judge_shot(*event, plan_of(settings, found));
    if (is_row(shot.dropped)) {
      if (!shot.dropped && !found.i0) shot.dropped = Lost::no_i0;
      ShotRow row;
      row.i0 = shot.i0;
      row.time = event->time;
      row.fiducial = event->fiducial;
      census.rows.push_back(row);
      census.lost.push_back(shot.dropped);
      census.damage_in_rows.add(event->refusals);
    } else {
      census.without_code.add(*shot.dropped);
      census.damage_elsewhere.add(event->refusals);
    }
    progress.events = census.seen;
    progress.with_code = census.rows.size();
    if (hooks.progress) hooks.progress(progress);
    if (breathe) breathe();
    if (settings.max_events != 0 && census.seen == settings.max_events) break;
  }
  census.notes = shots->notes();
  if (census.seen == 0)
    throw SetupError(
        "the run holds no shot", "a calibration is made of shots",
        list_in_words(census.notes) == "none" ? "Is this the right run?" : list_in_words(census.notes));
  require_names(settings, shots->run(), found);
  describe(shots->run(), found, census);
  census.photon_energy_ev = energy_count > 0 ? energy_sum / energy_count : unknown;
  if (census.rows.empty())
    throw SetupError(
        fmt::format("none of {} shots has event code {}", census.seen, settings.event_code.value),
        "only shots with the event code are calibrated",
        fmt::format("The codes of this run are {}: correct event_code?", codes_in_words(census.codes)));
  return census;
}

namespace {

RingReader make_reader(const Settings& settings, std::shared_ptr<const detector::AreaDetector> detector,
                       const std::optional<reduction::Centre>& centre, reduction::WorkerPool& pool) {
  RingReader reader;
  reader.detector = std::move(detector);
  const detector::PixelMap& map = reader.detector->pixels();
  const auto bins = static_cast<std::size_t>(settings.azav_bins);
  if (is_original(settings)) {
    auto made = reduction::make_original_bins(*reader.detector, bins);
    // Of the image, in its pixels.
    const detector::ImageLayout& image = reader.detector->layout();
    reader.centre = {static_cast<double>(image.cols) / 2, static_cast<double>(image.rows) / 2};
    reader.middles = made.radii;
    for (const double middle : made.radii) reader.edges.push_back(middle - made.bin_size / 2);
    reader.edges.push_back(made.radii.back() + made.bin_size / 2);
    reader.bins = std::make_unique<reduction::PixelBins>(std::move(made.pixel_bins));
  } else {
    reader.centre = centre.value_or(settings.ring.centre == CentreChoice::fixed
                                        ? reduction::Centre{settings.ring.centre_x, settings.ring.centre_y}
                                        : reduction::natural_centre(map));
    auto made = reduction::make_radial_bins(map, reader.centre, bins);
    reader.edges = std::move(made.edges);
    for (std::size_t k = 0; k + 1 < reader.edges.size(); ++k)
      reader.middles.push_back((reader.edges[k] + reader.edges[k + 1]) / 2);
    reader.bins = std::make_unique<reduction::PixelBins>(std::move(made.pixel_bins));
  }
  reader.frames = std::make_unique<reduction::FrameReader>(*reader.detector, *reader.bins, pool);
  return reader;
}

// The second pass at work: one row after the other.
class FramePass {
 public:
  FramePass(const Settings& settings, const Census& census, const I0Cut& cut,
            const std::optional<reduction::Centre>& centre, const Hooks& hooks, reduction::WorkerPool& pool,
            std::shared_ptr<const detector::AreaDetector>& detector)
      : settings_(settings),
        census_(census),
        cut_(cut),
        centre_(centre),
        hooks_(hooks),
        pool_(pool),
        detector_(detector) {
    out_.table.shots = census.rows;
    out_.lost = census.lost;
    out_.saturated.assign(census.rows.size(), 0);
    out_.averaged.assign(census.rows.size(), false);
    // Until its frame is read, a row that could be used has none.
    for (auto& lost : out_.lost)
      if (!lost) lost = Lost::no_frame;
  }

  void take(std::size_t row, const formats::Event& event, const formats::RunDescription& run) {
    out_.damage.add(event.refusals);
    find_names(settings_, run, found_);
    const bool usable = !census_.lost[row].has_value();
    if (usable) out_.lost[row] = std::nullopt;
    if (is_original(settings_)) {
      take_original(row, event);
    } else {
      take_frame(row, event);
      take_camera(row, event);
    }
  }

  Frames finish() {
    if (out_.reader.detector == nullptr) return std::move(out_);
    if (image_ && image_->frames() > 0) out_.mean_image = image_->mean();
    for (double& value : out_.jet_projection) value /= static_cast<double>(projections_);
    return std::move(out_);
  }

 private:
  // The original loses a shot that lacks anything before everything else.
  void take_original(std::size_t row, const formats::Event& event) {
    if (found_.jet_camera && event.frame(*found_.jet_camera) == nullptr) {
      if (!out_.lost[row]) out_.lost[row] = Lost::no_camera;
      return;
    }
    take_frame(row, event);
    if (!out_.lost[row]) take_camera(row, event);
  }

  void take_frame(std::size_t row, const formats::Event& event) {
    if (out_.lost[row]) return;
    if (!found_.detector) {
      out_.lost[row] = Lost::no_frame;
      return;
    }
    make_ready(event);
    if (out_.reader.frames == nullptr) {
      out_.lost[row] = reduction::why_no_frame(event);
      return;
    }
    const bool average = cut_.accepts(out_.table.shots[row].i0);
    const reduction::ReducedShot shot = reduction::reduce_shot(
        event, plan_of(settings_, found_), *out_.reader.frames, average ? &*image_ : nullptr);
    out_.lost[row] = shot.dropped;
    if (shot.profile.empty()) return;
    std::copy(shot.profile.begin(), shot.profile.end(), out_.table.profile(row).begin());
    out_.saturated[row] = shot.saturated;
    out_.averaged[row] = average;
  }

  void make_ready(const formats::Event& event) {
    if (out_.reader.frames != nullptr) return;
    const formats::Frame* frame = event.frame(*found_.detector);
    if (frame == nullptr) return;
    const Shape shape = census_.detector.shape.known() ? census_.detector.shape : frame->shape;
    if (detector_ == nullptr) {
      if (hooks_.waiting && !formats::is_camera(census_.detector.kind))
        hooks_.waiting(fmt::format("reading the constants of {}", settings_.detector.name));
      detector_ = make_run_detector(settings_, census_.detector, shape);
    }
    out_.reader = make_reader(settings_, detector_, centre_, pool_);
    out_.table.bins = out_.reader.bins->bins;
    out_.table.azav.assign(out_.table.shots.size() * out_.table.bins, unknown);
    image_.emplace(shape.pixels());
  }

  void take_camera(std::size_t row, const formats::Event& event) {
    if (!found_.jet_camera) return;
    const formats::Frame* frame = event.frame(*found_.jet_camera);
    if (frame == nullptr || frame->panel_count != 1) {
      if (!out_.lost[row]) ++out_.without_camera;
      return;
    }
    const auto axis = static_cast<camera::Axis>(settings_.jet_camera->axis);
    projection_.assign(camera::projection_size(frame->shape, axis), 0.0);
    camera::project(frame->raw(), axis, projection_);
    measure_jet(row, *frame, axis);
    if (!out_.averaged[row]) return;
    if (out_.jet_projection.empty()) out_.jet_projection.assign(projection_.size(), 0.0);
    if (out_.jet_projection.size() != projection_.size()) return;
    for (std::size_t k = 0; k < projection_.size(); ++k) out_.jet_projection[k] += projection_[k];
    ++projections_;
  }

  void measure_jet(std::size_t row, const formats::Frame& frame, camera::Axis axis) {
    ShotRow& shot = out_.table.shots[row];
    if (is_original(settings_)) {
      const camera::Jet jet = camera::original_jet(projection_);
      shot.jet_loc = jet.location;
      shot.jet_peak = jet.height;
      return;
    }
    const camera::JetSearch found = camera::find_jet(projection_);
    shot.jet_peak = found.height;
    if (found.jet) {
      shot.jet_loc = found.jet->location;
      ++out_.with_jet;
      return;
    }
    if (out_.without_jet++ > 0) return;  // the other axis is looked at once
    std::vector<double> across(camera::projection_size(frame.shape, other(axis)));
    camera::project(frame.raw(), other(axis), across);
    out_.jet_on_other_axis = camera::find_jet(across).jet.has_value();
  }

  const Settings& settings_;
  const Census& census_;
  const I0Cut& cut_;
  const std::optional<reduction::Centre>& centre_;
  const Hooks& hooks_;
  reduction::WorkerPool& pool_;
  std::shared_ptr<const detector::AreaDetector>& detector_;
  FoundNames found_;
  Frames out_;
  std::optional<reduction::ImageSum> image_;
  std::vector<double> projection_;
  std::uint64_t projections_ = 0;
};

}  // namespace

Frames read_frames(const Settings& settings, const Census& census, const I0Cut& cut,
                   const std::optional<reduction::Centre>& centre, const OpenShots& open, const Hooks& hooks,
                   reduction::WorkerPool& pool, std::shared_ptr<const detector::AreaDetector>& detector) {
  std::set<ShotKey> keys;
  for (const ShotRow& row : census.rows) keys.insert(key_of(row.time, row.fiducial));
  const auto breathe = breather(hooks);
  const auto shots = open(
      {.without_frames = false,
       .wanted = [&keys](ShotTime time, Fiducial fiducial) { return keys.contains(key_of(time, fiducial)); },
       .breathe = breathe});
  FramePass pass(settings, census, cut, centre, hooks, pool, detector);
  Progress progress{0, census.rows.size(), 0, 2};
  std::size_t row = 0;
  while (row < census.rows.size()) {
    const formats::Event* event = shots->next();
    if (event == nullptr) break;
    // Both passes see the shots in the same order; those that are no rows are passed over, and a row that
    // does not come again (the file was cut meanwhile) has no frame.
    const ShotKey key = key_of(event->time, event->fiducial);
    if (!keys.contains(key)) continue;
    std::size_t match = row;
    while (match < census.rows.size() && key_of(census.rows[match].time, census.rows[match].fiducial) != key)
      ++match;
    if (match == census.rows.size()) continue;
    pass.take(match, *event, shots->run());
    row = match + 1;
    progress.events = row;
    progress.with_code = row;
    if (hooks.progress) hooks.progress(progress);
    if (breathe) breathe();
  }
  Frames frames = pass.finish();
  frames.notes = shots->notes();
  return frames;
}

}  // namespace jt::calibration
