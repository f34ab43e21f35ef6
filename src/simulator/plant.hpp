// A beamline in numbers: pulses on a jet that drifts, carried by a motor, seen through a noisy, late chain.
// Stands where stops 1 to 6 of the walk do for a recorded run: shots come out, puts go in; frames are not
// made.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "simulator/plant_motor.hpp"
#include "simulator/plant_profile.hpp"
#include "simulator/plant_settings.hpp"

namespace jt::simulator {

// One pulse as the DAQ gives it.
struct PlantShot {
  std::uint64_t number = 0;
  double stamp = 0;                     // DAQ clock, s
  double arrival = 0;                   // at the loop, motor's clock, s; later shots never arrive earlier
  bool seen = true;                     // false: another node got it
  bool flagged = false;                 // the event code "dropped" is there
  double i0 = 0;                        // monitor, in mean pulses
  double ring = 0;                      // photons, dark level subtracted
  double saturated = 0;                 // share of the ring's pixels at the top, 0-1
  std::uint8_t shot_class = 0;          // event-code class
  std::optional<double> beam_position;  // unknown unit, sign and offset
};

// What nobody at a beamline knows. For the benchmark's figures and for tests only.
struct PlantTruth {
  double time = 0;           // of the pulse, motor's clock, s
  double jet_um = 0;         // motor position at which the jet is in the beam
  double carrier_um = 0;     // where the motor has carried it
  double overlap = 0;        // expected signal here / at the best position, 0-1; as if beam and jet were on
  bool jet_on = true;        // not stopped, not interrupted, not between samples
  bool jet_stopped = false;  // by stop_from_s, or between two samples
  double beam = 1;           // share of the pulse that reaches the sample, pulse energy noise aside
  double decoy = 0;          // signal of the decoy, in units of the jet's
  // What the frame of this pulse is made from; signals in units of the jet at its best position.
  double energy = 1;        // of the pulse as made, in mean pulses; 0 when there is none
  double machine = 1;       // share of it that leaves the machine (what an upstream monitor sees)
  double jet_signal = 0;    // expected, of a mean pulse that reaches the sample whole
  double other_signal = 0;  // the same of background, ice and decoy
  double spike = 1;         // factor on all of it, by a flaw of this shot
  bool moving = false;
};

struct PlantCameraView {
  double time = 0;  // of the picture, motor's clock
  double position_um = 0;
  bool jet_seen = true;
};

struct PlantBeamState {
  bool stopper_open = true, picker_open = true;
  double transmission = 1, photon_energy_ev = 9500, mirror_position = 0, detector_distance = 120;
};

// One history, fixed by (settings, seed, trial); the motor's commands change what is seen of it, not what
// happens. Calls go forward in time: next_shot at each pulse, puts and views between them.
class Plant {
 public:
  // Where the motor starts: at start_um, or (`on_the_jet`) where the jet is.
  enum class Start { as_set, on_the_jet };

  // `profiles` may be shared among plants whose settings agree in what decides them; else they are made.
  Plant(const PlantSettings& settings, std::uint64_t seed, std::uint64_t trial, Start start = Start::as_set,
        std::shared_ptr<const Profiles> profiles = nullptr);

  // The next pulse of the machine (time 0 is the first); the motor is where its puts so far have brought it.
  PlantShot next_shot();
  [[nodiscard]] double next_time() const;                           // of that pulse
  [[nodiscard]] const PlantTruth& truth() const { return truth_; }  // of the last pulse

  Motor& motor() { return motor_; }
  // The next picture that has reached the loop by `now`, each once, in order; a fixed camera's view: the jet
  // moves with the motor.
  [[nodiscard]] std::optional<PlantCameraView> next_picture(double now);
  // Nothing unless `beam_state` is set.
  [[nodiscard]] std::optional<PlantBeamState> beam_state(double now) const;

  [[nodiscard]] const PlantSettings& settings() const { return settings_; }  // drawn ones filled in
  [[nodiscard]] const Profiles& profiles() const { return *profiles_; }
  // Overlap that a carrier at this distance from the jet has.
  [[nodiscard]] double overlap_at(double distance_um) const { return profiles_->overlap(distance_um); }
  [[nodiscard]] double decoy_centre_um() const { return decoy_um_; }

 private:
  void draw_what_is_left_open();
  void draw_once();
  void place_decoy(double side, double where);
  void move_jet(double time);
  void interrupt_jet(double time);
  void jump();
  void take_picture(double time);
  [[nodiscard]] bool in_beam_event(double time) const;
  [[nodiscard]] double energy_left(double time) const;
  [[nodiscard]] double beam_on_sample(double time) const;
  [[nodiscard]] double beam_on_monitor(double time) const;
  [[nodiscard]] bool sample_runs(double time) const;
  [[nodiscard]] double decoy_signal(double at_um) const;
  [[nodiscard]] double expected_photons(double jitter_um, double thickness, bool laser_on);
  void expose(PlantShot& shot);
  void deliver(PlantShot& shot);
  [[nodiscard]] std::uint64_t stream(unsigned purpose) const { return trial_ << 8U | purpose; }

  PlantSettings settings_;
  std::uint64_t seed_, trial_;
  std::shared_ptr<const Profiles> profiles_;
  std::uint64_t shot_ = 0;
  // drawn once per trial
  double jet_start_ = 0, sine_phase_ = 0, linear_sign_ = 1, jump_sign_ = 1, decoy_um_ = 0, camera_bias_ = 0;
  double monitor_scale_ = 1, monitor_offset_ = 0;
  // where the history stands
  double walk_ = 0, curl_ = 0, jump_done_ = 0, mirror_ = 0, last_arrival_ = 0;
  bool jumped_ = false, interrupted_ = false;
  double burst_until_ = 0;
  std::uint64_t bursts_ = 0;
  PlantTruth truth_;
  Motor motor_;
  std::deque<PlantCameraView> pictures_;  // taken, not yet arrived
  std::uint64_t pictures_taken_ = 0;
};

}  // namespace jt::simulator
