#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "optimisers.hpp"
#include "point_peer.hpp"
#include "simulator/random.hpp"

namespace jt::bench {
namespace {

constexpr std::size_t first_points = 5, most_points = 65;
constexpr int candidates = 401;
constexpr double worth_it = 0.01;  // stop when the expected improvement is below this share of the range

// Gaussian process with an RBF kernel, hyper-parameters by marginal likelihood on a small grid.
class Process {
 public:
  explicit Process(const std::vector<Point>& points) {
    const auto n = static_cast<Eigen::Index>(points.size());
    x_.resize(n);
    y_.resize(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      x_[i] = points[static_cast<std::size_t>(i)].at_um;
      y_[i] = points[static_cast<std::size_t>(i)].value;
    }
    mean_ = y_.mean();
    scale_ = std::max(1e-12, std::sqrt((y_.array() - mean_).square().mean()));
    y_ = (y_.array() - mean_) / scale_;
  }

  // The most likely of lengths and noises; signal variance 1 after scaling.
  void learn(double shortest, double longest) {
    double best = -std::numeric_limits<double>::infinity();
    double length = longest;
    double noise = 0.1;
    for (double l = shortest; l <= longest * 1.001; l *= 1.5)
      for (const double s : {0.003, 0.01, 0.03, 0.1, 0.3}) {
        const double likelihood = fit(l, s);
        if (likelihood > best) {
          best = likelihood;
          length = l;
          noise = s;
        }
      }
    fit(length, noise);
  }
  // Log marginal likelihood but for a constant.
  double fit(double length, double noise) {
    length_ = length;
    noise_ = noise;
    Eigen::MatrixXd k(x_.size(), x_.size());
    for (Eigen::Index i = 0; i < x_.size(); ++i)
      for (Eigen::Index j = 0; j < x_.size(); ++j) k(i, j) = kernel(x_[i], x_[j]);
    k.diagonal().array() += noise * noise + 1e-9;
    factor_.compute(k);
    weights_ = factor_.solve(y_);
    const double log_determinant = factor_.matrixLLT().diagonal().array().log().sum();
    return -0.5 * y_.dot(weights_) - log_determinant;
  }
  struct Prediction {
    double mean, sigma;
  };
  [[nodiscard]] Prediction at(double x) const {
    Eigen::VectorXd k(x_.size());
    for (Eigen::Index i = 0; i < x_.size(); ++i) k[i] = kernel(x, x_[i]);
    const Eigen::VectorXd half = factor_.matrixL().solve(k);
    return {k.dot(weights_), std::sqrt(std::max(1e-12, 1 - half.squaredNorm()))};
  }
  [[nodiscard]] double length() const { return length_; }
  [[nodiscard]] double noise() const { return noise_; }

 private:
  [[nodiscard]] double kernel(double a, double b) const {
    const double z = (a - b) / length_;
    return std::exp(-0.5 * z * z);
  }
  Eigen::VectorXd x_, y_, weights_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  double mean_ = 0, scale_ = 1, length_ = 1, noise_ = 0.1;
};

class Gp : public PointPeer {
 public:
  Gp(const control::Task& task, std::uint64_t seed) : PointPeer("gp", task), seed_(seed) {}

 protected:
  std::optional<double> next(const std::vector<Point>& points) override {
    if (points.size() < first_points) return first(points.size());
    if (points.size() >= most_points) return std::nullopt;
    const Process process = learnt(points);
    double best_mean = -std::numeric_limits<double>::infinity();
    for (const Point& p : points) best_mean = std::max(best_mean, process.at(p.at_um).mean);
    double best_gain = 0;
    double best_at = task_.start_um;
    for (int i = 0; i < candidates; ++i) {
      const double x = candidate(i);
      const double gain = improvement(process.at(x), best_mean);
      if (gain > best_gain) {
        best_gain = gain;
        best_at = x;
      }
    }
    if (best_gain < worth_it) return std::nullopt;
    return best_at;
  }

  double answer(const std::vector<Point>& points) override {
    const Process process = learnt(points);
    double best = -std::numeric_limits<double>::infinity();
    double at = task_.start_um;
    for (int i = 0; i < candidates; ++i)
      if (const double mean = process.at(candidate(i)).mean; mean > best) {
        best = mean;
        at = candidate(i);
      }
    return at;
  }

 private:
  // One in each fifth of the range.
  [[nodiscard]] double first(std::size_t index) const {
    simulator::Draws draws(seed_, 0xC0000001, index);
    const double cell = task_.limits.width() / first_points;
    return task_.limits.low() + cell * (static_cast<double>(index) + draws.uniform());
  }
  [[nodiscard]] double candidate(int i) const {
    return task_.limits.low() + task_.limits.width() * i / (candidates - 1);
  }
  // The hyper-parameters are looked for again with every point at first, then with every fifth.
  [[nodiscard]] Process learnt(const std::vector<Point>& points) {
    Process process(points);
    if (points.size() < 15 || points.size() % 5 == 0) {
      process.learn(0.25 * task_.fwhm_um, task_.limits.width() / 2);
      length_ = process.length();
      noise_ = process.noise();
    } else {
      process.fit(length_, noise_);
    }
    return process;
  }
  static double improvement(const Process::Prediction& p, double best) {
    const double z = (p.mean - best) / p.sigma;
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2 * 3.14159265358979312);
    return p.sigma * (z * 0.5 * std::erfc(-z / std::sqrt(2.0)) + density);
  }

  std::uint64_t seed_;
  double length_ = 1, noise_ = 0.1;
};

}  // namespace

std::unique_ptr<control::Strategy> make_gp(const control::Task& task, std::uint64_t seed) {
  return std::make_unique<Gp>(task, seed);
}

}  // namespace jt::bench
