// The motor record as an EPICS IOC runs it: puts to its fields in, changes of its fields out. Pure: time is
// an argument, nothing waits. In the twin it stands behind stop 9 of the walk, `move`; motor_host.hpp serves
// it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jt::simulator {

// SPMG: the community's record, seen letter by letter. SPG: the flavour of the facility's IMS motors; its
// fields are the documented ones, its behaviour in motion is taken to be the same (not verified).
enum class MotorFlavour : std::uint8_t { spmg, spg };

struct MotorRecordSettings {
  MotorFlavour flavour = MotorFlavour::spmg;
  // As the real one, NaN is taken as a target and never reached. False: such a put fails.
  bool faithful = false;
  double start = 0;                                           // mm, dial
  double low = -10, high = 10;                                // soft limits, user; equal: none
  double hard_low = -12, hard_high = 12;                      // switches, dial
  double velocity = 1, base_velocity = 0, most_velocity = 0;  // mm/s
  double acceleration_s = 0.2;                                // to reach the velocity
  double backlash = 0, backlash_velocity = 0.5, backlash_acceleration_s = 0.2;
  double resolution = 1e-4;        // mm a step
  double deadband = 5e-4;          // RDBD
  int retries = 3;                 // RTRY
  double delay_s = 0;              // DLY, between the end of the way and DMOV 1
  double readback_period_s = 0.1;  // of RBV's monitors while it moves
  std::string units = "mm";
  int precision = 4;
};

// What can be wrong with the device. Each false is healthy.
struct MotorFaults {
  bool stall = false;          // commanded, but it does not turn
  bool stuck_dmov = false;     // DMOV does not come back
  bool limit = false;          // the switch ahead closes
  bool comm_error = false;     // the controller does not answer
  bool slow_readback = false;  // RBV comes every 2 s
  double noise = 0;            // of RBV, mm rms
};

// In the order in which clients see it.
struct RecordEvent {
  enum class Kind : std::uint8_t { change, completion } kind = Kind::change;
  double time = 0;
  std::string_view field;  // of a change
  double value = 0;        // of a change
  std::uint64_t put = 0;   // of a completion: the put that is over
};

class MotorRecord {
 public:
  explicit MotorRecord(const MotorRecordSettings& settings);

  enum class Answer : std::uint8_t {
    taken,   // a put without notify: done; with: a completion will follow
    failed,  // as with DISP = 1
    no_write_access,
    no_such_field,
  };
  // A client's put. `notify`: the id under which its completion comes; it may wait behind another's. Time
  // never goes back between calls.
  Answer put(double now, std::string_view field, double value, std::optional<std::uint64_t> notify = {});
  // Lets it live until `now`. To be called at least as often as the monitors should be.
  void advance(double now);
  // What has happened since the last call.
  std::vector<RecordEvent> take_events();

  // A field's value now; NaN when there is none.
  [[nodiscard]] double get(std::string_view field) const;
  [[nodiscard]] static std::vector<std::string_view> fields(MotorFlavour flavour);
  [[nodiscard]] static bool writable(std::string_view field);
  [[nodiscard]] const MotorRecordSettings& settings() const { return settings_; }

  // Where the axis is in truth, dial, mm; it never shows to clients.
  [[nodiscard]] double true_position(double now) const;
  MotorFaults& faults() { return faults_; }
  [[nodiscard]] const MotorFaults& faults() const { return faults_; }

 private:
  // One way at a trapezoidal speed, from rest to rest.
  struct Way {
    double begin = 0, from = 0, to = 0, velocity = 1, ramp_s = 0;
    [[nodiscard]] double peak() const;  // the highest speed on it
    [[nodiscard]] double length_s() const;
    [[nodiscard]] double at(double time) const;
    [[nodiscard]] double speed_at(double time) const;  // signed
    [[nodiscard]] double end() const { return begin + length_s(); }
  };
  enum class Phase : std::uint8_t {
    idle,         // DMOV 1
    held,         // a target is there, SPMG does not let it go: waits for Go, or STOP
    way,          // on the way to the target or to the point before it
    approach,     // the last part of it, against the backlash
    braking,      // on the ramp down; `after_` says what then
    delay,        // DLY
    runaway,      // NaN was taken for a target: never ends by itself
    after_limit,  // DMOV is 1 again, the axis still rolls out
  };
  enum class After : std::uint8_t { stop, pause, retarget };
  struct Waiting {
    std::string field;
    double value;
    std::uint64_t notify;
  };

  void post(std::string_view field, double value);
  void set_now(double now) { now_ = now; }
  void apply(std::string_view field, double value);
  void put_target(double user);
  void put_offset(double user);
  void put_go(int mode);
  void put_limits(std::string_view field, double value);
  void refuse_target();
  void begin_motion();
  void begin_way(double to_dial, bool backlash_speed, Phase phase);
  void brake(After after);
  void arrive();
  void finish();
  void end_where_it_is();
  void hit_switch(bool high);
  void meet_switches();
  void show_readback(bool forced);
  void update_status();
  void complete();
  void serve_waiting();
  [[nodiscard]] double field(std::string_view name) const { return fields_.at(name); }
  [[nodiscard]] double to_dial(double user) const;
  [[nodiscard]] double to_user(double dial) const;
  [[nodiscard]] int go_mode() const;  // 0 stop, 1 pause, 2 move, 3 go
  [[nodiscard]] bool within_limits(double user) const;

  MotorRecordSettings settings_;
  MotorFaults faults_;
  std::map<std::string_view, double> fields_;
  std::vector<RecordEvent> events_;
  double now_ = 0;
  Phase phase_ = Phase::idle;
  After after_ = After::stop;
  Way way_;
  double target_ = 0;  // dial
  double phase_until_ = 0, readback_due_ = 0;
  std::optional<std::uint64_t> pending_;  // the notify that is under way
  std::deque<Waiting> waiting_;
  std::uint64_t noise_draws_ = 0;
};

}  // namespace jt::simulator
