// What a run calibration is asked to do, as plain values: the config file's keys and the options, already
// read. Filled by `apps`, read by `run_calibration()`; nothing here knows of YAML or of the command line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace jt::calibration {

enum class RingModel : std::uint8_t { geometry, original };
enum class RingMetric : std::uint8_t { sum, contrast };
enum class RangeUnit : std::uint8_t { bins, px, um, q };
enum class CentreChoice : std::uint8_t { geometry, fit, fixed };

// Where the ring may lie: `ring.range_bins`, `range_px`, `range_um` (detector plane) or `range_q`
// (1/angstrom).
struct RingRange {
  double low = 0;
  double high = 0;
  RangeUnit unit = RangeUnit::bins;
};

struct RingSettings {
  RingModel model = RingModel::geometry;
  RingMetric metric = RingMetric::sum;
  CentreChoice centre = CentreChoice::geometry;
  double centre_x = 0;  // for CentreChoice::fixed, in the unit of the radius: px for a camera, um for panels
  double centre_y = 0;
  std::optional<RingRange> range;
};

// `det_map`: the area detector and the image shape that the config expects (0 = not said).
struct DetectorSettings {
  std::string name;  // alias or source
  std::uint32_t rows = 0;
  std::uint32_t cols = 0;
  bool common_mode = true;  // taken off as the constants say; false: not at all
};

// A pixel mask read from a file: 1 good, 0 bad, row major. Empty = no mask.
struct MaskSettings {
  std::uint32_t rows = 0;  // of all panels, one below the other
  std::uint32_t cols = 0;
  std::vector<std::uint8_t> good;
};

struct JetCameraSettings {
  std::string name;  // alias or source
  int axis = 0;      // 0: sum over rows, a profile along x; 1: sum over columns, a profile along y
};

struct Settings {
  std::string hutch;
  std::string experiment;
  RunNumber run;

  EventCode event_code;
  std::vector<EventCode> exclude_event_codes;
  DetectorSettings detector;
  std::string i0_source;                        // `ipm.name`
  std::string i0_quantity;                      // `ipm.det`
  std::optional<JetCameraSettings> jet_camera;  // none: jet results are null
  MaskSettings mask;
  std::filesystem::path calibration_folder;  // "<experiment folder>/calib"; empty: there is none
  RingSettings ring;

  // cal_params
  int azav_bins = 100;
  int i0_bins = 50;
  double i0_reject = 0.1;  // fraction of the mode bin
  int fit_points = 5;
  int delta_bin = 3;
  std::uint64_t max_events = 0;  // L1 events looked at, whatever their code; 0 = all

  unsigned threads = 0;         // 0 = as many as the machine has; results do not depend on it
  std::string program_version;  // for the provenance
  std::string config_sha256;
};

}  // namespace jt::calibration
