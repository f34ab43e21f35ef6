// Where a held jet is, from one dwell to the next: the probability of every place near it, for several
// shapes, widths and drift rates at once. Inside stop 8 of the walk: the memory of Probe and Hold.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "control/decision.hpp"
#include "control/profile.hpp"

namespace jt::control {

// One belief: a profile and a drift rate, and under it the probability that the jet's centre is in each cell.
// The height is a normal distribution in every cell, for what was measured says one height if the jet is here
// and another if it is there.
struct HoldModel {
  Shape shape = Shape::gaussian;
  double fwhm_um = 10;
  double walk_um2_s = 0;
  double weight = 1;  // how well it has predicted; all sum to 1
  std::vector<double> probability, height, height_variance;
  template <class Archive>
  void fields(Archive& archive) {
    archive(shape, fwhm_um, walk_um2_s, weight, probability, height, height_variance);
  }
};

// A profile and how likely it is the true one.
struct LikelyProfile {
  Profile profile;
  double weight = 1;
};

class HoldFilter {
 public:
  // `shape`: nothing: all are tried. `width_error`: relative, rms. `walk_um2_s`: the drift rate in the middle
  // of those that are tried (x 1/9 to x 4).
  void start(const Estimate& known, std::optional<Shape> shape, double width_error, double walk_um2_s);
  void predict(double seconds);
  // A dwell at x: ratio `mean` with `error`.
  void update(double x_um, double mean, double error);
  // The slope of the ratio against where the pulses landed (per um), of shots taken at x, with its error: it
  // tells the side without a move.
  void update_slope(double x_um, double slope_per_um, double error);
  // A position of the jet in the motor's frame that another instrument saw, its bias taken off.
  void update_position(double position_um, double error_um);
  // The reference changed, the place did not: height and background by these factors, height unsure by
  // `error`.
  void rescale(double height, double background, double error);
  // The jet is elsewhere, profile and drift are what they were.
  void move_to(double centre_um, double sigma_um, double height, double height_error);
  // The jet's place has moved by `by_um`, known to `error_um`.
  void shift(double by_um, double error_um);

  [[nodiscard]] const Estimate& estimate() const { return now_; }
  [[nodiscard]] Profile profile() const;  // the most likely one
  [[nodiscard]] std::vector<LikelyProfile> profiles() const;
  [[nodiscard]] double walk() const;                 // drift rate, um^2 per s, as learnt
  [[nodiscard]] double expected(double x_um) const;  // ratio at x
  [[nodiscard]] double background() const { return background_; }
  void set_background(double background);

  template <class Archive>
  void fields(Archive& archive) {
    archive(models_, drifts_, cell_um_, first_um_, background_, now_, since_weighed_, mixed_);
  }

 private:
  void summarise();
  void mix();
  void follow();
  void prune();
  void share_weights();
  void reset_places(double centre_um, double sigma_um, double height, double height_error);
  [[nodiscard]] double place(std::size_t cell) const {
    return first_um_ + cell_um_ * static_cast<double>(cell);
  }

  std::vector<HoldModel> models_;  // groups of `drifts_` that share a profile
  std::uint32_t drifts_ = 1;
  double cell_um_ = 1, first_um_ = 0;
  double background_ = 0;
  Estimate now_;
  int since_weighed_ = 0;
  std::vector<double> mixed_;
};

}  // namespace jt::control
