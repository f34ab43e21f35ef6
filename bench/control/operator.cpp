#include <algorithm>
#include <cmath>
#include <deque>

#include "core/errors.hpp"
#include "holding_peers.hpp"
#include "point_peer.hpp"

namespace jt::bench {
namespace {

using control::Decision;
using control::Seconds;
using simulator::Mode;

constexpr double refresh_s = 0.2;     // the display changes five times a second
constexpr double average_s = 1.0;     // of what it shows
constexpr double reaction_s = 0.5;    // from seeing to pressing
constexpr double coarse_step = 0.5;   // of the expected width, while nothing is seen
constexpr double finest_step = 0.06;  // of the expected width: good enough
constexpr double stands_out = 1.5;    // times the lowest value seen: "there is something"
constexpr double clearly_there = 2;   // times the lowest value seen: claims the jet
constexpr double fallen_to = 0.85;    // of the remembered value: does something about it
constexpr double lost_at = 0.3;       // of the remembered value: the jet is elsewhere

// A person who watches a one-second average and presses arrow keys: one way to the limit, then the other,
// until something stands out; then uphill, steps doubling while it rises, turning back and halving when it
// falls. Holding: hands off until the value has fallen.
class Operator : public control::Strategy {
 public:
  Operator(const control::Task& task, Mode mode)
      : task_(task), mode_(mode), at_(task.start_um), step_(coarse_step * task.fwhm_um) {
    if (mode == Mode::track) doing_ = Doing::watching;
  }
  [[nodiscard]] std::string_view name() const override { return "operator"; }
  [[nodiscard]] std::string save() const override { return "operator"; }
  void restore(std::string_view) override {
    throw SetupError("operator cannot be restored", "it is a peer of the benchmark", "Start it again?");
  }

  [[nodiscard]] Decision step(const control::Observation& seen, Seconds now) override {
    watch(seen, now);
    if (now < next_look_) return {};
    next_look_ = now + Seconds{refresh_s};
    if (!seen.motor.done || seen.motor.done_since < put_) return {};
    const auto shown = display(now);
    // the whole average must be of this position, and then a person takes time to react
    const Seconds readable = std::max(put_, seen.motor.done_since) + Seconds{average_s + reaction_s};
    if (now < readable || !shown) return {};
    return act(*shown, now);
  }

 private:
  enum class Doing { searching, climbing, watching, finished };

  void watch(const control::Observation& seen, Seconds now) {
    for (const control::ShotSeen& shot : seen.shots)
      if (valid_(shot)) recent_.push_back({shot.arrival, shot.ratio});
    while (!recent_.empty() && recent_.front().arrival < now - Seconds{average_s}) recent_.pop_front();
  }
  // Nothing while the display stands still for want of shots.
  [[nodiscard]] std::optional<double> display(Seconds) const {
    if (recent_.size() < 3) return std::nullopt;
    double sum = 0;
    for (const Seen& each : recent_) sum += each.ratio;
    return sum / static_cast<double>(recent_.size());
  }

  Decision act(double value, Seconds now) {
    lowest_ = lowest_ ? std::min(*lowest_, value) : value;
    switch (doing_) {
      case Doing::searching:
        return search(value, now);
      case Doing::climbing:
        return climb(value, now);
      case Doing::watching:
        return hold(value, now);
      case Doing::finished:
        break;
    }
    return end();
  }

  Decision search(double value, Seconds now) {
    if (value > stands_out * *lowest_) return start_climbing(value, now);
    double next = at_ + direction_ * coarse_step * task_.fwhm_um;
    if (!task_.limits.contains(next)) {
      if (turned_) return give_up(now);
      turned_ = true;
      direction_ = -direction_;
      next = task_.limits.clamp(home_ + direction_ * coarse_step * task_.fwhm_um);
    }
    return press(next, now);
  }

  Decision start_climbing(double value, Seconds now) {
    doing_ = Doing::climbing;
    best_ = value;
    best_at_ = at_;
    step_ = 0.25 * task_.fwhm_um;
    risen_ = false;
    return press(best_at_ + direction_ * step_, now);
  }

  Decision climb(double value, Seconds now) {
    if (value > best_) {
      best_ = value;
      best_at_ = at_;
      if (risen_) step_ = std::min(2 * step_, 0.5 * task_.fwhm_um);
      risen_ = true;
    } else {
      direction_ = -direction_;
      risen_ = false;
      if (++turns_ % 2 == 0) step_ *= 0.5;
      if (step_ < std::max(finest_step * task_.fwhm_um, task_.axis.resolution_um)) return top_reached(now);
    }
    return press(best_at_ + direction_ * step_, now);
  }

  Decision top_reached(Seconds now) {
    remembered_ = best_;
    turns_ = 0;
    doing_ = mode_ == Mode::track ? Doing::watching : Doing::finished;
    outcome_ = best_ > clearly_there * *lowest_ ? control::Outcome::found : control::Outcome::not_found;
    if (mode_ == Mode::track && best_ < lost_at * reference_) return lose(now);
    return press(best_at_, now);
  }

  Decision give_up(Seconds now) {
    outcome_ = control::Outcome::not_found;
    doing_ = mode_ == Mode::track ? Doing::watching : Doing::finished;
    remembered_ = 0;
    return press(home_, now);
  }

  Decision lose(Seconds now) {
    doing_ = Doing::searching;
    turned_ = false;
    home_ = at_;
    lowest_.reset();
    return press(at_ + direction_ * coarse_step * task_.fwhm_um, now);
  }

  Decision hold(double value, Seconds now) {
    if (remembered_ == 0) remembered_ = value;
    reference_ = std::max(reference_, value);
    if (value >= fallen_to * remembered_) return {};
    if (value < lost_at * remembered_) return lose(now);
    lowest_ = 0;
    turns_ = 0;
    return start_climbing(value, now);
  }

  Decision press(double target, Seconds now) {
    put_ = now;
    at_ = task_.limits.clamp(target);
    Decision move;
    move.kind = Decision::Kind::move;
    move.target_um = at_;
    return move;
  }

  [[nodiscard]] Decision end() const {
    Decision done;
    done.kind = Decision::Kind::finished;
    done.outcome = outcome_;
    done.estimate.emplace().centre_um = at_;
    return done;
  }

  struct Seen {
    Seconds arrival;
    double ratio;
  };
  control::Task task_;
  Mode mode_;
  Doing doing_ = Doing::searching;
  std::deque<Seen> recent_;
  ValidShots valid_;
  Seconds next_look_{0}, put_{-100};
  double at_, home_ = at_, step_, best_ = 0, best_at_ = 0, remembered_ = 0, reference_ = 0;
  std::optional<double> lowest_;
  int direction_ = 1, turns_ = 0;
  bool turned_ = false, risen_ = false;
  control::Outcome outcome_ = control::Outcome::not_found;
};

}  // namespace

std::unique_ptr<control::Strategy> make_operator(const control::Task& task, Mode mode) {
  return std::make_unique<Operator>(task, mode);
}

}  // namespace jt::bench
