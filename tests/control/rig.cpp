#include "rig.hpp"

#include <cmath>
#include <deque>

namespace jt::test {

using control::Decision;
using control::Seconds;
using simulator::Plant;

double signal_fwhm(const Plant& plant) {
  double low = 0, high = 500;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (plant.overlap_at(middle) > 0.5 ? low : high) = middle;
  }
  return 2 * low;
}

control::Task task_for(const RigSetup& setup, const Plant& plant) {
  const auto& s = plant.settings();
  control::Task task;
  task.limits =
      setup.swap_limits ? control::Limits(s.limit_um, -s.limit_um) : control::Limits(-s.limit_um, s.limit_um);
  task.fwhm_um = setup.told_width * signal_fwhm(plant);
  task.axis.speed_um_s = s.motor_speed_um_s;
  task.axis.acceleration_s = s.accel_s;
  task.axis.settle_s = s.settle_s;
  task.axis.resolution_um = s.resolution_um;
  task.axis.backlash_um = s.backlash_um;
  task.axis.readback_rate_hz = s.rbv_rate_hz;
  task.settings = setup.settings;
  task.settings.shot_rate_hz = s.rate_hz * s.shot_fraction;
  task.settings.clock_margin_s = std::abs(s.clock_offset_s);
  return task;
}

namespace {

control::ShotSeen seen_by_control(const simulator::PlantShot& shot) {
  control::ShotSeen seen;
  seen.time = {shot.stamp};
  seen.arrival = {shot.arrival};
  seen.i0 = shot.i0;
  seen.ring = shot.ring;
  seen.ratio = shot.i0 > 0 ? shot.ring / shot.i0 : 0;
  seen.dropped = shot.flagged;
  seen.cause = shot.flagged ? control::ShotCause::dropped : control::ShotCause::good;
  seen.shot_class = shot.shot_class;
  seen.beam_position = shot.beam_position;
  seen.saturated_fraction = shot.saturated;
  return seen;
}

control::BeamState beam_state_of(const simulator::PlantBeamState& state) {
  control::BeamState seen;
  seen.stopper_open = state.stopper_open;
  seen.picker_open = state.picker_open;
  seen.transmission = state.transmission;
  seen.photon_energy_ev = state.photon_energy_ev;
  seen.mirror_position = state.mirror_position;
  seen.detector_distance = state.detector_distance;
  return seen;
}

}  // namespace

RigResult run(const RigSetup& setup, const std::function<void(const Plant&, const Decision&)>& each) {
  Plant plant(setup.plant, setup.seed, setup.trial,
              setup.hold ? Plant::Start::on_the_jet : Plant::Start::as_set);
  return run_on(plant, setup, each);
}

RigResult run_on(Plant& plant, const RigSetup& setup,
                 const std::function<void(const Plant&, const Decision&)>& each) {
  control::Task task = task_for(setup, plant);
  task.start_um = plant.motor().view(0).setpoint_um;
  auto strategy = control::make_strategy(setup.strategy, task);

  RigResult result;
  std::deque<control::ShotSeen> under_way;
  control::Cause cause = control::Cause::none;
  double newest_good = -1e9;
  bool stop_asked = false;
  const double end = plant.next_time() + setup.seconds;
  while (plant.next_time() < end) {
    const simulator::PlantShot shot = plant.next_shot();
    const double now = plant.truth().time;
    ++result.shots;
    if (shot.seen) under_way.push_back(seen_by_control(shot));

    std::vector<control::ShotSeen> shots;
    while (!under_way.empty() && under_way.front().arrival <= Seconds{now}) {
      shots.push_back(under_way.front());
      if (!shots.back().dropped) newest_good = std::max(newest_good, shots.back().time.value);
      under_way.pop_front();
    }
    std::vector<control::CameraSeen> pictures;
    if (setup.camera)
      while (const auto picture = plant.next_picture(now))
        pictures.push_back({Seconds{picture->time}, picture->position_um, picture->jet_seen});

    const simulator::MotorView motor = plant.motor().view(now);
    const std::uint32_t window = setup.window_changes_s >= 0 && now >= setup.window_changes_s ? 2 : 1;
    for (control::ShotSeen& each_shot : shots) each_shot.window_id = window;
    control::Observation seen;
    seen.shots = shots;
    seen.camera = pictures;
    seen.motor.readback = {Seconds{motor.readback_time}, motor.readback_um};
    seen.readbacks = {&seen.motor.readback, 1};
    seen.motor.setpoint_um = motor.setpoint_um;
    seen.motor.done = motor.done;
    seen.motor.done_since = Seconds{motor.done_since};
    if (const auto state = plant.beam_state(now)) seen.beam_state = beam_state_of(*state);

    if (setup.stop_at_s >= 0 && now >= setup.stop_at_s && !stop_asked)
      seen.stop_requested = stop_asked = true;
    if (setup.hand_over && result.shots % 40 == 0) {
      auto next = control::make_strategy(setup.strategy, task);
      next->restore(strategy->save());
      strategy = std::move(next);
    }
    const Decision decision = strategy->step(seen, Seconds{now});
    if (decision.causes.most_likely() != cause) {
      cause = decision.causes.most_likely();
      result.causes.emplace_back(now, cause);
    }
    if (decision.kind == Decision::Kind::move) {
      if (!std::isfinite(decision.target_um) || !task.limits.contains(decision.target_um))
        ++result.violations;
      result.puts.push_back({now, decision, newest_good, plant.truth().beam});
      plant.motor().move(now, decision.target_um, decision.speed_um_s);
    }
    if (decision.kind == Decision::Kind::stop) plant.motor().stop(now);
    if (setup.hold) result.truth.push_back(plant.truth());
    if (each) each(plant, decision);
    if (decision.outcome) {
      result.last = decision;
      if (!setup.go_on_after_end) break;
    }
  }
  result.seconds = plant.truth().time;
  result.centre_error_um = plant.motor().carrier_um(result.seconds + 1) - plant.truth().jet_um;
  result.overlap = plant.overlap_at(result.centre_error_um);
  return result;
}

}  // namespace jt::test
