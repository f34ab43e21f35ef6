#include "apps/jt/calibration_words.hpp"

#include <fmt/format.h>

#include <cmath>

#include "apps/jt/words.hpp"

namespace jt::app {
namespace {

using calibration::Result;

std::string list_lines(std::string_view title, const std::vector<std::string>& items) {
  std::string lines;
  for (const std::string& item : items) lines += fmt::format("  {}: {}\n", title, printable(item));
  return lines;
}

// Two digits, and all of them before the point.
std::string error_words(double error) {
  return error >= 100 ? fmt::format("{:.0f}", error) : number_words(error, 2);
}

std::string ring_words(const Result& result) {
  const calibration::Ring& ring = result.ring;
  std::string radius = "not known";
  if (std::isfinite(ring.radius)) {
    radius = fmt::format("{} {}", number_words(ring.radius, 5), ring.radius_unit);
    if (std::isfinite(ring.radius_err)) radius += fmt::format(" (error {})", error_words(ring.radius_err));
    if (std::isfinite(ring.q)) radius += fmt::format(", q {} 1/angstrom", number_words(ring.q, 4));
  }
  Table table({"Ring", ""});
  table.add({"peak bin", fmt::format("{} of {}", result.peak_bin, result.average_azav.size())});
  table.add({"radius", radius});
  if (std::isfinite(ring.center_fit[0]))
    table.add({"centre",
               fmt::format("x {} (error {}), y {} (error {}) {}, fitted", number_words(ring.center_fit[0], 5),
                           error_words(ring.center_fit_err[0]), number_words(ring.center_fit[1], 5),
                           error_words(ring.center_fit_err[1]), ring.radius_unit)});
  table.add(
      {"window", fmt::format("bins {} to {} (delta {}){}", ring.window[0], ring.window[1], result.delta_bin,
                             ring.window_clipped ? ", cut at the end of the profile" : "")});
  table.add({"contrast", fmt::format("{} standard errors", number_words(ring.contrast, 4))});
  table.add(
      {"ring sum", fmt::format("{} of the mean, median of the shots {}",
                               number_words(result.integrated_intensity), number_words(result.int_median))});
  table.add({"model", fmt::format("{}, {}", ring.model, ring.metric)});
  return table.text();
}

std::string ratio_words(const Result& result) {
  Table table({"i0 and ratio", ""});
  table.add({"i0", fmt::format("{} {}", printable(result.provenance.i0_source),
                               printable(result.provenance.i0_quantity))});
  table.add({"i0 cut", fmt::format("{} to {}, median {}", number_words(result.i0_low),
                                   number_words(result.i0_high), number_words(result.i0_median))});
  table.add({"ratio", fmt::format("mean {}, median {}, spread {}", number_words(result.mean_ratio),
                                  number_words(result.med_ratio), number_words(result.std_ratio, 4))});
  table.add({"without jet", number_words(result.ring.ratio_without_jet)});
  return table.text();
}

std::string shots_words(const Result& result) {
  const calibration::Counts& counts = result.provenance.counts;
  Table table({"Shots", ""}, {Table::Align::left, Table::Align::right});
  table.add({"looked at", fmt::to_string(counts.seen)});
  table.add({"with the event code", fmt::to_string(result.events_with_code)});
  table.add({"used", fmt::to_string(result.events_used)});
  for (const auto& [cause, count] : counts.rejected)
    table.add({fmt::format("rejected: {}", cause), fmt::to_string(count)});
  for (const auto& [kind, count] : counts.damage)
    table.add({fmt::format("damage: {}", kind), fmt::to_string(count)});
  return table.text();
}

std::string jet_words(const Result& result) {
  if (result.provenance.jet_camera.source.empty()) return "";
  Table table({"Jet camera", ""});
  const auto with_spread = [](double mean, double spread) {
    return std::isfinite(mean) ? fmt::format("{}, spread {}", number_words(mean), number_words(spread, 4))
                               : std::string("not found");
  };
  table.add({"location", with_spread(result.jet_location_mean, result.jet_location_std)});
  table.add({"peak", with_spread(result.jet_peak_mean, result.jet_peak_std)});
  return fmt::format("\n{}", table.text());
}

std::string files_words(const calibration::OutputPlaces& places) {
  Table table({"Files", ""});
  table.add({"result", places.result.string()});
  table.add({"report", places.report.string()});
  table.add({"shots", places.small_data.string()});
  return table.text();
}

}  // namespace

std::string calibration_words(const Result& result, const calibration::OutputPlaces& places) {
  const calibration::Provenance& from = result.provenance;
  const std::string title = fmt::format(
      "Verdict: {}  ({} run {}, {})\n", calibration::name(result.verdict), printable(from.experiment),
      from.run, printable(from.detector.alias.empty() ? from.detector.source : from.detector.alias));
  return title + list_lines("because", result.reasons) + list_lines("warning", result.warnings) + "\n" +
         ring_words(result) + "\n" + ratio_words(result) + "\n" + shots_words(result) + jet_words(result) +
         "\n" + files_words(places);
}

}  // namespace jt::app
