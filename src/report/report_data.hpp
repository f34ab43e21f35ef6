// What a report shows, as plain data: verdict, numbers, tables, and plots of six kinds.
// Filled at the end of the walk (run calibration: src/calibration/report_view.cpp), drawn by report.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jt::report {

// Texts are plain text in UTF-8, whatever they hold; the page escapes them. Axis names carry their unit:
// "radius (um)". A value that is not finite is drawn as a gap.

struct Span {
  double low = 0, high = 0;
};

// A vertical line at x with a name in the legend.
struct Mark {
  double x = 0;
  std::string name;
};

// What every plot has. The caption says how to read it, in a sentence or two.
struct Frame {
  std::string title, caption, x_name, y_name;
};

// Counts between edges; `kept` is the part that a cut lets through, drawn strong, the rest pale.
struct Histogram {
  Frame frame;
  std::vector<double> edges;  // counts.size() + 1, rising
  std::vector<double> counts;
  std::optional<Span> kept;
  std::string kept_name = "used", rest_name = "rejected";
  std::vector<Mark> marks;
  std::size_t outside = 0;  // values beyond the edges: the caption tells
};

// A straight piece from (x0, y0) to (x1, y1).
struct Segment {
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// A curve over x with its peak: the radial profile with its ring, the projection of the jet.
struct Profile {
  Frame frame;
  std::vector<double> x, y;
  std::string curve_name = "mean";
  std::optional<Span> window;  // shaded
  std::string window_name = "window";
  std::optional<Mark> peak;
  std::vector<Mark> others;  // further peaks, drawn thin
  std::optional<Segment> baseline;
  std::vector<double> fit_x, fit_y;  // a fitted curve; empty: none
};

// How many shots fell where in (x, y), with the straight line fitted and a band of +-`band` about it.
struct Histogram2d {
  Frame frame;
  std::vector<double> x_edges, y_edges;
  std::vector<double> counts;  // row major, (y_edges.size() - 1) x (x_edges.size() - 1)
  struct Line {
    double slope = 0, intercept = 0, band = 0;
    std::string name = "fit";
  };
  std::optional<Line> line;
};

// One point per shot, with the median of consecutive blocks of shots, which shows a drift. The axis shows the
// bulk of the points at first (bulk_of); the caption tells how many lie beyond.
struct Series {
  Frame frame;
  std::vector<double> x, y;
  std::string points_name = "shot";
  std::optional<double> level;  // a horizontal line: the mean of all
  std::string level_name = "mean";
  std::optional<Span> band;  // shaded: +- one standard deviation
  std::string band_name = "standard deviation";
};

struct Circle {
  double x = 0, y = 0, radius = 0;  // in columns and rows of the image, pixel centres at integers
  std::string name;
  enum class Style : std::uint8_t { solid, dashed } style = Style::solid;
};

// An image with its colour scale and circles drawn on it. Row 0 is drawn at the top.
struct Image {
  Frame frame;
  std::string value_name;  // what the colour means, with its unit
  std::size_t rows = 0, cols = 0;
  std::vector<float> pixels;  // rows x cols, row major; NaN: masked or never read
  std::vector<Circle> circles;
  std::optional<Mark> center_x;  // a cross at (center_x->x, center_y) with that name
  double center_y = 0;
};

using Plot = std::variant<Histogram, Profile, Histogram2d, Series, Image>;

struct Section {
  std::string heading, words;
  std::vector<Plot> plots;
};

enum class Verdict : std::uint8_t { good, check, bad };

// One line of a table: "ring radius", "21.62 ± 0.03 px", "q = 2.1 1/A".
struct Fact {
  std::string name, value, note;
};

// A table of facts under a heading.
struct Table {
  std::string heading, words;
  std::vector<Fact> rows;
};

struct ReportData {
  std::string title, subtitle;  // "Run 40", "xcs / xcsjt1236, smallray, 1140 shots with event code 137"
  Verdict verdict = Verdict::check;
  std::string verdict_words;  // one sentence: "The ring is found and the window can be used."
  std::vector<std::string> reasons, warnings;
  std::vector<Fact> headline;  // the few numbers that matter, drawn large
  std::vector<Section> sections;
  std::vector<Table> tables;  // results, rejected events, where it came from
  std::string footer;         // program version and time
};

}  // namespace jt::report
