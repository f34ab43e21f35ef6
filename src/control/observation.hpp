// What a strategy may know of the world: shots, motor, camera and beam state as they have reached the loop.
// Stop 8 of the walk: the loop's `read` makes one per step, `Strategy::step` takes it; the benchmark makes
// the same.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "control/seconds.hpp"

namespace jt::control {

// Why a shot was refused upstream (`reduce_shot`, or the timing system's flag).
enum class ShotCause : std::uint8_t {
  good,     // nothing is known against it
  dropped,  // flagged by the accelerator: no beam in this shot
  i0_low,   // i0 below the calibrated cut
  i0_high,  // i0 above the calibrated cut
  damaged,  // the DAQ says that this event's data are damaged or incomplete
  no_ring,  // the ring sum could not be formed
  count_
};

// One shot as it reached the loop. Which position it belongs to is found from `time`, never from `arrival`.
struct ShotSeen {
  Seconds time;      // the shot's own time (DAQ clock on the loop's time base; off by up to the clock margin)
  Seconds arrival;   // when it reached the loop
  double i0 = 0;     // monitor reading, its own units
  double ring = 0;   // ring sum, detector units, dark level subtracted
  double ratio = 0;  // ring / i0; meaningless when dropped or i0 is below the floor
  bool dropped = false;  // true exactly when cause is not `good`
  ShotCause cause = ShotCause::good;
  std::uint32_t window_id = 0;          // changes when peak, delta or calibration of the ring change
  std::uint8_t shot_class = 0;          // event-code class (laser on, laser off); one class steers
  std::optional<double> beam_position;  // beam-position monitor, its own units: sign, scale, offset unknown
  std::optional<double> saturated_fraction;  // share of the ring's pixels at the detector's top, 0-1
  std::optional<double> total;               // whole detector's sum / i0, if it is measured
};

// One motor readback with the IOC's time stamp.
struct Readback {
  Seconds time;
  double position_um = 0;
};

// The axis as its record shows it. Positions in um, user coordinates.
struct MotorSeen {
  Readback readback;          // the newest
  double setpoint_um = 0;     // VAL
  bool done = true;           // DMOV
  Seconds done_since;         // IOC time stamp of the last change of DMOV
  bool fault = false;         // limit switch, stall, disconnected, record in an error state
  bool someone_else = false;  // a put, stop, set, offset change or other axis that was not ours
};

// One look of the camera at the jet: position across the beam, bias against the X-ray signal unknown.
struct CameraSeen {
  Seconds time;
  double position_um = 0;
  bool jet_seen = true;  // false: the picture was good and there was no jet in it
};

// The beamline's own words about the beam, where these PVs are configured. Absent: not configured.
struct BeamState {
  std::optional<bool> stopper_open;
  std::optional<bool> picker_open;
  std::optional<double> transmission;  // 0-1
  std::optional<double> photon_energy_ev;
  std::optional<double> mirror_position;    // any unit: only changes count
  std::optional<double> detector_distance;  // any unit: only changes count
  bool blocked_by_operator = false;         // BLOCKER: hold
};

// Everything new since the last step. Views: the caller owns the arrays while `step` runs.
struct Observation {
  std::span<const ShotSeen> shots;      // in order of arrival
  std::span<const Readback> readbacks;  // in order of time, the newest is also motor.readback
  std::span<const CameraSeen> camera;   // empty without a camera
  MotorSeen motor;
  std::optional<BeamState> beam_state;  // nothing: no such PVs are configured
  bool stop_requested = false;          // the operator or a client said stop: final
};

}  // namespace jt::control
