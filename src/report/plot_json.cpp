#include "report/plot_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "report/escape.hpp"
#include "report/report.hpp"

namespace jt::report {
namespace {

using nlohmann::json;

// A page of plots stays near 1.6 MB: plotly.js takes 1.5 MB of it.
constexpr std::size_t largest_image = 300'000;  // pixels; 16 bits in base64: 0.8 MB
constexpr std::size_t most_points = 5'000;      // of a series; beyond it every k-th is drawn
constexpr std::size_t trend_blocks = 25;
constexpr std::size_t fewest_in_block = 8;

// Seven digits are more than a plot shows and half the size of seventeen.
json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(fmt::format("{:.7g}", value).c_str(), nullptr);
}

json numbers(const std::vector<double>& values) {
  json list = json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

json span(const std::optional<Span>& span) {
  return span ? json::array({number(span->low), number(span->high)}) : json(nullptr);
}

json mark(const Mark& mark) { return {{"x", number(mark.x)}, {"name", mark.name}}; }

json marks(const std::vector<Mark>& list) {
  json out = json::array();
  for (const Mark& one : list) out.push_back(mark(one));
  return out;
}

json framed(const char* kind, const Frame& frame) {
  return {{"kind", kind}, {"title", frame.title}, {"x_name", frame.x_name}, {"y_name", frame.y_name}};
}

json drawn(const Histogram& plot) {
  json out = framed("histogram", plot.frame);
  out["edges"] = numbers(plot.edges);
  out["counts"] = numbers(plot.counts);
  out["kept"] = span(plot.kept);
  out["kept_name"] = plot.kept_name;
  out["rest_name"] = plot.rest_name;
  out["marks"] = marks(plot.marks);
  return out;
}

json drawn(const Profile& plot) {
  json out = framed("profile", plot.frame);
  out["x"] = numbers(plot.x);
  out["y"] = numbers(plot.y);
  out["curve_name"] = plot.curve_name;
  out["window"] = span(plot.window);
  out["window_name"] = plot.window_name;
  out["peak"] = plot.peak ? mark(*plot.peak) : json(nullptr);
  out["others"] = marks(plot.others);
  out["fit_x"] = numbers(plot.fit_x);
  out["fit_y"] = numbers(plot.fit_y);
  out["baseline"] =
      plot.baseline ? numbers({plot.baseline->x0, plot.baseline->y0, plot.baseline->x1, plot.baseline->y1})
                    : json(nullptr);
  return out;
}

json drawn(const Histogram2d& plot) {
  json out = framed("histogram_2d", plot.frame);
  out["x_edges"] = numbers(plot.x_edges);
  out["y_edges"] = numbers(plot.y_edges);
  out["counts"] = numbers(plot.counts);
  out["line"] = nullptr;
  if (plot.line)
    out["line"] = {{"slope", number(plot.line->slope)},
                   {"intercept", number(plot.line->intercept)},
                   {"band", number(plot.line->band)},
                   {"name", plot.line->name}};
  return out;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// Medians of consecutive blocks of shots; too few shots make no blocks.
json trend(const Series& plot) {
  const std::size_t points = std::min(plot.x.size(), plot.y.size());
  const std::size_t block = std::max(fewest_in_block, (points + trend_blocks - 1) / trend_blocks);
  json out = {{"x", json::array()}, {"y", json::array()}, {"block", block}};
  if (points < 2 * block) return out;
  for (std::size_t first = 0; first + block <= points; first += block) {
    std::vector<double> x, y;
    for (std::size_t i = first; i < first + block; ++i) {
      if (!std::isfinite(plot.x[i]) || !std::isfinite(plot.y[i])) continue;
      x.push_back(plot.x[i]);
      y.push_back(plot.y[i]);
    }
    if (x.empty()) continue;
    out["x"].push_back(number(median(x)));
    out["y"].push_back(number(median(y)));
  }
  return out;
}

json drawn(const Series& plot) {
  json out = framed("series", plot.frame);
  const std::size_t points = std::min(plot.x.size(), plot.y.size());
  const std::size_t stride = std::max<std::size_t>(1, (points + most_points - 1) / most_points);
  std::vector<double> x, y;
  for (std::size_t i = 0; i < points; i += stride) {
    x.push_back(plot.x[i]);
    y.push_back(plot.y[i]);
  }
  out["x"] = numbers(x);
  out["y"] = numbers(y);
  out["points_name"] =
      stride == 1 ? plot.points_name : fmt::format("{} (every {} is drawn)", plot.points_name, stride);
  out["trend"] = trend(plot);
  out["level"] = plot.level ? number(*plot.level) : json(nullptr);
  out["level_name"] = plot.level_name;
  out["band"] = span(plot.band);
  out["band_name"] = plot.band_name;
  out["y_range"] = span(range_of(plot.y, Range::bulk));
  return out;
}

std::vector<float> finite_pixels(const Image& image) {
  std::vector<float> finite;
  std::copy_if(image.pixels.begin(), image.pixels.end(), std::back_inserter(finite),
               [](float p) { return std::isfinite(p); });
  return finite;
}

double quantile(std::vector<float>& values, double share) {
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

// Values as 16-bit little-endian steps from the lowest to the highest; 0xffff where there is none.
struct Steps {
  double zero = 0, step = 1;
  std::vector<std::uint8_t> bytes;
};

Steps in_steps(const Image& image, std::span<const float> finite) {
  constexpr double top = 0xfffe;
  Steps steps;
  if (!finite.empty()) {
    const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
    steps.zero = *low;
    steps.step = std::max((double{*high} - double{*low}) / top, std::numeric_limits<double>::min());
  }
  for (const float pixel : image.pixels) {
    unsigned value = 0xffff;
    if (std::isfinite(pixel))
      value =
          static_cast<unsigned>(std::clamp(std::round((double{pixel} - steps.zero) / steps.step), 0.0, top));
    steps.bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
    steps.bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  }
  return steps;
}

json circles(const Image& image) {
  json out = json::array();
  for (const Circle& circle : image.circles)
    out.push_back({{"x", number(circle.x)},
                   {"y", number(circle.y)},
                   {"radius", number(circle.radius)},
                   {"name", circle.name},
                   {"dashed", circle.style == Circle::Style::dashed}});
  return out;
}

// Few hot pixels must not hide the ring: the colours span 0.5 % to 99.8 % of the pixels.
json color_range(std::vector<float> finite) {
  if (finite.empty()) return json::array({0, 1});
  return json::array({number(quantile(finite, 0.005)), number(quantile(finite, 0.998))});
}

// The mean of the finite pixels of one block of the original; NaN without any.
float block_mean(const Image& image, std::size_t first_row, std::size_t first_col, std::size_t factor) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t row = first_row; row < std::min(first_row + factor, image.rows); ++row)
    for (std::size_t col = first_col; col < std::min(first_col + factor, image.cols); ++col) {
      const float pixel = image.pixels[row * image.cols + col];
      if (!std::isfinite(pixel)) continue;
      sum += double{pixel};
      ++count;
    }
  return count == 0 ? std::numeric_limits<float>::quiet_NaN()
                    : static_cast<float>(sum / static_cast<double>(count));
}

// Each pixel the mean of factor x factor pixels of the original.
Image reduced(const Image& image, std::size_t factor) {
  Image small = image;
  small.rows = (image.rows + factor - 1) / factor;
  small.cols = (image.cols + factor - 1) / factor;
  small.pixels.clear();
  for (std::size_t row = 0; row < image.rows; row += factor)
    for (std::size_t col = 0; col < image.cols; col += factor)
      small.pixels.push_back(block_mean(image, row, col, factor));
  return small;
}

json drawn(const Image& plot) {
  assert(plot.pixels.size() == plot.rows * plot.cols);
  const std::size_t factor = page_factor(plot);
  const Image image = factor == 1 ? plot : reduced(plot, factor);
  json out = framed("image", image.frame);
  const std::vector<float> finite = finite_pixels(image);
  const Steps steps = in_steps(image, finite);
  out["rows"] = image.rows;
  out["cols"] = image.cols;
  out["factor"] = factor;
  out["zero"] = steps.zero;
  out["step"] = steps.step;
  out["steps"] = base64(steps.bytes);
  out["colors"] = color_range(finite);
  out["value_name"] = image.value_name;
  out["circles"] = circles(image);
  out["center"] = nullptr;
  if (image.center_x)
    out["center"] = {
        {"x", number(image.center_x->x)}, {"y", number(image.center_y)}, {"name", image.center_x->name}};
  return out;
}

}  // namespace

std::size_t page_factor(const Image& image) {
  std::size_t factor = 1;
  while (image.rows * image.cols / (factor * factor) > largest_image) ++factor;
  return factor;
}

json plot_json(const Plot& plot) {
  return std::visit([](const auto& one) { return drawn(one); }, plot);
}

const Frame& frame_of(const Plot& plot) {
  return std::visit([](const auto& one) -> const Frame& { return one.frame; }, plot);
}

}  // namespace jt::report
