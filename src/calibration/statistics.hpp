// Small statistics that a calibration writes down: quantiles, moments, a straight line.
// Over the used shots, at the end of the walk; pure.
#pragma once

#include <span>

namespace jt::calibration {

// All of these leave out values that are not finite, and give NaN when nothing is left.
double mean(std::span<const double> values);
double standard_deviation(std::span<const double> values);  // of the population
// Linear between the ordered values, as numpy.quantile does by default; 0 <= fraction <= 1.
double quantile(std::span<const double> values, double fraction);
double median(std::span<const double> values);

// Least squares of y on x; NaN when x does not vary. Pairs with a value that is not finite are left out.
struct Line {
  double slope = 0;
  double intercept = 0;
  double residual_spread = 0;  // standard deviation of y about the line
};
Line fit_line(std::span<const double> x, std::span<const double> y);

}  // namespace jt::calibration
