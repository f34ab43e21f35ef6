#include "sample_report_data.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <random>

#include "report/report.hpp"

namespace jt::test {
namespace {

using namespace report;

constexpr double ring_radius = 21.6;  // px
constexpr std::size_t side = 96;      // px
constexpr double center = 48;

struct Shots {
  std::vector<double> time, i0, ring, ratio, jet;
};

Shots made_up_shots() {
  std::mt19937 random(40);
  std::normal_distribution<double> normal;
  Shots shots;
  for (int shot = 0; shot < 1140; ++shot) {
    const double i0 = shot % 40 == 0 ? 0.02 : 0.85 + 0.18 * normal(random);
    const double drift = 1 + 0.12 * shot / 1140;
    shots.time.push_back(shot / 120.0);
    shots.i0.push_back(i0);
    shots.ring.push_back(70 + 144 * i0 * drift + 9 * normal(random));
    shots.ratio.push_back(shots.ring.back() / i0);
    shots.jet.push_back(512.3 + 1.5 * normal(random) + std::sin(shot / 100.0));
  }
  shots.ratio[100] = std::numeric_limits<double>::quiet_NaN();
  return shots;
}

double ring_at(double radius) { return 11 + 25 * std::exp(-0.5 * std::pow((radius - ring_radius) / 2.4, 2)); }

Plot i0_histogram(const Shots& shots) {
  Histogram plot = histogram_of(shots.i0, 50);
  plot.frame = {"i0 of all shots, and the cut", "Shots between the dashed lines are used.",
                "XCS-SB2-BMMON TotalIntensity (arb. units)", "shots"};
  plot.kept = Span{0.39, 1.21};
  plot.marks = {{0.84, "median of the used shots"}};
  return plot;
}

Plot radial_profile() {
  Profile plot;
  plot.frame = {"Average radial profile",
                "Mean over the good pixels of each radial bin, averaged over the used shots.", "radius (px)",
                "intensity per pixel (ADU)"};
  for (int bin = 0; bin < 100; ++bin) {
    plot.x.push_back((bin + 0.5) * 0.68);
    plot.y.push_back(bin < 4 ? std::numeric_limits<double>::quiet_NaN() : ring_at(plot.x.back()));
  }
  plot.window = Span{19.2, 24.0};
  plot.window_name = "window (bins 28 to 35)";
  plot.peak = Mark{ring_radius, "ring at 21.6 px"};
  plot.others = {{44.2, "second ring, score 6"}};
  plot.baseline = Segment{17, 14.5, 26, 14.5};
  return plot;
}

Plot ring_against_i0(const Shots& shots) {
  Histogram2d plot = histogram_2d_of(shots.i0, shots.ring, 60, 50);
  plot.frame = {"Ring sum against i0",
                "Every shot with i0 and a frame. Shots off the line had a jet that differed.",
                "i0 (arb. units)", "ring sum (ADU)"};
  plot.line = Histogram2d::Line{144, 71, 9, "fit: 144 i0 + 71"};
  return plot;
}

Plot ratio_histogram(const Shots& shots) {
  Histogram plot = histogram_of(shots.ratio, 60, Range::bulk);
  plot.frame = {"Ratio of ring sum to i0", "Used shots.", "ratio (ADU per unit of i0)", "shots"};
  return plot;
}

Plot ratio_series(const Shots& shots) {
  Series plot;
  plot.frame = {"Ratio against time", "A slope or a step here is a drift of the jet or of the beam.",
                "time since the first shot (s)", "ratio"};
  plot.x = shots.time;
  plot.y = shots.ratio;
  plot.level = 236;
  plot.level_name = "mean 236";
  plot.band = Span{200, 272};
  return plot;
}

Plot jet_projection() {
  Profile plot;
  plot.frame = {"Jet camera, projected along rows", "Mean over the used shots, background subtracted.",
                "column (px)", "projected intensity (ADU)"};
  for (int col = 0; col < 1024; ++col) {
    plot.x.push_back(col);
    plot.y.push_back(3e4 * std::exp(-0.5 * std::pow((col - 512.3) / 14, 2)) + 400 * std::sin(col * 0.7));
  }
  plot.peak = Mark{512.3, "jet at 512.3 px"};
  return plot;
}

Plot jet_series(const Shots& shots) {
  Series plot;
  plot.frame = {"Jet location against time", "", "time since the first shot (s)", "jet location (px)"};
  plot.x = shots.time;
  plot.y = shots.jet;
  plot.level = 512.3;
  return plot;
}

Plot mean_image(std::size_t scale) {
  std::mt19937 random(41);
  std::normal_distribution<float> normal;
  Image plot;
  plot.frame = {"Mean detector image", "Mean over the used shots. Grey pixels are masked.", "column (px)",
                "row (px)"};
  plot.value_name = "intensity (ADU)";
  plot.rows = plot.cols = side * scale;
  const double stretch = static_cast<double>(scale);
  for (std::size_t row = 0; row < plot.rows; ++row)
    for (std::size_t col = 0; col < plot.cols; ++col) {
      const double x = static_cast<double>(col) / stretch - center,
                   y = static_cast<double>(row) / stretch - center;
      plot.pixels.push_back(static_cast<float>(ring_at(std::hypot(x, y))) + 0.6f * normal(random));
      if (row / scale == 60 || std::hypot(x, y) < 3)
        plot.pixels.back() = std::numeric_limits<float>::quiet_NaN();
    }
  plot.pixels[5] = 60000;
  for (const auto& [radius, name, style] : {std::tuple{ring_radius, "ring", Circle::Style::solid},
                                            {19.2, "window, inner edge", Circle::Style::dashed},
                                            {24.0, "window, outer edge", Circle::Style::dashed}})
    plot.circles.push_back({center * stretch, center * stretch, radius * stretch, name, style});
  plot.center_x = Mark{center * stretch, "beam centre"};
  plot.center_y = center * stretch;
  return plot;
}

void fill_words(ReportData& data) {
  switch (data.verdict) {
    case Verdict::good:
      data.verdict_words = "The ring is clear and steady. The live process can use this window.";
      break;
    case Verdict::check:
      data.verdict_words = "A ring is found. Look at the reasons below before the live process uses it.";
      data.reasons = {"the ratio drifted by 11 % within the run"};
      data.warnings = {"12 shots with saturated pixels (0.02 % of the pixels of the window)",
                       "opal_1: the profile along axis 1 is flat. Try jet_cam.axis: 0?"};
      break;
    case Verdict::bad:
      data.verdict_words = "No ring stands out of the profile. Do not use this calibration.";
      data.reasons = {"no ring: the best peak stands 2.1 standard errors above its sides (5 are needed)",
                      "only 12 shots used"};
      break;
  }
}

void fill_numbers(ReportData& data) {
  data.headline = {{"Ring radius", "21.62 \u00b1 0.03 px", "q = 1.94 1/\u00c5"},
                   {"Window", "bins 28 to 35", "19.2 to 24.0 px"},
                   {"Ratio, median", "236.1", "standard deviation 54.0"},
                   {"Shots used", "1074 of 1140", "94.2 % of those with code 137"},
                   {"i0 cut", "0.39 to 1.21", "median 0.84"}};
  data.tables = {
      {"Results",
       "",
       {{"peak bin", "31", "delta 3"},
        {"slope", "144.46", "ring sum per unit of i0"},
        {"intercept", "70.59", ""},
        {"contrast", "412", "standard errors; 5 are needed"}}},
      {"Rejected events",
       "",
       {{"i0 below the cut", "41", "3.6 %"}, {"i0 above the cut", "25", "2.2 %"}, {"no frame", "0", ""}}},
      {"Where it came from",
       "",
       {{"run", "xcs / xcsjt1236 / 40", ""},
        {"detector", "smallray", "DetInfo(XcsEndstation.0:Rayonix.0)"},
        {"configuration", "run40.yml",
         "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}}};
}

}  // namespace

ReportData sample_report_data(Verdict verdict) {
  const Shots shots = made_up_shots();
  ReportData data;
  data.title = "Run 40";
  data.subtitle = "xcs / xcsjt1236 \u00b7 detector smallray \u00b7 24 November 2026 03:40 UTC";
  data.verdict = verdict;
  fill_words(data);
  fill_numbers(data);
  data.sections = {{"The ring", "", {radial_profile(), mean_image(verdict == Verdict::bad ? 20 : 1)}},
                   {"Intensity",
                    "",
                    {i0_histogram(shots), ring_against_i0(shots), ratio_histogram(shots), jet_projection()}},
                   {"Within the run", "", {ratio_series(shots), jet_series(shots)}}};
  data.footer = "jt 0.1.0, made-up data";
  return data;
}

}  // namespace jt::test
