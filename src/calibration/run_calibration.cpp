#include "calibration/run_calibration.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "calibration/centre_fit.hpp"
#include "calibration/original_peak.hpp"
#include "calibration/ring_finder.hpp"
#include "calibration/shot_passes.hpp"
#include "calibration/stability.hpp"
#include "calibration/statistics.hpp"
#include "calibration/verdict.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::calibration {
namespace {

using reduction::Lost;

bool is_original(const Settings& settings) { return settings.ring.model == RingModel::original; }

// A ring as both models describe it.
struct Measured {
  FoundRing ring;
  reduction::RingMeasure measure;
  double ring_sigma_bins = unknown;
};

// Rows that are not lost and inside the cut; marks the others as outside.
std::vector<std::size_t> used_rows(const I0Cut& cut, Frames& frames) {
  std::vector<std::size_t> used;
  for (std::size_t row = 0; row < frames.lost.size(); ++row) {
    auto& lost = frames.lost[row];
    if (lost == Lost::i0_outside) lost = std::nullopt;  // by an earlier cut
    if (!lost && !cut.accepts(frames.table.shots[row].i0)) lost = Lost::i0_outside;
    frames.table.shots[row].used = !lost;
    if (!lost) used.push_back(row);
  }
  return used;
}

std::string rejected_in_words(const Census& census, const std::vector<std::optional<Lost>>& lost) {
  reduction::LostCounts counts;
  counts.add(census.without_code);
  for (const auto& cause : lost)
    if (cause) counts.add(*cause);
  std::vector<std::string> words;
  counts.each([&](Lost cause, std::uint64_t n) { words.push_back(fmt::format("{} {}", n, name(cause))); });
  return words.empty() ? "none rejected" : list_in_words(words);
}

// The original asks for no spread of anything: one shot is enough for it.
std::size_t fewest_shots(const Settings& settings) { return is_original(settings) ? 1 : 2; }

[[noreturn]] void all_rejected(const Settings& settings, const Census& census,
                               const std::vector<std::optional<Lost>>& lost) {
  throw SetupError(fmt::format("too few shots are left to calibrate with: {} looked at, {}", census.seen,
                               rejected_in_words(census, lost)),
                   fmt::format("at least {} with good i0 and a frame {} averaged",
                               fewest_shots(settings) == 1 ? "one shot" : "two shots",
                               fewest_shots(settings) == 1 ? "is" : "are"),
                   "Look at 'jt info' for what the run holds, or calibrate another run?");
}

I0Cut make_cut(const Settings& settings, std::span<const ShotRow> rows,
               std::span<const std::optional<Lost>> lost) {
  std::vector<double> i0;
  for (std::size_t row = 0; row < rows.size(); ++row)
    if (!lost[row] || lost[row] == Lost::i0_outside) i0.push_back(rows[row].i0);
  if (i0.empty()) return {};
  return is_original(settings)
             ? original_i0_cut(i0)
             : geometry_i0_cut(i0, static_cast<std::size_t>(settings.i0_bins), settings.i0_reject);
}

// Ours: the mean per bin over the shots that have it, in double. The original: one float32 sum after the
// other.
std::vector<double> average_profile(const Settings& settings, const ShotTable& table,
                                    const std::vector<std::size_t>& used) {
  std::vector<double> average(table.bins);
  for (std::size_t bin = 0; bin < table.bins; ++bin) {
    double sum = 0, count = 0;
    float original_sum = 0;
    for (const std::size_t row : used) {
      const double value = table.profile(row)[bin];
      original_sum += static_cast<float>(value);
      if (std::isfinite(value)) sum += value, count += 1;
    }
    if (is_original(settings))
      average[bin] = static_cast<double>(original_sum / static_cast<float>(used.size()));
    else
      average[bin] = count > 0 ? sum / count : unknown;
  }
  return average;
}

// The pitch of the pixels in the unit of the map, from two neighbours.
double pixel_pitch(const detector::PixelMap& map) {
  if (map.x.size() < 2) return 1;
  return std::hypot(map.x[1] - map.x[0], map.y[1] - map.y[0]);
}

// A length of `ring.range` in the unit of the map.
double radius_of_limit(const RingRange& range, double limit, const detector::PixelMap& map,
                       double energy_ev) {
  const bool in_um = map.unit == detector::PixelMap::Unit::micrometre;
  switch (range.unit) {
    case RangeUnit::px:
      return in_um ? limit * pixel_pitch(map) : limit;
    case RangeUnit::um:
      if (in_um) return limit;
      throw SetupError("ring.range_um cannot be used",
                       "this camera has no geometry that tells the size of a pixel",
                       "Give ring.range_px or ring.range_bins?");
    case RangeUnit::q:
      if (in_um && map.distance_um > 0 && std::isfinite(energy_ev))
        return reduction::radius_of_q(limit, map.distance_um, energy_ev);
      throw SetupError("ring.range_q cannot be used",
                       "the distance to the detector or the photon energy of this run is not known",
                       "Give ring.range_px or ring.range_bins?");
    case RangeUnit::bins:
      break;
  }
  return limit;
}

// The bins among which the peak is looked for.
RingSearch ring_search(const Settings& settings, const RingReader& reader, double energy_ev) {
  const int last_bin = static_cast<int>(reader.middles.size()) - 1;
  RingSearch search{settings.delta_bin, settings.fit_points, 0, last_bin};
  if (!settings.ring.range) return search;
  const RingRange& range = *settings.ring.range;
  if (range.unit == RangeUnit::bins) {
    search.first_bin = static_cast<int>(std::clamp(std::ceil(range.low), 0.0, last_bin + 1.0));
    search.last_bin = static_cast<int>(std::clamp(std::floor(range.high), -1.0, last_bin + 0.0));
  } else {
    const auto& map = reader.detector->pixels();
    const double low = radius_of_limit(range, range.low, map, energy_ev);
    const double high = radius_of_limit(range, range.high, map, energy_ev);
    while (search.first_bin <= last_bin &&
           reader.edges[static_cast<std::size_t>(search.first_bin) + 1] <= low)
      ++search.first_bin;
    while (search.last_bin >= 0 && reader.edges[static_cast<std::size_t>(search.last_bin)] >= high)
      --search.last_bin;
  }
  return search;
}

void require_profile(const RingSearch& search, std::span<const double> average) {
  for (int k = search.first_bin; k <= search.last_bin; ++k)
    if (std::isfinite(average[static_cast<std::size_t>(k)])) return;
  throw SetupError("no bin of the profile has a good pixel inside ring.range", "the ring is looked for there",
                   "Correct ring.range, ring.center or the mask?");
}

Measured measure_geometry(const Settings& settings, const RingReader& reader, std::span<const double> average,
                          double energy_ev) {
  const RingSearch search = ring_search(settings, reader, energy_ev);
  require_profile(search, average);
  Measured measured{find_ring(average, reader.bins->pixels, search), {}, unknown};
  const bool contrast = settings.ring.metric == RingMetric::contrast;
  measured.measure = {contrast ? reduction::Metric::contrast : reduction::Metric::sum, measured.ring.window,
                      measured.ring.left, measured.ring.right};
  if (measured.ring.fit_ok) measured.ring_sigma_bins = measured.ring.sigma;
  return measured;
}

// The original's peak and window; contrast and baseline are found as ours, so that the verdict can speak.
Measured measure_original(const Settings& settings, const RingReader& reader,
                          std::span<const double> average) {
  const OriginalPeak peak = original_peak(average);
  const int last_bin = static_cast<int>(average.size()) - 1;
  Measured measured;
  measured.ring =
      find_ring(average, reader.bins->pixels, {settings.delta_bin, settings.fit_points, 0, last_bin});
  FoundRing& ring = measured.ring;
  ring.peak_bin = peak.bin;
  ring.fit_ok = peak.fit_ok;
  ring.window = reduction::original_window(peak.bin, settings.delta_bin, average.size());
  ring.position = peak.fit_ok ? peak.mean : peak.bin;
  ring.position_err = unknown;
  ring.sigma = peak.fit_ok ? std::abs(peak.sigma) * std::sqrt(2.0) : unknown;  // exp(-(x / 2 / sigma)^2)
  ring.residual = unknown;
  ring.curve.clear();
  if (peak.fit_ok)
    for (std::size_t k = 0; k < average.size(); ++k) {
      const double x = static_cast<double>(k), u = (x - peak.mean) / 2 / peak.sigma;
      ring.curve.push_back(peak.height * std::exp(-u * u) + peak.slope * x + peak.intercept);
    }
  measured.measure = {reduction::Metric::original, ring.window, {}, {}};
  return measured;
}

Measured measure_average(const Settings& settings, const RingReader& reader, std::span<const double> average,
                         double energy_ev) {
  return is_original(settings) ? measure_original(settings, reader, average)
                               : measure_geometry(settings, reader, average, energy_ev);
}

void fill_ring_and_ratio(const reduction::RingMeasure& measure, ShotTable& table) {
  for (std::size_t row = 0; row < table.shots.size(); ++row) {
    ShotRow& shot = table.shots[row];
    const auto profile = table.profile(row);
    const bool has_frame =
        std::any_of(profile.begin(), profile.end(), [](double v) { return std::isfinite(v); });
    if (!has_frame) continue;
    shot.ring = reduction::measure_ring(measure, profile);
    if (std::isfinite(shot.i0) && shot.i0 != 0) shot.ratio = shot.ring / shot.i0;
  }
}

template <class Member>
std::vector<double> of_used(const ShotTable& table, const std::vector<std::size_t>& used, Member member) {
  std::vector<double> values;
  values.reserve(used.size());
  for (const std::size_t row : used) values.push_back(table.shots[row].*member);
  return values;
}

// Where a place among the bins lies as a radius.
double radius_at(const RingReader& reader, double bin) {
  const double step = reader.middles.size() > 1 ? reader.middles[1] - reader.middles[0] : 0;
  return reader.middles.front() + bin * step;
}
double bin_width(const RingReader& reader) { return reader.edges[1] - reader.edges[0]; }

// The baseline of each used shot over its i0: what the ratio would be without the ring.
double ratio_without_jet(const Measured& measured, const ShotTable& table,
                         const std::vector<std::size_t>& used) {
  if (measured.measure.metric == reduction::Metric::contrast) return 0;
  std::vector<double> ratios;
  for (const std::size_t row : used) {
    const auto profile = table.profile(row);
    const auto line = reduction::baseline_beside(profile, measured.ring.left, measured.ring.right);
    ratios.push_back(reduction::baseline_sum(line, profile, measured.ring.window) / table.shots[row].i0);
  }
  return median(ratios);
}

void describe_ring(const Settings& settings, const Measured& measured, const Frames& frames, double energy_ev,
                   std::span<const double> average, Ring& out) {
  const RingReader& reader = frames.reader;
  const FoundRing& ring = measured.ring;
  const detector::PixelMap& map = reader.detector->pixels();
  out.model = is_original(settings) ? "original" : "geometry";
  out.metric = measured.measure.metric == reduction::Metric::contrast ? "contrast" : "sum";
  // The original's radii are of the assembled image, in its pixels.
  const bool in_um = map.unit == detector::PixelMap::Unit::micrometre && !is_original(settings);
  out.radius_unit = in_um ? "um" : "px";
  out.radius = radius_at(reader, ring.fit_ok ? ring.position : ring.peak_bin);
  // Without a fit the ring is somewhere in its bin.
  out.radius_err = ring.fit_ok ? ring.position_err * bin_width(reader) : bin_width(reader) / std::sqrt(12.0);
  if (in_um && map.distance_um > 0 && std::isfinite(energy_ev))
    out.q = reduction::q_of_radius(out.radius, map.distance_um, energy_ev);
  out.window = {ring.window.first, ring.window.last};
  out.window_clipped = ring.window.clipped;
  out.baseline_window = {ring.left.first, ring.left.last, ring.right.first, ring.right.last};
  out.bin_edges = reader.edges;
  out.center = {reader.centre.x, reader.centre.y};
  out.contrast = ring.contrast;
  out.baseline = reduction::baseline_sum(ring.baseline, average, ring.window);
  out.fit_sigma = ring.fit_ok ? ring.sigma : unknown;
  out.fit_residual = ring.fit_ok ? ring.residual : unknown;
  out.fit_ok = ring.fit_ok;
  for (const RingPeak& other : ring.others)
    out.others.push_back({other.bin, radius_at(reader, other.bin), other.contrast});
}

CentreFit fit_centre(const Measured& measured, const Frames& frames) {
  if (!measured.ring.is_ring || frames.mean_image.empty()) return {};
  const double sigma_bins = std::isfinite(measured.ring_sigma_bins) ? measured.ring_sigma_bins : 2;
  const double position = measured.ring.fit_ok ? measured.ring.position : measured.ring.peak_bin;
  return fit_ring_centre(frames.reader.detector->pixels(), frames.mean_image, frames.reader.centre,
                         radius_at(frames.reader, position), sigma_bins * bin_width(frames.reader));
}

void fill_ratios(const ShotTable& table, const std::vector<std::size_t>& used, bool original,
                 Result& result) {
  const auto ratio = of_used(table, used, &ShotRow::ratio), ring = of_used(table, used, &ShotRow::ring);
  result.mean_ratio = mean(ratio);
  result.med_ratio = median(ratio);
  result.std_ratio = standard_deviation(ratio);
  const Line line = fit_line(of_used(table, used, &ShotRow::i0), ring);
  result.slope = line.slope;
  result.intercept = line.intercept;
  result.residual_spread = line.residual_spread;
  if (original) {  // the original's are made from a histogram of one number
    result.int_low = result.int_median = result.integrated_intensity;
    result.int_high = result.integrated_intensity + 0.02;
  } else {
    result.int_low = quantile(ring, 0.16);
    result.int_median = median(ring);
    result.int_high = quantile(ring, 0.84);
  }
}

void fill_jet(const Settings& settings, const Frames& frames, const std::vector<std::size_t>& used,
              Result& result) {
  if (!settings.jet_camera) return;
  const auto location = of_used(frames.table, used, &ShotRow::jet_loc);
  const auto peak = of_used(frames.table, used, &ShotRow::jet_peak);
  result.jet_peak_mean = mean(peak);
  result.jet_peak_std = standard_deviation(peak);
  const std::string& name = settings.jet_camera->name;
  const int axis = settings.jet_camera->axis;
  if (frames.without_camera > 0)
    result.warnings.push_back(fmt::format("{} shots have no picture of {}: they count for the ring alone",
                                          frames.without_camera, name));
  if (!is_original(settings) && frames.without_jet > frames.with_jet) {
    result.warnings.push_back(
        frames.jet_on_other_axis
            ? fmt::format(
                  "the jet lies along the profile of {} with axis {}, which is flat: its location is not "
                  "known. Use jet_cam.axis: {}",
                  name, axis, 1 - axis)
            : fmt::format("no jet stands out in {} with axis {}, nor with axis {}", name, axis, 1 - axis));
    return;
  }
  result.jet_location_mean = mean(location);
  result.jet_location_std = standard_deviation(location);
}

// Height of each used shot's ring over its own baseline: what drifts when the jet does, whatever the camera's
// offset.
std::vector<double> ring_heights(const Measured& measured, const ShotTable& table,
                                 const std::vector<std::size_t>& used) {
  std::vector<double> heights;
  for (const std::size_t row : used) {
    const auto profile = table.profile(row);
    const auto line = reduction::baseline_beside(profile, measured.ring.left, measured.ring.right);
    heights.push_back(reduction::ring_sum(profile, measured.ring.window) -
                      reduction::baseline_sum(line, profile, measured.ring.window));
  }
  return heights;
}

double saturated_fraction(const Frames& frames, const std::vector<std::size_t>& used) {
  const auto& good = frames.reader.detector->pixels().good;
  const double good_pixels =
      static_cast<double>(std::count_if(good.begin(), good.end(), [](auto g) { return g != 0; }));
  double saturated = 0;
  for (const std::size_t row : used) saturated += static_cast<double>(frames.saturated[row]);
  return saturated / good_pixels / static_cast<double>(used.size());
}

Judgement judge_run(const Measured& measured, const Frames& frames, const std::vector<std::size_t>& used) {
  Evidence evidence;
  evidence.is_ring = measured.ring.is_ring;
  evidence.fit_ok = measured.ring.fit_ok;
  evidence.window_clipped = measured.ring.window.clipped;
  evidence.contrast = measured.ring.contrast;
  evidence.with_code = frames.lost.size();
  evidence.used = used.size();
  for (const auto& lost : frames.lost)
    evidence.damaged += lost == Lost::damaged || lost == Lost::no_i0 || lost == Lost::no_frame ||
                        lost == Lost::wrong_frame_shape || lost == Lost::no_camera;
  evidence.saturated_fraction = saturated_fraction(frames, used);
  evidence.i0_change = find_change(of_used(frames.table, used, &ShotRow::i0));
  if (measured.ring.is_ring) evidence.ring_change = find_change(ring_heights(measured, frames.table, used));
  return judge(evidence);
}

Counts count_all(const Census& census, const Frames& frames, std::uint64_t used) {
  Counts counts;
  counts.seen = census.seen;
  counts.with_code = census.rows.size();
  counts.used = used;
  reduction::LostCounts lost = census.without_code;
  for (const auto& cause : frames.lost)
    if (cause) lost.add(*cause);
  lost.each([&](Lost cause, std::uint64_t n) { counts.rejected[std::string(name(cause))] = n; });
  formats::RefusalCounts damage = census.damage_elsewhere;
  damage.add(frames.damage);
  damage.each(
      [&](formats::Refusal refusal, std::uint64_t n) { counts.damage[std::string(name(refusal))] = n; });
  return counts;
}

std::string time_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

Provenance provenance_of(const Settings& settings, const Census& census, const Frames& frames,
                         std::uint64_t used) {
  Provenance from;
  from.program_version = settings.program_version;
  from.hutch = settings.hutch;
  from.experiment = settings.experiment;
  from.run = settings.run.value;
  from.detector = {census.detector.alias, census.detector.source};
  from.i0_source = census.i0.name;
  from.i0_quantity = settings.i0_quantity;
  if (settings.jet_camera) from.jet_camera = {census.jet_camera.alias, census.jet_camera.source};
  const Shape shape = frames.reader.detector->pixels().shape;
  from.image_shape = {shape.panels, shape.rows, shape.cols};
  from.constants = frames.reader.detector->constants();
  from.counts = count_all(census, frames, used);
  from.photon_energy_ev = census.photon_energy_ev;
  from.config_sha256 = settings.config_sha256;
  from.time = time_now();
  return from;
}

// What calibrated pixels are counted in (detector/area_detector.hpp).
std::string pixel_unit(formats::DetectorKind kind) {
  return formats::is_camera(kind) || kind == formats::DetectorKind::cspad ? "ADU" : "keV";
}

// The image on a grid, for pictures: a camera's pixels as they are, panels where they lie.
MeanImage picture_of(const Frames& frames, bool in_um) {
  const detector::PixelMap& map = frames.reader.detector->pixels();
  const detector::ImageLayout& layout = frames.reader.detector->layout();
  MeanImage image;
  image.rows = layout.rows;
  image.cols = layout.cols;
  image.values.assign(layout.cells(), std::numeric_limits<float>::quiet_NaN());
  for (std::size_t i = 0; i < frames.mean_image.size(); ++i)
    if (map.good[i] != 0) image.values[layout.cell.empty() ? i : layout.cell[i]] = frames.mean_image[i];
  if (in_um) {  // the outermost pixels are in the middle of row 0 and column 0
    image.pixel = pixel_pitch(map);
    image.x0 = *std::min_element(map.x.begin(), map.x.end());
    image.y0 = *std::min_element(map.y.begin(), map.y.end());
  }
  return image;
}

void warn_of_shape(const Settings& settings, const detector::ImageLayout& image,
                   std::vector<std::string>& warnings) {
  const DetectorSettings& expected = settings.detector;
  if (expected.rows == 0 || (expected.rows == image.rows && expected.cols == image.cols)) return;
  warnings.push_back(fmt::format("det_map.shape says {} x {}, the image of {} is {} x {}", expected.rows,
                                 expected.cols, expected.name, image.rows, image.cols));
}

void add_new(const std::vector<std::string>& words, std::vector<std::string>& to) {
  for (const std::string& one : words)
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
}

// Frames of the shots, the final cut, and the average of the used ones.
struct Averaged {
  Frames frames;
  I0Cut cut;
  std::vector<std::size_t> used;
  std::vector<double> average;
};

Averaged average_run(const Settings& settings, const Census& census,
                     const std::optional<reduction::Centre>& centre, const OpenShots& open,
                     const Hooks& hooks, reduction::WorkerPool& pool,
                     std::shared_ptr<const detector::AreaDetector>& detector) {
  Averaged run;
  run.cut = make_cut(settings, census.rows, census.lost);
  if (run.cut.histogram.counts.empty()) all_rejected(settings, census, census.lost);
  while (true) {
    run.frames = read_frames(settings, census, run.cut, centre, open, hooks, pool, detector);
    // The original's cut knows only shots that lack nothing, and that shows with the frames.
    if (is_original(settings)) {
      const I0Cut final_cut = make_cut(settings, census.rows, run.frames.lost);
      if (final_cut.histogram.counts.empty()) all_rejected(settings, census, run.frames.lost);
      const bool changed = final_cut.low != run.cut.low || final_cut.high != run.cut.high;
      run.cut = final_cut;
      if (changed) continue;
    }
    break;
  }
  run.used = used_rows(run.cut, run.frames);
  if (run.used.size() < fewest_shots(settings)) all_rejected(settings, census, run.frames.lost);
  run.average = average_profile(settings, run.frames.table, run.used);
  return run;
}

}  // namespace

RunCalibration run_calibration(const Settings& settings, const OpenShots& open, const Hooks& hooks) {
  check_settings(settings);
  const bool original = is_original(settings);
  reduction::WorkerPool pool(settings.threads);

  const Census census = count_shots(settings, open, hooks);
  std::shared_ptr<const detector::AreaDetector> detector;
  Averaged run = average_run(settings, census, std::nullopt, open, hooks, pool, detector);
  Measured measured = measure_average(settings, run.frames.reader, run.average, census.photon_energy_ev);
  CentreFit centre;
  if (!original) centre = fit_centre(measured, run.frames);
  std::vector<std::string> warnings;
  if (!original && settings.ring.centre == CentreChoice::fit) {
    if (centre.ok) {
      run = average_run(settings, census, centre.centre, open, hooks, pool, detector);
      measured = measure_average(settings, run.frames.reader, run.average, census.photon_energy_ev);
    } else {
      warnings.emplace_back("the centre of the ring cannot be fitted: the geometry's centre is used");
    }
  }
  fill_ring_and_ratio(measured.measure, run.frames.table);

  RunCalibration out;
  Result& result = out.result;
  result.warnings = warnings;
  result.i0_low = run.cut.low;
  result.i0_high = run.cut.high_written;
  result.i0_median = original ? run.cut.median : median(of_used(run.frames.table, run.used, &ShotRow::i0));
  result.peak_bin = measured.ring.peak_bin;
  result.delta_bin = settings.delta_bin;
  result.events_with_code = census.rows.size();
  result.events_used = run.used.size();
  result.average_azav = run.average;
  result.integrated_intensity = reduction::measure_ring(measured.measure, run.average);
  fill_ratios(run.frames.table, run.used, original, result);
  fill_jet(settings, run.frames, run.used, result);
  describe_ring(settings, measured, run.frames, census.photon_energy_ev, run.average, result.ring);
  result.ring.ratio_without_jet = ratio_without_jet(measured, run.frames.table, run.used);
  if (centre.ok) {
    result.ring.center_fit = {centre.centre.x, centre.centre.y};
    result.ring.center_fit_err = {centre.err_x, centre.err_y};
  }
  const Judgement judgement = judge_run(measured, run.frames, run.used);
  result.verdict = judgement.verdict;
  result.reasons = judgement.reasons;
  result.provenance = provenance_of(settings, census, run.frames, run.used.size());

  add_new(run.cut.warnings, result.warnings);
  add_new(run.frames.reader.detector->warnings(), result.warnings);
  warn_of_shape(settings, run.frames.reader.detector->layout(), result.warnings);
  add_new(census.notes, result.warnings);
  add_new(run.frames.notes, result.warnings);

  out.baseline = measured.ring.baseline;
  out.fitted_profile = measured.ring.fit_ok ? measured.ring.curve : std::vector<double>{};
  out.mean_image = picture_of(run.frames, result.ring.radius_unit == "um");
  out.pixel_unit = pixel_unit(census.detector.kind);
  out.jet_projection = run.frames.jet_projection;
  out.cut = run.cut;
  out.table = std::move(run.frames.table);
  return out;
}

}  // namespace jt::calibration
