#include <algorithm>

#include "core/errors.hpp"
#include "holding_peers.hpp"
#include "point_peer.hpp"

namespace jt::bench {
namespace {

using control::Decision;
using control::Seconds;

constexpr double dither = 0.10;  // of the expected width
constexpr double dwell_s = 0.5;
constexpr double gain = 0.5;            // of a Newton step
constexpr double most_per_pair = 0.25;  // of the expected width
constexpr double sigma_per_fwhm = 0.42466090014400953;

// Square dither: a dwell above, a dwell below, half a Newton step up the slope. No play is taken up, no cause
// is asked for; a dwell without shots teaches nothing.
class ExtremumSeeking : public control::Strategy {
 public:
  explicit ExtremumSeeking(const control::Task& task) : task_(task), centre_(task.start_um) {}
  [[nodiscard]] std::string_view name() const override { return "extremum-seeking"; }
  [[nodiscard]] std::string save() const override { return "extremum-seeking"; }
  void restore(std::string_view) override {
    throw SetupError("extremum-seeking cannot be restored", "it is a peer of the benchmark",
                     "Start it again?");
  }

  [[nodiscard]] Decision step(const control::Observation& seen, Seconds now) override {
    const auto rest = at_rest_since(seen, put_, task_);
    if (put_ < Seconds{0}) return go_to(side_, now);
    if (!rest) return {};
    const Seconds end = *rest + Seconds{dwell_s};
    bool past_the_end = false;
    for (const control::ShotSeen& shot : seen.shots) {
      past_the_end = past_the_end || shot.time >= end;
      if (!valid_(shot) || shot.time < *rest || shot.time >= end) continue;
      sum_[side_ > 0] += shot.ratio;
      ++count_[side_ > 0];
    }
    if (!past_the_end && now < end + Seconds{longest_wait_s}) return {};
    if (side_ < 0) climb();
    return go_to(-side_, now);
  }

 private:
  static constexpr double longest_wait_s = 2;  // for late shots

  // For a Gaussian signal, slope / height = distance / sigma^2.
  void climb() {
    if (count_[0] > 0 && count_[1] > 0) {
      const double above = sum_[1] / count_[1];
      const double below = sum_[0] / count_[0];
      const double sigma = sigma_per_fwhm * task_.fwhm_um;
      const double height = std::max(1e-9, 0.5 * (above + below));
      const double newton = sigma * sigma * (above - below) / (2 * dither * task_.fwhm_um) / height;
      const double most = most_per_pair * task_.fwhm_um;
      centre_ = task_.limits.clamp(centre_ + std::clamp(gain * newton, -most, most));
    }
    for (int i = 0; i < 2; ++i) sum_[i] = count_[i] = 0;
  }
  Decision go_to(int side, Seconds now) {
    side_ = side;
    put_ = now;
    Decision move;
    move.kind = Decision::Kind::move;
    move.move = control::MoveClass::probe;
    move.target_um = task_.limits.clamp(centre_ + side * dither * task_.fwhm_um);
    return move;
  }

  control::Task task_;
  double centre_;
  int side_ = 1;
  Seconds put_{-1};
  ValidShots valid_;
  double sum_[2] = {0, 0}, count_[2] = {0, 0};  // below, above
};

}  // namespace

std::unique_ptr<control::Strategy> make_extremum_seeking(const control::Task& task) {
  return std::make_unique<ExtremumSeeking>(task);
}

}  // namespace jt::bench
