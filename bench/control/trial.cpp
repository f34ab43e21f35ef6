#include "trial.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <vector>

#include "peers.hpp"
#include "simulator/random.hpp"

namespace jt::bench {
namespace {

using control::Cause;
using control::Decision;
using control::Outcome;
using control::Seconds;
using simulator::Mode;
using simulator::Plant;
using simulator::PlantShot;
using simulator::PlantTruth;

constexpr double tick_s = 1.0 / 120;  // the loop looks as often as the fastest machine shoots
constexpr double track_s = 300;
constexpr double grace_s = 60;  // a search that does not end by itself is ended so long after its time
constexpr double recovered_overlap = 0.90;
constexpr double recovered_hold_s = 1;
constexpr double far_above = 3;  // decoy: a shot this many times the jet's best signal must turn it back
constexpr std::uint64_t told_stream = 0xB0000001;

// What the strategy is told: the width to +/- 30 %, the limits, the axis as its record describes it.
control::Task make_task(const Call& call, const World& world, std::uint64_t trial, double start_um) {
  simulator::Draws draws(call.seed, told_stream, trial);
  const simulator::PlantSettings& p = call.plant;
  control::Task task;
  task.limits = control::Limits(-p.limit_um, p.limit_um);
  task.fwhm_um = world.profiles->overlap.fwhm_um() * draws.uniform(0.7, 1.3);
  task.start_um = start_um;
  task.axis.speed_um_s = p.motor_speed_um_s;
  task.axis.acceleration_s = p.accel_s;
  task.axis.settle_s = p.settle_s;
  task.axis.resolution_um = p.resolution_um;
  task.axis.backlash_um = p.backlash_um;
  task.axis.readback_rate_hz = p.rbv_rate_hz;
  task.settings = call.control;
  return task;
}

// When the scenario says what a strategy should name as the cause, and until when.
struct Expected {
  double from_s, to_s;
  std::array<Cause, 2> causes;
};

std::optional<Expected> expected_cause(const Call& call, const simulator::PlantSettings& drawn) {
  const double late = drawn.latency_s * (1 + drawn.latency_spread);
  const double within = 2 + late;
  const std::string& name = call.scenario;
  const double from = drawn.beam_from_s;
  if (call.mode == Mode::acquire) {
    if (name == "decoy") return Expected{0, 1e9, {Cause::too_bright, Cause::too_bright}};
    if (name == "saturated") return Expected{0, 1e9, {Cause::saturated, Cause::saturated}};
    if (name == "none") return Expected{0, 1e9, {Cause::jet_gone, Cause::jet_gone}};
    return std::nullopt;
  }
  if (name == "beamloss" || name == "beamloss-unflagged")
    return Expected{from, from + within, {Cause::beam_off, Cause::beam_off}};
  if (name == "rampdown")
    return Expected{from, from + drawn.rampdown_s + within, {Cause::i0_low, Cause::beam_off}};
  if (name == "picker") return Expected{from, from + within, {Cause::beam_blocked, Cause::beam_blocked}};
  if (name == "attenuator") return Expected{from, from + within, {Cause::attenuated, Cause::attenuated}};
  if (name == "mirror") return Expected{from, from + within, {Cause::jet_moved, Cause::ring_moved}};
  if (name == "jump")
    return Expected{drawn.jump_s, drawn.jump_s + 10 + late, {Cause::jet_moved, Cause::jet_moved}};
  if (name == "jetstop")
    return Expected{drawn.stop_from_s, drawn.stop_to_s, {Cause::jet_gone, Cause::jet_intermittent}};
  if (name == "sample")
    return Expected{drawn.sample_s,
                    drawn.sample_s + drawn.sample_gap_s + 10 + late,
                    {Cause::sample_changed, Cause::background_changed}};
  if (name == "ice") return Expected{drawn.ice_from_s, 1e9, {Cause::background_changed, Cause::too_bright}};
  if (name == "saturated") return Expected{0, 1e9, {Cause::saturated, Cause::saturated}};
  return std::nullopt;  // a decoy beside a held jet is not met
}

// The plant's side of the loop: pulses, their late arrival, readbacks, pictures, puts.
class Beamline {
 public:
  Beamline(const Call& call, const World& world, std::uint64_t trial)
      : call_(call),
        plant_(call.plant, call.seed, trial,
               call.mode == Mode::track ? Plant::Start::on_the_jet : Plant::Start::as_set, world.profiles) {
    readback_ = plant_.motor().view(0);
  }

  // Brings the world to `now`; `pulse(shot, truth)` is called for each pulse of the machine.
  template <class Pulse>
  void advance(double now, Pulse pulse) {
    while (plant_.next_time() <= now + 1e-9) {
      const PlantShot shot = plant_.next_shot();
      pulse(shot, plant_.truth());
      if (shot.seen) on_the_way_.push_back(shot);
    }
  }

  control::Observation look(double now) {
    collect_shots(now);
    collect_readbacks(now);
    collect_pictures(now);
    control::Observation seen;
    seen.shots = shots_;
    seen.readbacks = readbacks_;
    seen.camera = pictures_;
    seen.motor.readback = {Seconds{readback_.readback_time}, readback_.readback_um};
    seen.motor.setpoint_um = readback_.setpoint_um;
    seen.motor.done = readback_.done;
    seen.motor.done_since = Seconds{readback_.done_since};
    if (const auto state = plant_.beam_state(now)) {
      control::BeamState& told = seen.beam_state.emplace();
      told.stopper_open = state->stopper_open;
      told.picker_open = state->picker_open;
      told.transmission = state->transmission;
      told.photon_energy_ev = state->photon_energy_ev;
      told.mirror_position = state->mirror_position;
      told.detector_distance = state->detector_distance;
    }
    return seen;
  }

  Plant& plant() { return plant_; }
  [[nodiscard]] const std::vector<control::ShotSeen>& shots() const { return shots_; }

 private:
  void collect_shots(double now) {
    shots_.clear();
    for (; !on_the_way_.empty() && on_the_way_.front().arrival <= now + 1e-9; on_the_way_.pop_front()) {
      const PlantShot& shot = on_the_way_.front();
      control::ShotSeen seen;
      seen.time = Seconds{shot.stamp};
      seen.arrival = Seconds{shot.arrival};
      seen.i0 = shot.i0;
      seen.ring = shot.ring;
      seen.ratio = shot.i0 > 0 ? shot.ring / shot.i0 : 0;
      seen.dropped = shot.flagged;
      seen.cause = shot.flagged ? control::ShotCause::dropped : control::ShotCause::good;
      seen.shot_class = shot.shot_class;
      seen.beam_position = shot.beam_position;
      if (call_.plant.saturation > 0) seen.saturated_fraction = shot.saturated;
      shots_.push_back(seen);
    }
  }

  void collect_readbacks(double now) {
    readbacks_.clear();
    const simulator::MotorView view = plant_.motor().view(now);
    if (view.readback_time != readback_.readback_time || now == 0)
      readbacks_.push_back({Seconds{view.readback_time}, view.readback_um});
    readback_ = view;
  }

  void collect_pictures(double now) {
    pictures_.clear();
    while (const auto picture = plant_.next_picture(now))
      if (call_.camera)
        pictures_.push_back({Seconds{picture->time}, picture->position_um, picture->jet_seen});
  }

  const Call& call_;
  Plant plant_;
  std::deque<PlantShot> on_the_way_;
  std::vector<control::ShotSeen> shots_;
  std::vector<control::Readback> readbacks_;
  std::vector<control::CameraSeen> pictures_;
  simulator::MotorView readback_;
};

// Puts, ways and violations, counted where they happen.
void carry_out(const Decision& decision, double now, const Call& call, Plant& plant, TrialResult& result) {
  if (decision.kind == Decision::Kind::stop) plant.motor().stop(now);
  if (decision.kind != Decision::Kind::move) return;
  ++result.moves;
  if (!decision.continues) ++result.decisions;
  const double limit = call.plant.limit_um + 1e-9;
  if (!(decision.target_um >= -limit && decision.target_um <= limit)) {
    ++result.limit_violations;
    return;  // the envelope would refuse it
  }
  result.travel_um += std::fabs(decision.target_um - plant.motor().view(now).setpoint_um);
  plant.motor().move(now, decision.target_um, decision.speed_um_s);
}

class CauseJudge {
 public:
  explicit CauseJudge(std::optional<Expected> expected) : expected_(expected) {}
  void look(double now, const Decision& decision) {
    if (!expected_ || right_ || now < expected_->from_s || now > expected_->to_s) return;
    const Cause named = decision.causes.most_likely();
    right_ = named == expected_->causes[0] || named == expected_->causes[1];
  }
  [[nodiscard]] std::optional<bool> verdict() const {
    return expected_ ? std::optional(right_) : std::nullopt;
  }

 private:
  std::optional<Expected> expected_;
  bool right_ = false;
};

// From the first shot seen far above the jet's best to the next put.
class CeilingJudge {
 public:
  explicit CeilingJudge(const Call& call)
      : on_(call.scenario == "decoy"), ceiling_(far_above * call.plant.photons) {}
  void look(const std::vector<control::ShotSeen>& shots, const Decision& decision) {
    if (!on_ || done_) return;
    for (const control::ShotSeen& shot : shots)
      if (!shot.dropped && shot.i0 > 0.1 && shot.ratio > ceiling_) ++above_;
    done_ = above_ > 0 && decision.kind == Decision::Kind::move;
  }
  [[nodiscard]] std::optional<std::uint64_t> shots() const {
    return above_ > 0 ? std::optional(above_) : std::nullopt;
  }

 private:
  bool on_, done_ = false;
  double ceiling_;
  std::uint64_t above_ = 0;
};

void finish_search(const Call& call, Beamline& beamline, double start_um, const Decision& last, double now,
                   TrialResult& result) {
  result.time_s = now;
  result.outcome = last.outcome;
  // where it ends up: a move may be under way, and the carrier rings for a moment
  const PlantTruth at_end = beamline.plant().truth();
  double carrier = at_end.carrier_um;
  Plant& plant = beamline.plant();
  double rest = now;
  while (!plant.motor().view(rest).done && rest < now + 10) rest += tick_s;
  carrier = plant.motor().carrier_um(rest + 4 * call.plant.settle_s);
  result.error_um = carrier - at_end.jet_um;
  result.overlap = at_end.jet_stopped ? 0 : plant.overlap_at(result.error_um);
  if (last.estimate && last.outcome == Outcome::found)
    result.estimate_error_um = last.estimate->centre_um - at_end.jet_um;
  // found at the start, or put back there, to a readback's precision
  if (last.outcome != Outcome::found)
    result.back_at_start =
        std::fabs(carrier - start_um) <= call.plant.backlash_um + 2 * call.plant.resolution_um;
}

TrialResult acquire(const Call& call, const World& world, std::uint64_t trial) {
  TrialResult result;
  Beamline beamline(call, world, trial);
  Plant& plant = beamline.plant();
  const double start_um = plant.motor().view(0).setpoint_um;
  const auto strategy =
      make_any_strategy(call.strategy, make_task(call, world, trial, start_um), call.mode, call.seed + trial);
  CauseJudge causes(expected_cause(call, plant.settings()));
  CeilingJudge ceiling(call);
  const double give_up = call.control.search_time_s + grace_s;
  for (std::uint64_t tick = 0;; ++tick) {
    const double now = static_cast<double>(tick) * tick_s;
    beamline.advance(now, [&](const PlantShot& shot, const PlantTruth& truth) {
      ++result.shots;
      if (shot.seen && truth.beam > 0 && truth.jet_on && !truth.moving)
        result.information += world.information->at(truth.carrier_um - truth.jet_um);
    });
    const Decision decision = strategy->step(beamline.look(now), Seconds{now});
    causes.look(now, decision);
    ceiling.look(beamline.shots(), decision);
    carry_out(decision, now, call, plant, result);
    const bool ended = decision.kind == Decision::Kind::finished || decision.kind == Decision::Kind::stop;
    if (ended || now > give_up) {
      finish_search(call, beamline, start_um, decision, now, result);
      break;
    }
  }
  result.cause_right = causes.verdict();
  result.shots_above_ceiling = ceiling.shots();
  if (call.scenario == "decoy" && !result.shots_above_ceiling) result.cause_right.reset();  // never met it
  return result;
}

// When the beam or the jet is away: no decision should fall, and the overlap does not count.
struct Loss {
  double from_s, to_s;
};
std::optional<Loss> loss_of(const Call& call) {
  const simulator::PlantSettings& p = call.plant;
  if (p.beam_event >= 1 && p.beam_event <= 4) return Loss{p.beam_from_s, p.beam_to_s};
  if (p.stop_from_s >= 0) return Loss{p.stop_from_s, p.stop_to_s};
  return std::nullopt;
}

// Time from the jump to the begin of the first second with overlap >= 0.90 throughout.
class RecoveryJudge {
 public:
  explicit RecoveryJudge(double jump_s) : jump_s_(jump_s) {}
  void look(const PlantTruth& truth) {
    if (jump_s_ < 0 || truth.time < jump_s_ || recovered_) return;
    if (truth.overlap < recovered_overlap) {
      since_ = -1;
      return;
    }
    if (since_ < 0) since_ = truth.time;
    if (truth.time - since_ >= recovered_hold_s) recovered_ = since_ - jump_s_;
  }
  [[nodiscard]] std::optional<double> recovered_s() const { return recovered_; }

 private:
  double jump_s_;
  double since_ = -1;  // -1: below it now
  std::optional<double> recovered_;
};

TrialResult track(const Call& call, const World& world, std::uint64_t trial) {
  TrialResult result;
  Beamline beamline(call, world, trial);
  Plant& plant = beamline.plant();
  const double start_um = plant.motor().view(0).setpoint_um;
  const auto strategy =
      make_any_strategy(call.strategy, make_task(call, world, trial, start_um), call.mode, call.seed + trial);
  CauseJudge causes(expected_cause(call, plant.settings()));
  RecoveryJudge recovery(call.plant.jump_s);
  const std::optional<Loss> loss = loss_of(call);
  const auto lost = [&](double time) { return loss && time >= loss->from_s && time < loss->to_s; };
  double overlap_sum = 0;
  std::uint64_t counted = 0;
  const auto ticks = static_cast<std::uint64_t>(track_s / tick_s + 0.5);
  for (std::uint64_t tick = 0; tick < ticks; ++tick) {
    const double now = static_cast<double>(tick) * tick_s;
    beamline.advance(now, [&](const PlantShot&, const PlantTruth& truth) {
      recovery.look(truth);
      if (lost(truth.time) || truth.jet_stopped) return;
      overlap_sum += truth.overlap;
      ++counted;
    });
    const Decision decision = strategy->step(beamline.look(now), Seconds{now});
    causes.look(now, decision);
    if (lost(now) && decision.kind == Decision::Kind::move && !decision.continues) ++result.decisions_in_loss;
    carry_out(decision, now, call, plant, result);
  }
  result.overlap_mean = counted > 0 ? overlap_sum / static_cast<double>(counted) : 0;
  result.recovered_s = recovery.recovered_s();
  result.cause_right = causes.verdict();
  return result;
}

}  // namespace

World make_world(const Call& call) {
  World world;
  auto profiles = std::make_shared<const simulator::Profiles>(simulator::make_profiles(call.plant));
  world.information = std::make_shared<const Information>(call.plant, *profiles);
  world.profiles = std::move(profiles);
  return world;
}

TrialResult run_trial(const Call& call, const World& world, std::uint64_t trial) {
  return call.mode == Mode::acquire ? acquire(call, world, trial) : track(call, world, trial);
}

}  // namespace jt::bench
