// Non-linear least squares for a handful of parameters: Levenberg and Marquardt's method as More (1978) made
// it robust, with MINPACK's stopping rules, so that it stops where the original's scipy stops. Used by the
// peak fits and the centre fit; pure.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace jt::calibration {

// Writes the residuals (already divided by their errors, if any) for the parameters.
using Residuals = std::function<void(std::span<const double> parameters, std::span<double> residuals)>;

struct Fit {
  std::vector<double> parameters;
  std::vector<double>
      errors;  // one standard deviation, scaled by the residual spread; NaN where not determined
  double sum_of_squares = 0;  // of the residuals
  bool converged = false;
};

// `residual_count` >= start.size() >= 1, else not converged. At most 200 * (n + 1) evaluations, tolerances
// 1.49012e-8 in the sum and in the parameters, derivatives by forward differences: the defaults of scipy's
// leastsq. Not converged also when the residuals are not finite.
Fit fit_least_squares(const Residuals& residuals, std::span<const double> start, std::size_t residual_count);

}  // namespace jt::calibration
