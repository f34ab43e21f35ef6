#include "pipeline/profile_monitor.hpp"

#include <algorithm>
#include <cmath>

#include "reduction/ring_window.hpp"

namespace jt::pipeline {
namespace {

constexpr std::uint64_t fewest_shots = 5;  // fewer tell no scatter
constexpr double longest_s = 10;           // a report with fewer is due then
constexpr double clear = 5;                // standard errors, as a ring needs in a calibration
constexpr double ring_is_there = 0.3;  // of the calibrated height: below, the jet is lost and nothing moved
constexpr double background_jump = 0.25;  // of the calibrated background

struct Peak {
  double position = 0, height = 0, error = 0;
  bool found = false;
};

// The highest point above a straight line through the ends of peak - reach ... peak + reach; a parabola
// through it and its neighbours gives the place between bins.
Peak peak_about(std::span<const double> profile, std::span<const double> error, int peak, int reach) {
  const int last = static_cast<int>(profile.size()) - 1;
  const int from = std::max(peak - reach, 1), to = std::min(peak + reach, last - 1);
  Peak best;
  if (to - from < 4) return best;
  const auto at = [&](int bin) { return profile[static_cast<std::size_t>(bin)]; };
  const double slope = (at(to) - at(from)) / (to - from);
  const auto above = [&](int bin) { return at(bin) - at(from) - slope * (bin - from); };
  for (int bin = from + 1; bin < to; ++bin) {
    if (!std::isfinite(above(bin)) || (best.found && above(bin) <= best.height)) continue;
    best = {static_cast<double>(bin), above(bin), error.empty() ? 0 : error[static_cast<std::size_t>(bin)],
            true};
  }
  if (!best.found) return best;
  const int bin = static_cast<int>(best.position);
  const double curve = above(bin - 1) - 2 * above(bin) + above(bin + 1);
  if (curve < 0) best.position += 0.5 * (above(bin - 1) - above(bin + 1)) / curve;
  return best;
}

double mean_of(std::span<const double> profile, int from, int to) {
  double sum = 0;
  int count = 0;
  for (int bin = std::max(from, 0); bin <= std::min(to, static_cast<int>(profile.size()) - 1); ++bin)
    if (std::isfinite(profile[static_cast<std::size_t>(bin)]))
      sum += profile[static_cast<std::size_t>(bin)], ++count;
  return count > 0 ? sum / count : std::nan("");
}

// The bins just beside where the ring is now: what lies under it.
double background_about(std::span<const double> profile, int peak, int delta) {
  const double left = mean_of(profile, peak - 3 * delta - 2, peak - 2 * delta - 1);
  const double right = mean_of(profile, peak + 2 * delta + 1, peak + 3 * delta + 2);
  if (!std::isfinite(left)) return right;
  return std::isfinite(right) ? (left + right) / 2 : left;
}

}  // namespace

std::string_view name(ProfileReport::State state) {
  switch (state) {
    case ProfileReport::State::as_calibrated:
      return "as calibrated";
    case ProfileReport::State::ring_moved:
      return "ring moved";
    case ProfileReport::State::background_changed:
      return "background changed";
    case ProfileReport::State::unknown:
      break;
  }
  return "unknown";
}

ProfileReport compare_profiles(std::span<const double> mean, std::span<const double> error, double i0,
                               const Window& window) {
  ProfileReport report;
  report.window_id = window.id;
  report.profile.assign(mean.begin(), mean.end());
  const calibration::Result& from = window.calibration->result;
  const std::vector<double>& before = from.average_azav;
  if (before.size() != mean.size() || !(i0 > 0) || !(from.i0_median > 0)) return report;
  const int delta = std::max(from.delta_bin, 2), reach = 4 * delta + 2;
  const Peak was = peak_about(before, {}, from.peak_bin, reach),
             is = peak_about(mean, error, from.peak_bin, reach);
  if (!was.found || !is.found) return report;

  report.state = ProfileReport::State::as_calibrated;
  const double relative = i0 / from.i0_median;
  const bool ring = is.height > clear * is.error && is.height > ring_is_there * was.height * relative;
  const double background_was = background_about(before, static_cast<int>(std::lround(was.position)), delta);
  const double background_is =
      background_about(mean, static_cast<int>(std::lround(ring ? is.position : was.position)), delta);
  if (std::isfinite(background_is) && background_was > 0)
    report.background_ratio = background_is / relative / background_was;
  if (!ring) report.state = ProfileReport::State::unknown;
  if (report.background_ratio > 0 && std::abs(report.background_ratio - 1) > background_jump)
    report.state = ProfileReport::State::background_changed;
  if (!ring) return report;
  report.moved_bins = is.position - was.position;
  if (std::abs(report.moved_bins) > std::max(from.delta_bin, 1) / 2.0)
    report.state = ProfileReport::State::ring_moved;
  return report;
}

ProfileReport ProfileMonitor::finish() {
  ProfileReport report;
  const double n = static_cast<double>(shots_);
  std::vector<double> mean(sum_.size()), error(sum_.size());
  for (std::size_t bin = 0; bin < sum_.size(); ++bin) {
    mean[bin] = sum_[bin] / n;
    error[bin] = std::sqrt(std::max(square_sum_[bin] / n - mean[bin] * mean[bin], 0.0) / n);
  }
  if (shots_ >= fewest_shots && window_->calibration)
    report = compare_profiles(mean, error, i0_ / n, *window_);
  else
    report.profile = mean;
  report.window_id = window_->id;
  report.shots = shots_;
  shots_ = 0;
  return report;
}

std::optional<ProfileReport> ProfileMonitor::add(const ShotResult& shot,
                                                 const std::shared_ptr<const Window>& window) {
  std::optional<ProfileReport> report;
  const double since = seconds_between(begin_, shot.time);
  const bool due = (since >= 1 && shots_ >= fewest_shots) || since >= longest_s;
  if (shots_ > 0 && (due || since < 0 || window != window_ || shot.profile.size() != sum_.size()))
    report = finish();
  if (shots_ == 0) {
    window_ = window;
    begin_ = shot.time;
    i0_ = 0;
    sum_.assign(shot.profile.size(), 0);
    square_sum_ = sum_;
  }
  ++shots_;
  i0_ += shot.i0;
  for (std::size_t bin = 0; bin < sum_.size(); ++bin) {
    sum_[bin] += shot.profile[bin];
    square_sum_[bin] += shot.profile[bin] * shot.profile[bin];
  }
  return report;
}

}  // namespace jt::pipeline
