#include "point_peer.hpp"

#include "core/errors.hpp"

namespace jt::bench {

using control::Decision;
using control::Seconds;

namespace {
constexpr int shots_per_point = 20;
}

bool ValidShots::operator()(const control::ShotSeen& shot) {
  if (shot.dropped || shot.i0 <= 0.2 * mean_i0_ || shot.i0 <= 0) return false;
  mean_i0_ = mean_i0_ == 0 ? shot.i0 : mean_i0_ + 0.02 * (shot.i0 - mean_i0_);
  return true;
}

std::optional<Seconds> at_rest_since(const control::Observation& seen, Seconds put,
                                     const control::Task& task) {
  if (!seen.motor.done || seen.motor.done_since < put) return std::nullopt;
  return seen.motor.done_since + Seconds{task.axis.settle_s + task.settings.clock_margin_s};
}

Decision PointPeer::step(const control::Observation& seen, Seconds now) {
  Decision hold;
  const auto rest = at_rest_since(seen, put_, task_);
  if (!target_) return go_on(now);
  if (!rest) return hold;
  if (ending_) {
    Decision end;
    end.kind = Decision::Kind::finished;
    end.outcome = control::Outcome::found;
    end.estimate.emplace().centre_um = *target_;
    return end;
  }
  for (const control::ShotSeen& shot : seen.shots) {
    if (!valid_(shot) || shot.time < *rest || count_ == shots_per_point) continue;
    sum_ += shot.ratio;
    ++count_;
  }
  if (count_ < shots_per_point) return hold;
  points_.push_back({*target_, sum_ / shots_per_point});
  return go_on(now);
}

Decision PointPeer::go_on(Seconds now) {
  if (const auto point = next(points_)) return go_to(*point, now);
  ending_ = true;
  return go_to(answer(points_), now);
}

Decision PointPeer::go_to(double at_um, Seconds now) {
  target_ = task_.limits.clamp(at_um);
  put_ = now;
  sum_ = 0;
  count_ = 0;
  Decision move;
  move.kind = Decision::Kind::move;
  move.target_um = *target_;
  return move;
}

std::string PointPeer::save() const { return name_; }

void PointPeer::restore(std::string_view) {
  throw SetupError(name_ + " cannot be restored", "it is a peer of the benchmark and lives for one trial",
                   "Start it again?");
}

}  // namespace jt::bench
