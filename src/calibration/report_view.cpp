#include "calibration/report_view.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calibration/statistics.hpp"
#include "report/report.hpp"

namespace jt::calibration {
namespace {

using report::Fact;
using report::Section;
using report::Table;

std::string value(double number, const std::string& unit = "") {
  if (!std::isfinite(number)) return "-";
  const std::string digits = std::abs(number) >= 1e5 && std::abs(number) < 1e9
                                 ? fmt::format("{:.0f}", number)
                                 : fmt::format("{:.5g}", number);
  return unit.empty() ? digits : fmt::format("{} {}", digits, unit);
}

std::string with_error(double number, double error, const std::string& unit) {
  if (!std::isfinite(number)) return "-";
  if (!std::isfinite(error)) return value(number, unit);
  const std::string more_or_less = error >= 100 ? fmt::format("{:.0f}", error) : fmt::format("{:.2g}", error);
  return fmt::format("{} ± {} {}", value(number), more_or_less, unit);
}

std::string name_of(const DetectorName& detector) {
  return detector.alias.empty() ? detector.source : detector.alias;
}

std::string verdict_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "The ring is found and the window can be used.";
    case Verdict::check:
      return "The ring is found; look at the reasons before you use the window.";
    case Verdict::bad:
      break;
  }
  return "There is no ring to work with: the window means nothing.";
}

report::Verdict verdict_of(Verdict verdict) {
  if (verdict == Verdict::good) return report::Verdict::good;
  return verdict == Verdict::check ? report::Verdict::check : report::Verdict::bad;
}

std::vector<Fact> headline(const Result& r) {
  return {{"shots used", fmt::format("{} of {}", r.events_used, r.events_with_code), "with the event code"},
          {"peak", fmt::format("bin {}", r.peak_bin),
           fmt::format("window {} to {}", r.ring.window[0], r.ring.window[1])},
          {"ring radius", with_error(r.ring.radius, r.ring.radius_err, r.ring.radius_unit),
           std::isfinite(r.ring.q) ? fmt::format("q = {:.4g} 1/Å", r.ring.q) : ""},
          {"ratio", with_error(r.med_ratio, r.std_ratio, ""),
           fmt::format("without the jet {}", value(r.ring.ratio_without_jet))},
          {"contrast", value(r.ring.contrast), "standard errors; a ring needs 5"}};
}

std::vector<double> column(const ShotTable& table, double ShotRow::*member, bool used_only) {
  std::vector<double> values;
  for (const ShotRow& shot : table.shots)
    if (!used_only || shot.used) values.push_back(shot.*member);
  return values;
}

report::Histogram i0_histogram(const RunCalibration& run) {
  const Result& r = run.result;
  report::Histogram plot;
  plot.frame = {"Incoming intensity",
                "i0 of every shot with the event code. The shots between the limits of the cut are used.",
                fmt::format("i0: {} {} (as recorded)", r.provenance.i0_source, r.provenance.i0_quantity),
                "shots"};
  plot.edges = run.cut.histogram.edges;
  plot.counts.assign(run.cut.histogram.counts.begin(), run.cut.histogram.counts.end());
  plot.kept = report::Span{run.cut.low, run.cut.high};
  plot.marks = {{r.i0_median, "median"}};
  return plot;
}

std::vector<double> bin_middles(const Ring& ring) {
  std::vector<double> middles;
  for (std::size_t k = 0; k + 1 < ring.bin_edges.size(); ++k)
    middles.push_back((ring.bin_edges[k] + ring.bin_edges[k + 1]) / 2);
  return middles;
}

// Where a place among the bins lies as a radius.
double radius_of_bin(const Ring& ring, double bin) {
  if (ring.bin_edges.size() < 2) return bin;
  return ring.bin_edges[0] + (bin + 0.5) * (ring.bin_edges[1] - ring.bin_edges[0]);
}

report::Profile profile_plot(const RunCalibration& run) {
  const Ring& ring = run.result.ring;
  report::Profile plot;
  plot.frame = {
      "Radial profile",
      "The mean over the used shots. The shaded bins are summed to the ring's intensity; the line below "
      "is what would be there without the ring.",
      fmt::format("radius ({})", ring.radius_unit), fmt::format("mean pixel value ({})", run.pixel_unit)};
  plot.x = bin_middles(ring);
  plot.y = run.result.average_azav;
  if (ring.window[0] <= ring.window[1])
    plot.window =
        report::Span{radius_of_bin(ring, ring.window[0] - 0.5), radius_of_bin(ring, ring.window[1] + 0.5)};
  plot.peak = report::Mark{ring.radius, "peak"};
  for (const OtherRing& other : ring.others) plot.others.push_back({other.radius, "another ring"});
  if (std::isfinite(run.baseline.level)) {
    const double first = std::min(ring.baseline_window[0], ring.window[0]);
    const double last = std::max(ring.baseline_window[3], ring.window[1]);
    plot.baseline = report::Segment{radius_of_bin(ring, first), run.baseline.at(first),
                                    radius_of_bin(ring, last), run.baseline.at(last)};
  }
  if (run.fitted_profile.size() == plot.x.size()) {
    plot.fit_x = plot.x;
    plot.fit_y = run.fitted_profile;
  }
  return plot;
}

report::Histogram2d ring_against_i0(const RunCalibration& run) {
  const auto i0 = column(run.table, &ShotRow::i0, true), ring = column(run.table, &ShotRow::ring, true);
  report::Histogram2d plot = report::histogram_2d_of(i0, ring, 40, 40);
  plot.frame = {
      "Ring against i0",
      "Used shots. The line is the least-squares fit, the band the spread of the shots about it.",
      fmt::format("{} {} (as recorded)", run.result.provenance.i0_source, run.result.provenance.i0_quantity),
      fmt::format("ring sum ({})", run.pixel_unit)};
  if (std::isfinite(run.result.slope))
    plot.line =
        report::Histogram2d::Line{run.result.slope, run.result.intercept, run.result.residual_spread, "fit"};
  return plot;
}

report::Histogram ratio_histogram(const RunCalibration& run) {
  report::Histogram plot = report::histogram_of(column(run.table, &ShotRow::ratio, true), 50);
  plot.frame = {"Ratio of ring to i0", "Used shots.",
                fmt::format("ratio ({} per unit of i0)", run.pixel_unit), "shots"};
  plot.marks = {{run.result.med_ratio, "median"}};
  if (std::isfinite(run.result.ring.ratio_without_jet))
    plot.marks.push_back({run.result.ring.ratio_without_jet, "without the jet"});
  return plot;
}

// A quantity of the used shots against the time since the first shot.
report::Series against_time(const RunCalibration& run, double ShotRow::*member, report::Frame frame,
                            double level, double spread) {
  report::Series plot;
  plot.frame = std::move(frame);
  plot.frame.x_name = "time since the first shot (s)";
  for (const ShotRow& shot : run.table.shots) {
    if (!shot.used) continue;
    plot.x.push_back(seconds_between(run.table.shots.front().time, shot.time));
    plot.y.push_back(shot.*member);
  }
  if (std::isfinite(level)) plot.level = level;
  if (std::isfinite(level) && std::isfinite(spread)) plot.band = report::Span{level - spread, level + spread};
  return plot;
}

report::Profile jet_plot(const RunCalibration& run) {
  report::Profile plot;
  plot.frame = {"Jet projection", "The jet camera's picture projected, mean over the used shots.",
                "pixel of the projection (px)", "summed pixel values (ADU)"};
  for (std::size_t k = 0; k < run.jet_projection.size(); ++k) plot.x.push_back(static_cast<double>(k));
  plot.y = run.jet_projection;
  if (std::isfinite(run.result.jet_location_mean))
    plot.peak = report::Mark{run.result.jet_location_mean, "mean location"};
  return plot;
}

report::Image image_plot(const RunCalibration& run) {
  const MeanImage& mean = run.mean_image;
  const Ring& ring = run.result.ring;
  report::Image plot;
  plot.frame = {"Mean detector image",
                "The mean over the used shots with the ring and its window drawn on it.", "column (px)",
                "row (px)"};
  plot.value_name = fmt::format("mean pixel value ({})", run.pixel_unit);
  plot.rows = mean.rows;
  plot.cols = mean.cols;
  plot.pixels = mean.values;
  const double x = (ring.center[0] - mean.x0) / mean.pixel, y = (ring.center[1] - mean.y0) / mean.pixel;
  const auto circle = [&](double radius, const char* name, report::Circle::Style style) {
    plot.circles.push_back({x, y, radius / mean.pixel, name, style});
  };
  circle(ring.radius, "ring", report::Circle::Style::solid);
  if (ring.window[0] <= ring.window[1]) {
    circle(radius_of_bin(ring, ring.window[0] - 0.5), "window, inner edge", report::Circle::Style::dashed);
    circle(radius_of_bin(ring, ring.window[1] + 0.5), "window, outer edge", report::Circle::Style::dashed);
  }
  plot.center_x = report::Mark{x, "centre"};
  plot.center_y = y;
  return plot;
}

std::vector<Section> sections(const RunCalibration& run) {
  const Result& r = run.result;
  std::vector<Section> all = {
      {"Ring", "", {profile_plot(run), image_plot(run)}},
      {"Intensity", "", {i0_histogram(run), ring_against_i0(run)}},
      {"Ratio",
       "",
       {ratio_histogram(run), against_time(run, &ShotRow::ratio,
                                           {"Ratio against time", "Used shots.", "",
                                            fmt::format("ratio ({} per unit of i0)", run.pixel_unit)},
                                           r.mean_ratio, r.std_ratio)}}};
  if (!run.jet_projection.empty())
    all.push_back(
        {"Jet",
         "",
         {jet_plot(run), against_time(run, &ShotRow::jet_loc,
                                      {"Jet location against time", "Used shots.", "", "location (px)"},
                                      r.jet_location_mean, r.jet_location_std)}});
  return all;
}

Table results(const Result& r) {
  Table table{"Results", "", {}};
  const auto add = [&](const char* key, const std::string& words, const std::string& note = "") {
    table.rows.push_back({key, words, note});
  };
  add("i0_low, i0_high", value(r.i0_low) + ", " + value(r.i0_high), "the cut");
  add("i0_median", value(r.i0_median));
  add("peak_bin, delta_bin", fmt::format("{}, {}", r.peak_bin, r.delta_bin));
  add("ring radius", with_error(r.ring.radius, r.ring.radius_err, r.ring.radius_unit),
      r.ring.fit_ok ? "fitted" : "middle of the brightest bin");
  add("centre used", fmt::format("{}, {}", value(r.ring.center[0]), value(r.ring.center[1])),
      r.ring.radius_unit);
  add("centre fitted",
      with_error(r.ring.center_fit[0], r.ring.center_fit_err[0], "") + ", " +
          with_error(r.ring.center_fit[1], r.ring.center_fit_err[1], ""),
      r.ring.radius_unit);
  add("contrast", value(r.ring.contrast), "standard errors of the profile");
  add("integrated_intensity", value(r.integrated_intensity), "of the average profile");
  add("baseline", value(r.ring.baseline), "below the window");
  add("mean, median, std of the ratio",
      value(r.mean_ratio) + ", " + value(r.med_ratio) + ", " + value(r.std_ratio));
  add("ratio without the jet", value(r.ring.ratio_without_jet));
  add("int_low, int_median, int_high",
      value(r.int_low) + ", " + value(r.int_median) + ", " + value(r.int_high));
  add("slope, intercept", value(r.slope) + ", " + value(r.intercept), "ring = slope * i0 + intercept");
  add("jet location", with_error(r.jet_location_mean, r.jet_location_std, "px"));
  add("jet peak", with_error(r.jet_peak_mean, r.jet_peak_std, ""));
  for (const OtherRing& other : r.ring.others)
    add("another ring", fmt::format("bin {}", other.peak_bin), value(other.radius, r.ring.radius_unit));
  return table;
}

Table rejected(const Counts& counts) {
  Table table{"Shots", "", {}};
  const auto number = [](std::uint64_t n) { return fmt::format("{}", n); };
  table.rows.push_back({"seen", number(counts.seen), ""});
  table.rows.push_back({"with the event code", number(counts.with_code), ""});
  table.rows.push_back({"used", number(counts.used), ""});
  for (const auto& [cause, n] : counts.rejected) table.rows.push_back({"rejected: " + cause, number(n), ""});
  for (const auto& [kind, n] : counts.damage)
    table.rows.push_back({"damage: " + kind, number(n), "all shots"});
  return table;
}

Table origin(const Provenance& from) {
  Table table{"Where it came from", "", {}};
  table.rows = {{"run", fmt::format("{} {} run {}", from.hutch, from.experiment, from.run), ""},
                {"detector", from.detector.alias, from.detector.source},
                {"i0", from.i0_source + " " + from.i0_quantity, ""},
                {"photon energy", value(from.photon_energy_ev, "eV"), "mean of the run's EBeam readings"},
                {"config", from.config_sha256.substr(0, 16), "start of its SHA-256"}};
  if (!from.jet_camera.source.empty())
    table.rows.push_back({"jet camera", from.jet_camera.alias, from.jet_camera.source});
  for (const std::string& file : from.constants) table.rows.push_back({"constants", file, ""});
  return table;
}

}  // namespace

report::ReportData report_data(const RunCalibration& run) {
  const Result& r = run.result;
  const Provenance& from = r.provenance;
  report::ReportData data;
  data.title = fmt::format("Run {} calibration", from.run);
  data.subtitle = fmt::format("{} / {}, {}, {} shots with the event code", from.hutch, from.experiment,
                              name_of(from.detector), r.events_with_code);
  data.verdict = verdict_of(r.verdict);
  data.verdict_words = verdict_words(r.verdict);
  data.reasons = r.reasons;
  data.warnings = r.warnings;
  data.headline = headline(r);
  data.sections = sections(run);
  data.tables = {results(r), rejected(from.counts), origin(from)};
  data.footer = fmt::format("Jet Tracking {}, {}", from.program_version, from.time);
  return data;
}

}  // namespace jt::calibration
