// The YAML config of a hutch as typed values: the original program's keys and ours. Nothing is required here.
// Before the walk: run_choice.hpp and calibrate_settings.hpp ask it for what their command needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "apps/jt/twin_block.hpp"

namespace jt::app {

struct DetMap {                                                  // the area detector
  std::optional<std::string> name;                               // alias or source
  std::optional<std::pair<std::uint32_t, std::uint32_t>> shape;  // rows, columns; only checked
  bool common_mode = true;                                       // false: none is taken off
};

struct Ipm {                        // the i0 monitor
  std::optional<std::string> name;  // alias or source
  std::optional<std::string> det;   // the quantity
};

struct JetCam {
  std::string name;  // alias or source
  int axis = 1;
};

struct CalParams {
  int azav_bins = 100;
  std::uint64_t events = 0;  // L1 events looked at; 0 = all
  int i0_bins = 50;
  double i0_reject = 0.1;  // fraction of the mode bin
  int fit_points = 5;
  int delta_bin = 3;
};

struct RingBlock {
  std::optional<std::string> model;   // geometry, original
  std::optional<std::string> metric;  // sum, contrast
  std::variant<std::string, std::pair<double, double>> center = std::string("geometry");
  struct Range {
    std::string unit;  // bins, px, um, q
    double low = 0, high = 0;
  };
  std::optional<Range> range;
};

struct JetBlock {                    // the motor that carries the jet and the camera that looks at it
  std::optional<std::string> motor;  // default: motor.name
  std::optional<int> motor_sign;     // +1 or -1
  std::vector<std::string> other_axes;
  std::optional<std::string> camera;
  std::optional<int> camera_axis;
  std::optional<double> um_per_px;
  std::optional<double> fwhm_um;
};

struct Limits {  // of the jet's motor, in its user coordinates
  std::optional<double> low_mm, high_mm;
  std::map<std::string, double> step_mm;  // by mode: search, track, jog
  std::optional<double> max_moves_per_min;
  std::optional<double> fresh_s;
};

struct Interlock {  // no move unless the PV has this value
  std::string pv, name;
  std::variant<double, std::string> ok_value = 0.0;
};

struct BeamState {  // a PV that tells of the beam: stopper, picker, transmission
  std::string pv, name;
};

struct PublishBlock {
  std::optional<bool> serve_pvs;       // host the PVs ourselves
  std::optional<std::string> ca_host;  // the interface they are hosted on, by its address
  std::optional<int> ca_port;
  std::optional<std::string> metrics_host;
  std::optional<int> metrics_port;
};

struct Config {
  std::string file;    // as given, for sentences; empty: no config
  std::string sha256;  // of its bytes, for the provenance; empty: no config

  std::optional<std::string> hutch, experiment;
  std::optional<int> run;
  bool sim = false, ffb = false;
  std::optional<std::string> evr_name;
  std::optional<int> event_code;
  std::vector<int> exclude_event_codes;
  DetMap det_map;
  Ipm ipm;
  std::optional<JetCam> jet_cam;
  std::optional<std::filesystem::path> mask;  // from the config's folder when relative
  std::optional<std::string> opr_home;
  std::optional<std::string> motor;  // motor.name
  std::map<int, std::string> pv_map;
  std::optional<int> api_port;                    // api_msg.port
  std::optional<std::string> api_host;            // api_msg.host
  std::optional<std::filesystem::path> api_keys;  // api_msg.keys: a folder, from the config's when relative
  std::optional<CalParams> cal_params;
  RingBlock ring;
  std::optional<std::string> stream_host;
  JetBlock jet;
  Limits limits;
  std::optional<bool> search_during_run;
  std::vector<Interlock> interlocks;
  std::vector<BeamState> beam_state;
  PublishBlock publish;
  TwinBlock twin;
};

// Reads a config file. Throws CallError for what it cannot be: no file, no YAML, an unknown key, a wrong
// type, a value out of range; with file, line and what is allowed.
Config load_config(const std::filesystem::path& file);

// The same from text; `file` names it.
Config parse_config(const std::string& text, std::string_view file);

// The CallError for a key that a command needs and the config does not have.
[[noreturn]] void missing_key(const Config& config, std::string_view key, std::string_view needed_for,
                              std::string_view example);

}  // namespace jt::app
