#include "control/profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace jt::control {
namespace {

constexpr std::array shapes{Shape::gaussian, Shape::soft_round, Shape::round, Shape::flat};

// One shape as a table over u = 2 |x| / fwhm, 0 to 4 in steps of 1/64; linear between.
struct Table {
  static constexpr int per_unit = 64, size = 4 * per_unit + 2;
  std::array<double, size> g{};
  [[nodiscard]] double value(double u) const {
    const double place = u * per_unit;
    if (!(place < size - 1)) return 0;
    const auto index = static_cast<std::size_t>(place);
    return g[index] + (place - static_cast<double>(index)) * (g[index + 1] - g[index]);
  }
};

// Thickness of a jet of half width 1, t away from its middle, seen through a Gaussian smear of rms `smear`.
double smeared(bool box, double smear, double t) {
  constexpr int cells = 400;
  double sum = 0, weight = 0;
  for (int i = -cells; i <= cells; ++i) {
    const double z = 5.0 * i / cells;
    const double at = t + smear * z, w = std::exp(-0.5 * z * z);
    if (std::abs(at) < 1) sum += w * (box ? 1 : std::sqrt(1 - at * at));
    weight += w;
  }
  return sum / weight;
}

Table make_table(Shape shape) {
  Table table;
  const bool box = shape == Shape::flat;
  const double smear = shape == Shape::soft_round ? 0.45 : shape == Shape::round ? 0.1 : 0.2;
  const double top = smeared(box, smear, 0);
  double half = 0, outside = 4;
  for (int i = 0; i < 50; ++i) {
    const double middle = 0.5 * (half + outside);
    (smeared(box, smear, middle) > 0.5 * top ? half : outside) = middle;
  }
  for (int i = 0; i < Table::size; ++i) {
    const double u = static_cast<double>(i) / Table::per_unit;
    table.g[static_cast<std::size_t>(i)] =
        shape == Shape::gaussian ? std::exp2(-u * u) : smeared(box, smear, u * half) / top;
  }
  return table;
}

const Table& table_of(Shape shape) {
  static const std::array tables{make_table(Shape::gaussian), make_table(Shape::soft_round),
                                 make_table(Shape::round), make_table(Shape::flat)};
  return tables.at(static_cast<std::size_t>(shape));
}
constexpr double width_prior =
    0.25;  // told to +/-30 %, uniform: 17 % rms; wider for a told value that is wrong

struct Weighted {
  std::vector<double> x, y, w;
  double highest_background = 0;
};

// Variance of a point: its own error, and 1.5 % of the largest point for the shape that is never exactly
// right.
Weighted weigh(std::span<const Point> points) {
  Weighted data;
  double largest = 0;
  data.highest_background = std::numeric_limits<double>::infinity();
  for (const Point& point : points) {
    largest = std::max(largest, std::abs(point.mean));
    data.highest_background = std::min(data.highest_background, std::max(0.0, point.mean) + 2 * point.error);
  }
  for (const Point& point : points) {
    const double own = std::max(point.error, 1e-9);
    data.x.push_back(point.x_um);
    data.y.push_back(point.mean);
    data.w.push_back(1 / (own * own + 0.015 * 0.015 * largest * largest));
  }
  return data;
}

struct Line {
  double amplitude = 0, background = 0, chi2 = std::numeric_limits<double>::infinity();
};

// Height and background for one shape: weighted 2 x 2 normal equations. The background is no less than 0 and
// no more than the lowest point shows: where all points lie on the jet the shape alone says little about it.
Line solve(const Weighted& data, const Profile& profile, double centre, std::vector<double>& g) {
  const Table& table = table_of(profile.shape);
  const double per_um = 2 / profile.fwhm_um;
  double s = 0, sg = 0, sgg = 0, sy = 0, sgy = 0, syy = 0;
  for (std::size_t i = 0; i < data.x.size(); ++i) {
    const double w = data.w[i], y = data.y[i];
    g[i] = table.value(std::abs(data.x[i] - centre) * per_um);
    s += w;
    sg += w * g[i];
    sgg += w * g[i] * g[i];
    sy += w * y;
    sgy += w * g[i] * y;
    syy += w * y * y;
  }
  Line line;
  const double determinant = s * sgg - sg * sg;
  if (determinant > 1e-9 * s * sgg) {
    line.amplitude = (s * sgy - sg * sy) / determinant;
    line.background = (sgg * sy - sg * sgy) / determinant;
  }
  const double allowed = std::clamp(line.background, 0.0, data.highest_background);
  if (!(determinant > 1e-9 * s * sgg) || line.background != allowed) {
    if (!(sgg > 0)) return line;
    line.background = allowed;
    line.amplitude = (sgy - allowed * sg) / sgg;
  }
  if (!(line.amplitude > 0)) return line;
  const double a = line.amplitude, b = line.background;
  line.chi2 = std::max(0.0, syy - 2 * a * sgy - 2 * b * sy + a * a * sgg + 2 * a * b * sg + b * b * s);
  return line;
}

struct Best {
  Profile profile;
  double centre = 0;
  Line line;
  double score = std::numeric_limits<double>::infinity();
};

double width_penalty(double fwhm, double told) {
  const double log_ratio = std::log(fwhm / told) / width_prior;
  return log_ratio * log_ratio;
}

// The best width and shape at one centre.
Best best_at(const Weighted& data, double centre, std::span<const double> widths, double told,
             std::vector<double>& g) {
  Best best;
  for (const Shape shape : shapes) {
    for (const double width : widths) {
      const Profile profile{width, shape};
      const Line line = solve(data, profile, centre, g);
      const double score = line.chi2 + width_penalty(width, told);
      if (score < best.score) best = {profile, centre, line, score};
    }
  }
  return best;
}

std::vector<double> widths_around(double middle, double factor, int each_side) {
  std::vector<double> widths;
  for (int i = -each_side; i <= each_side; ++i)
    widths.push_back(middle * std::pow(factor, static_cast<double>(i) / each_side));
  return widths;
}

Best search_centres(const Weighted& data, double low, double high, double step,
                    std::span<const double> widths, double told, std::vector<double>& g) {
  Best best;
  const int count = std::clamp(static_cast<int>(std::ceil((high - low) / step)), 1, 400);
  for (int i = 0; i <= count; ++i) {
    const double centre = low + (high - low) * i / count;
    const Best here = best_at(data, centre, widths, told, g);
    if (here.score < best.score) best = here;
  }
  return best;
}

// Outliers weigh less: a point 2 standard errors away or more counts as if it lay 2 away.
void reweigh(Weighted& data, const Weighted& original, const Best& best) {
  for (std::size_t i = 0; i < data.x.size(); ++i) {
    const double fitted =
        best.line.amplitude * best.profile.value(data.x[i] - best.centre) + best.line.background;
    const double pull = std::abs(data.y[i] - fitted) * std::sqrt(original.w[i]);
    data.w[i] = original.w[i] * (pull > 2 ? 2 / pull : 1);
  }
}

// Standard error of the centre: where the score has risen by 1, width and shape adjusted on the way.
double centre_error(const Weighted& data, const Best& best, std::span<const double> widths, double told,
                    std::vector<double>& g) {
  double step = 0.02 * best.profile.fwhm_um;
  for (int doubling = 0; doubling < 6; ++doubling, step *= 2) {
    const double rise = 0.5 * (best_at(data, best.centre - step, widths, told, g).score +
                               best_at(data, best.centre + step, widths, told, g).score) -
                        best.score;
    if (rise >= 0.5) return step / std::sqrt(rise);
  }
  return step;
}

}  // namespace

double Profile::value(double offset_um) const {
  return table_of(shape).value(std::abs(2 * offset_um / fwhm_um));
}

double Profile::slope(double offset_um) const {
  const double reach = fwhm_um / 64;
  return (value(offset_um + reach) - value(offset_um - reach)) / (2 * reach);
}

double Profile::offset_at(double level) const {
  double inside = 0, outside = 2 * fwhm_um;
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (inside + outside);
    (value(middle) > level ? inside : outside) = middle;
  }
  return inside;
}

PeakFit fit_peak(std::span<const Point> points, double low_um, double high_um, double fwhm_um,
                 double highest_background) {
  PeakFit fit;
  if (points.size() < 3 || !(high_um > low_um)) return fit;
  Weighted original = weigh(points);
  original.highest_background = std::min(original.highest_background, highest_background);
  Weighted data = original;
  std::vector<double> g(points.size());

  const auto wide = widths_around(fwhm_um, 2.0, 5);
  Best best = search_centres(data, low_um, high_um, 0.1 * fwhm_um, wide, fwhm_um, g);
  for (int round = 0; round < 2 && std::isfinite(best.score); ++round) {
    reweigh(data, original, best);
    const auto near = widths_around(best.profile.fwhm_um, 1.2, 3);
    const double reach = (round == 0 ? 0.1 : 0.02) * fwhm_um;
    best = search_centres(data, std::max(low_um, best.centre - reach), std::min(high_um, best.centre + reach),
                          0.2 * reach, near, fwhm_um, g);
  }
  if (!std::isfinite(best.score)) return fit;
  fit.good = true;
  fit.centre_um = best.centre;
  fit.profile = best.profile;
  fit.amplitude = best.line.amplitude;
  fit.background = best.line.background;
  fit.chi2 = best.line.chi2;
  fit.sigma_um = centre_error(data, best, widths_around(best.profile.fwhm_um, 1.2, 3), fwhm_um, g);
  return fit;
}

}  // namespace jt::control
