// What a strategy is told before it starts: limits, expected width, the axis's own facts, and its settings.
// Read at stop 8 of the walk; the config makes them, and the audit log opens with them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace jt::control {

// The range that requests keep to, um. Swapped ends are put in order: an old config has them so.
class Limits {
 public:
  Limits() = default;
  Limits(double one_um, double other_um)
      : low_(std::min(one_um, other_um)), high_(std::max(one_um, other_um)) {}
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] double width() const { return high_ - low_; }
  // False for NaN.
  [[nodiscard]] bool contains(double position_um) const {
    return position_um >= low_ && position_um <= high_;
  }
  [[nodiscard]] double clamp(double position_um) const { return std::clamp(position_um, low_, high_); }

 private:
  double low_ = -100, high_ = 100;
};

// The axis as its motor record describes it.
struct AxisFacts {
  double speed_um_s = 500;       // VELO
  double acceleration_s = 0;     // ACCL
  double settle_s = 0.15;        // after DMOV, until the position counts
  double resolution_um = 0.5;    // MRES
  double backlash_um = 1;        // to be taken up by approaching from below; 0: the record does it
  double readback_rate_hz = 0;   // 0: a readback at every step
  bool velocity_control = true;  // Fly Scan may set the speed
  double fly_speed_um_s = 1e9;   // no faster while shots are taken on the way
};

// Every number has its reason in docs/control.md.
struct Settings {
  // shots
  double shot_rate_hz = 120;  // expected until it has been measured
  double clock_margin_s = 0;  // how far the DAQ's and the IOC's clocks may differ
  double fresh_s = 2;         // no move unless a good shot is younger than that (by its own time)
  double i0_floor = 0;        // no ratio below; 0: not calibrated
  int steering_class = -1;    // event-code class that steers; -1: all
  // searches
  double search_time_s = 300;  // a search ends by then, whatever happens
  double step_um = 0;          // basic, linear: coarse step; 0: from the expected width
  double tolerance_um = 0;     // ternary: width of the last bracket; 0: from the expected width
  double ceiling = 0;          // ratio above this is too bright; 0: learnt
  double pause_s = 60;         // a search waits that long for beam
  // holding
  double max_moves_per_min = 20;  // puts
  bool quiet = false;             // no probing moves unless a change is detected
  double drift_fwhm_per_sqrt_s = 0.05;
  double sweep_time_s = 120;  // a lost jet is looked for that long
};

// One key of Settings by name, as the config and the benchmark's `--set` spell it.
// Throws CallError on an unknown key (names the nearest) or a value that is no finite number.
void set(Settings& settings, std::string_view key, double value);

// What a strategy works on.
struct Task {
  Limits limits;
  double fwhm_um = 10;  // expected width of the signal profile, right to +/-30 %
  double start_um = 0;  // where to return when nothing is found
  AxisFacts axis;
  Settings settings;
};

}  // namespace jt::control
