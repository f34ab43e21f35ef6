// The numbers of a run calibration as they stand in `jt_cal_<N>_results`: what the live process starts from.
// Made by `run_calibration()`, shown by the report and the terminal, written and read by result_file.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jt::calibration {

// NaN in every `double` of these structs means "not known"; it is null in JSON.
inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

enum class Verdict : std::uint8_t { good, check, bad };
std::string_view name(Verdict verdict);

// A ring that was found besides the brightest one.
struct OtherRing {
  int peak_bin = 0;
  double radius = unknown;    // in ring.radius_unit
  double contrast = unknown;  // in standard errors of the profile
};

struct Ring {
  std::string model = "geometry";  // or "original"
  std::string metric = "sum";      // or "contrast"
  double radius = unknown;         // in radius_unit, of the fitted peak
  std::string radius_unit = "px";  // or "um"
  double radius_err = unknown;
  double q = unknown;  // 1/angstrom; known when distance and photon energy are
  // Bins of the ring sum, both included; the original model leaves the upper one out and says so here as it
  // was used: [peak-delta, peak+delta-1].
  std::array<int, 2> window{0, 0};
  bool window_clipped = false;  // a part of peak +- delta lies outside the profile
  // The bins beside the ring that carry its baseline, both included: first and last on the inner side, first
  // and last on the outer side; first > last: none on that side.
  std::array<int, 4> baseline_window{0, -1, 0, -1};
  std::vector<double> bin_edges;                           // bins + 1, in radius_unit
  std::array<double, 2> center{unknown, unknown};          // x, y used for the bins
  std::array<double, 2> center_fit{unknown, unknown};      // of the ring in the mean image, and
  std::array<double, 2> center_fit_err{unknown, unknown};  // its error
  double contrast = unknown;           // height over the baseline in standard errors of the profile
  double baseline = unknown;           // straight line below the window, summed over the window
  double ratio_without_jet = unknown;  // the ratio to be expected when the ring is gone
  double fit_sigma = unknown;          // width of the fitted peak, in bins
  double fit_residual = unknown;       // rms of the fit's residuals over the peak's height
  bool fit_ok = false;
  std::vector<OtherRing> others;
};

struct DetectorName {
  std::string alias;
  std::string source;
};

struct Counts {
  std::uint64_t seen = 0;  // L1 events
  std::uint64_t with_code = 0;
  std::uint64_t used = 0;
  std::map<std::string, std::uint64_t> rejected;  // by cause
  std::map<std::string, std::uint64_t> damage;    // what the decoder refused, by kind, over all L1 events
};

struct Provenance {
  int schema_version = 1;
  std::string program_version;
  std::string hutch;
  std::string experiment;
  int run = 0;
  DetectorName detector;
  std::string i0_source;
  std::string i0_quantity;
  DetectorName jet_camera;                     // empty: none configured
  std::array<std::uint32_t, 3> image_shape{};  // panels, rows, cols; written as [rows, cols] for a camera
  std::vector<std::string> constants;          // files
  Counts counts;
  double photon_energy_ev = unknown;  // mean of the run's EBeam readings
  std::string config_sha256;
  std::string time;  // when it was made, "2024-05-01T12:00:00Z"
};

struct Result {
  double i0_low = unknown;
  double i0_high = unknown;
  double i0_median = unknown;
  int peak_bin = 0;
  int delta_bin = 0;
  double mean_ratio = unknown;
  double med_ratio = unknown;
  double std_ratio = unknown;
  double jet_location_mean = unknown;
  double jet_location_std = unknown;
  double jet_peak_mean = unknown;
  double jet_peak_std = unknown;

  double int_low = unknown;
  double int_median = unknown;
  double int_high = unknown;
  double slope = unknown;  // ring sum = slope * i0 + intercept
  double intercept = unknown;
  double residual_spread = unknown;  // standard deviation of the ring sums about that line
  std::uint64_t events_with_code = 0;
  std::uint64_t events_used = 0;
  double integrated_intensity = unknown;  // ring sum of the average profile
  std::vector<double> average_azav;

  Verdict verdict = Verdict::bad;
  std::vector<std::string> reasons;  // for the verdict
  std::vector<std::string> warnings;
  Ring ring;
  Provenance provenance;
};

}  // namespace jt::calibration
