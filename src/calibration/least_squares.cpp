#include "calibration/least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace jt::calibration {
namespace {

// J. J. More, "The Levenberg-Marquardt algorithm: implementation and theory" (1978). Names as there:
// J P = Q R, D the scale of the parameters, delta the radius of the trusted region, par the damping.
constexpr double tolerance = 1.49012e-8;
constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double tiny = std::numeric_limits<double>::min();
constexpr double first_step_factor = 100;

using Vector = std::vector<double>;

double norm(std::span<const double> v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

// Column-major m x n.
struct Matrix {
  std::size_t rows = 0, cols = 0;
  Vector values;
  Matrix(std::size_t m, std::size_t n) : rows(m), cols(n), values(m * n, 0.0) {}
  double& operator()(std::size_t i, std::size_t j) { return values[j * rows + i]; }
  double operator()(std::size_t i, std::size_t j) const { return values[j * rows + i]; }
  [[nodiscard]] std::span<double> col(std::size_t j) { return std::span(values).subspan(j * rows, rows); }
};

// R (n x n, upper), the permutation of its columns, the norms of J's columns and the first n entries of Q^T
// f.
struct Factored {
  Matrix r;
  std::vector<std::size_t> order;
  Vector column_norms, qtf;
};

// Householder reflections with the longest remaining column first.
Factored factor(Matrix j, Vector f) {
  const std::size_t m = j.rows, n = j.cols;
  Factored out{Matrix(n, n), std::vector<std::size_t>(n), Vector(n), Vector(n)};
  std::iota(out.order.begin(), out.order.end(), std::size_t{0});
  for (std::size_t k = 0; k < n; ++k) out.column_norms[k] = norm(j.col(k));
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t longest = k;
    double longest_norm = -1;
    for (std::size_t c = k; c < n; ++c) {
      const double length = norm(j.col(c).subspan(k));
      if (length > longest_norm) longest = c, longest_norm = length;
    }
    if (longest != k) {
      std::swap_ranges(j.col(k).begin(), j.col(k).end(), j.col(longest).begin());
      std::swap(out.order[k], out.order[longest]);
    }
    const auto column = j.col(k).subspan(k);
    const double length = std::copysign(longest_norm, -column[0]);
    if (longest_norm > 0) {
      Vector v(column.begin(), column.end());
      v[0] -= length;
      const double vv = std::inner_product(v.begin(), v.end(), v.begin(), 0.0);
      const auto reflect = [&](std::span<double> x) {
        const double factor = 2 * std::inner_product(v.begin(), v.end(), x.begin(), 0.0) / vv;
        for (std::size_t i = 0; i < x.size(); ++i) x[i] -= factor * v[i];
      };
      for (std::size_t c = k; c < n; ++c) reflect(j.col(c).subspan(k));
      reflect(std::span(f).subspan(k));
    }
  }
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t i = 0; i <= c; ++i) out.r(i, c) = j(i, c);
    out.qtf[c] = f[c];
  }
  (void)m;
  return out;
}

// Solves R z = b for the leading non-singular part; the rest of z is 0.
Vector solve_upper(const Matrix& r, Vector b) {
  const std::size_t n = r.cols;
  std::size_t rank = n;
  for (std::size_t k = 0; k < n; ++k)
    if (r(k, k) == 0 && rank == n) rank = k;
  std::fill(b.begin() + static_cast<std::ptrdiff_t>(rank), b.end(), 0.0);
  for (std::size_t k = rank; k-- > 0;) {
    b[k] /= r(k, k);
    for (std::size_t i = 0; i < k; ++i) b[i] -= r(i, k) * b[k];
  }
  return b;
}

// Minimises |R z - qtf|^2 + |sqrt(par) D P z|^2: rotates the diagonal into R. Gives z in R's column order,
// and the triangle S with S^T S = R^T R + par D^2.
struct Damped {
  Matrix s;
  Vector z;
};
Damped solve_damped(const Factored& a, std::span<const double> diagonal, double par) {
  const std::size_t n = a.r.cols;
  Damped out{a.r, a.qtf};
  for (std::size_t k = 0; k < n; ++k) {
    Vector row(n, 0.0);
    row[k] = std::sqrt(par) * diagonal[a.order[k]];
    if (row[k] == 0) continue;
    double right = 0;
    for (std::size_t c = k; c < n; ++c) {
      if (row[c] == 0) continue;
      const double h = std::hypot(out.s(c, c), row[c]);
      const double cosine = out.s(c, c) / h, sine = row[c] / h;
      for (std::size_t i = c; i < n; ++i) {
        const double upper = out.s(c, i), lower = row[i];
        out.s(c, i) = cosine * upper + sine * lower;
        row[i] = cosine * lower - sine * upper;
      }
      const double upper = out.z[c];
      out.z[c] = cosine * upper + sine * right;
      right = cosine * right - sine * upper;
    }
  }
  out.z = solve_upper(out.s, out.z);
  return out;
}

Vector in_parameter_order(const Factored& a, const Vector& z) {
  Vector p(z.size());
  for (std::size_t k = 0; k < z.size(); ++k) p[a.order[k]] = z[k];
  return p;
}

Vector scaled(std::span<const double> diagonal, const Vector& p) {
  Vector q(p.size());
  for (std::size_t k = 0; k < p.size(); ++k) q[k] = diagonal[k] * p[k];
  return q;
}

// |S^-T P^T D (D p) / |D p||: how fast the step's length answers to par. `upper` may have zeros at the end.
double slope_of_length(const Factored& a, const Matrix& upper, std::span<const double> diagonal,
                       const Vector& dp, double dp_norm) {
  const std::size_t n = dp.size();
  Vector w(n);
  for (std::size_t k = 0; k < n; ++k) w[k] = diagonal[a.order[k]] * (dp[a.order[k]] / dp_norm);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < k; ++i) w[k] -= upper(i, k) * w[i];
    w[k] /= upper(k, k);
  }
  return norm(w);
}

// The damping whose step has the length delta (within 10 %), and that step.
struct Step {
  double par = 0;
  Vector p;
};
Step damped_step(const Factored& a, std::span<const double> diagonal, double delta, double par) {
  const std::size_t n = a.r.cols;
  Step step{0, in_parameter_order(a, solve_upper(a.r, a.qtf))};
  Vector dp = scaled(diagonal, step.p);
  double dp_norm = norm(dp);
  double excess = dp_norm - delta;
  if (excess <= 0.1 * delta) return step;

  bool full_rank = true;
  for (std::size_t k = 0; k < n; ++k) full_rank = full_rank && a.r(k, k) != 0;
  double lowest = 0;
  if (full_rank) {
    const double slope = slope_of_length(a, a.r, diagonal, dp, dp_norm);
    lowest = excess / delta / slope / slope;
  }
  Vector gradient(n, 0.0);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i <= k; ++i) gradient[k] += a.r(i, k) * a.qtf[i];
    gradient[k] /= diagonal[a.order[k]];
  }
  const double gradient_norm = norm(gradient);
  double highest = gradient_norm / delta;
  if (highest == 0) highest = tiny / std::min(delta, 0.1);
  par = std::clamp(par, lowest, highest);
  if (par == 0) par = gradient_norm / dp_norm;

  for (int iteration = 1;; ++iteration) {
    if (par == 0) par = std::max(tiny, 0.001 * highest);
    const Damped damped = solve_damped(a, diagonal, par);
    step = {par, in_parameter_order(a, damped.z)};
    dp = scaled(diagonal, step.p);
    dp_norm = norm(dp);
    const double before = excess;
    excess = dp_norm - delta;
    if (std::abs(excess) <= 0.1 * delta || (lowest == 0 && excess <= before && before < 0) || iteration == 10)
      return step;
    const double slope = slope_of_length(a, damped.s, diagonal, dp, dp_norm);
    const double correction = excess / delta / slope / slope;
    if (excess > 0) lowest = std::max(lowest, par);
    if (excess < 0) highest = std::min(highest, par);
    par = std::max(lowest, par + correction);
  }
}

Matrix forward_differences(const Residuals& residuals, Vector x, const Vector& f) {
  Matrix j(f.size(), x.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double kept = x[k];
    double h = std::sqrt(epsilon) * std::abs(kept);
    if (h == 0) h = std::sqrt(epsilon);
    x[k] = kept + h;
    residuals(x, j.col(k));
    x[k] = kept;
    for (std::size_t i = 0; i < f.size(); ++i) j(i, k) = (j(i, k) - f[i]) / h;
  }
  return j;
}

bool all_finite(std::span<const double> v) {
  return std::all_of(v.begin(), v.end(), [](double x) { return std::isfinite(x); });
}

// |J p|^2 from R.
double predicted_change(const Factored& a, const Vector& p) {
  const std::size_t n = p.size();
  Vector rp(n, 0.0);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i <= k; ++i) rp[i] += a.r(i, k) * p[a.order[k]];
  return norm(rp);
}

enum class Outcome { go_on, converged, failed };

// Everything that changes while the method walks.
class Walk {
 public:
  Walk(const Residuals& residuals, std::span<const double> start, std::size_t count)
      : residuals_(residuals), x_(start.begin(), start.end()), f_(count), budget_(200 * (start.size() + 1)) {}

  Fit run() {
    evaluate(x_, f_);
    f_norm_ = norm(f_);
    Outcome outcome = std::isfinite(f_norm_) ? Outcome::go_on : Outcome::failed;
    while (outcome == Outcome::go_on) outcome = iterate();
    return {x_, errors(), f_norm_ * f_norm_, outcome == Outcome::converged && all_finite(x_)};
  }

 private:
  void evaluate(const Vector& x, Vector& f) {
    ++evaluations_;
    residuals_(x, f);
  }

  // One Jacobian, and steps until one of them is accepted.
  Outcome iterate() {
    Matrix j = forward_differences(residuals_, x_, f_);
    evaluations_ += x_.size();
    if (!all_finite(j.values)) return Outcome::failed;
    const Factored a = factor(std::move(j), f_);
    scale(a);
    if (gradient_cosine(a) <= 0) return Outcome::converged;
    for (;;) {
      double ratio = 0;
      const Outcome outcome = try_step(a, ratio);
      if (outcome != Outcome::go_on) return outcome;
      if (ratio >= 1e-4) return Outcome::go_on;
    }
  }

  void scale(const Factored& a) {
    const bool first = diagonal_.empty();
    if (first) diagonal_.assign(x_.size(), 0.0);
    for (std::size_t k = 0; k < x_.size(); ++k) {
      const double length = first && a.column_norms[k] == 0 ? 1.0 : a.column_norms[k];
      diagonal_[k] = std::max(diagonal_[k], length);
    }
    if (!first) return;
    x_norm_ = norm(scaled(diagonal_, x_));
    delta_ = first_step_factor * x_norm_;
    if (delta_ == 0) delta_ = first_step_factor;
  }

  // The largest cosine between the residuals and a column of J.
  double gradient_cosine(const Factored& a) const {
    double largest = 0;
    if (f_norm_ == 0) return 0;
    for (std::size_t k = 0; k < x_.size(); ++k) {
      const double length = a.column_norms[a.order[k]];
      if (length == 0) continue;
      double sum = 0;
      for (std::size_t i = 0; i <= k; ++i) sum += a.r(i, k) * (a.qtf[i] / f_norm_);
      largest = std::max(largest, std::abs(sum / length));
    }
    return largest;
  }

  Outcome try_step(const Factored& a, double& ratio) {
    Step step = damped_step(a, diagonal_, delta_, par_);
    par_ = step.par;
    Vector x(x_), f(f_.size());
    for (std::size_t k = 0; k < x.size(); ++k) {
      step.p[k] = -step.p[k];
      x[k] += step.p[k];
    }
    const double p_norm = norm(scaled(diagonal_, step.p));
    if (!has_moved_) delta_ = std::min(delta_, p_norm);
    evaluate(x, f);
    const double f_norm = norm(f);

    double actual = -1;
    if (0.1 * f_norm < f_norm_) actual = 1 - (f_norm / f_norm_) * (f_norm / f_norm_);
    const double linear = predicted_change(a, step.p) / f_norm_;
    const double damping = std::sqrt(par_) * p_norm / f_norm_;
    const double predicted = linear * linear + damping * damping / 0.5;
    const double directional = -(linear * linear + damping * damping);
    ratio = predicted != 0 ? actual / predicted : 0;

    resize_region(ratio, actual, directional, f_norm, p_norm);
    if (ratio >= 1e-4) {
      x_ = std::move(x);
      f_ = std::move(f);
      f_norm_ = f_norm;
      has_moved_ = true;
      x_norm_ = norm(scaled(diagonal_, x_));
    }
    return judge(actual, predicted, ratio);
  }

  void resize_region(double ratio, double actual, double directional, double f_norm, double p_norm) {
    if (ratio <= 0.25) {
      double shrink = actual >= 0 ? 0.5 : 0.5 * directional / (directional + 0.5 * actual);
      if (0.1 * f_norm >= f_norm_ || shrink < 0.1) shrink = 0.1;
      delta_ = shrink * std::min(delta_, p_norm / 0.1);
      par_ /= shrink;
    } else if (par_ == 0 || ratio >= 0.75) {
      delta_ = p_norm / 0.5;
      par_ *= 0.5;
    }
  }

  [[nodiscard]] Outcome judge(double actual, double predicted, double ratio) const {
    if (std::abs(actual) <= tolerance && predicted <= tolerance && 0.5 * ratio <= 1)
      return Outcome::converged;
    if (delta_ <= tolerance * x_norm_) return Outcome::converged;
    if (evaluations_ >= budget_ || !std::isfinite(delta_)) return Outcome::failed;
    return Outcome::go_on;
  }

  // From (J^T J)^-1 = P R^-1 R^-T P^T, times the residual variance.
  [[nodiscard]] Vector errors() const {
    const std::size_t n = x_.size();
    Vector errors(n, std::numeric_limits<double>::quiet_NaN());
    if (f_.size() <= n || !std::isfinite(f_norm_)) return errors;
    const Factored a = factor(forward_differences(residuals_, x_, f_), f_);
    const double variance = f_norm_ * f_norm_ / static_cast<double>(f_.size() - n);
    Vector sums(n, 0.0);
    for (std::size_t k = 0; k < n; ++k) {
      if (std::abs(a.r(k, k)) <= epsilon * std::abs(a.r(0, 0))) return errors;  // not determined
      Vector unit(n, 0.0);
      unit[k] = 1;
      const Vector column = solve_upper(a.r, unit);
      for (std::size_t i = 0; i < n; ++i) sums[i] += column[i] * column[i];
    }
    for (std::size_t k = 0; k < n; ++k) errors[a.order[k]] = std::sqrt(variance * sums[k]);
    return errors;
  }

  const Residuals& residuals_;
  Vector x_, f_, diagonal_;
  std::size_t budget_, evaluations_ = 0;
  double f_norm_ = 0, x_norm_ = 0, delta_ = 0, par_ = 0;
  bool has_moved_ = false;
};

}  // namespace

Fit fit_least_squares(const Residuals& residuals, std::span<const double> start, std::size_t residual_count) {
  if (start.empty() || residual_count < start.size())
    return {Vector(start.begin(), start.end()),
            Vector(start.size(), std::numeric_limits<double>::quiet_NaN()), 0, false};
  return Walk(residuals, start, residual_count).run();
}

}  // namespace jt::calibration
