// The run calibration as one call: shots in, the numbers and pictures of a result out; writes nothing.
// The offline end of the walk: sources -> decode -> reduce_shot -> i0 cut, ring, jet, verdict.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "calibration/i0_cut.hpp"
#include "calibration/result.hpp"
#include "calibration/settings.hpp"
#include "calibration/shot_stream.hpp"
#include "calibration/shot_table.hpp"
#include "reduction/ring_window.hpp"

namespace jt::calibration {

struct Progress {
  std::uint64_t events = 0;  // L1 events looked at in this pass
  std::uint64_t total = 0;   // 0 = not known yet (first pass)
  std::uint64_t with_code = 0;
  int pass = 1;  // 1: i0 of all shots; 2: frames
};

struct Hooks {
  std::function<void(const Progress&)> progress;  // called after every event; be quick. May be empty
  // Called before something long that counts no shots, such as "reading the constants of epix10k2M". May be
  // empty.
  std::function<void(const std::string& what)> waiting;
  std::function<bool()> stop_wanted;  // asked after every event; true ends in Interrupted. May be empty
};

// The mean of the used shots' frames where the pixels lie, for pictures and the centre fit.
struct MeanImage {
  std::size_t rows = 0;
  std::size_t cols = 0;
  std::vector<float> values;  // row major; NaN = masked, gap or never valid
  double pixel = 1;           // pitch in radius_unit
  double x0 = 0, y0 = 0;      // position of pixel (0, 0) in radius_unit: x = x0 + col * pixel
};

// Everything that a report shows besides the result itself.
struct RunCalibration {
  Result result;
  ShotTable table;
  I0Cut cut;  // with the histogram it was made from
  MeanImage mean_image;
  std::vector<double> jet_projection;  // mean over the used shots along the configured axis; empty: no camera
  std::vector<double> fitted_profile;  // the fit at every bin; empty when there is none
  std::string pixel_unit = "ADU";      // of the calibrated pixels: ADU or keV
  reduction::Baseline baseline;        // the straight line under the ring, over bins
};

// Throws SetupError (CallError for a wrong name in the config) for a set-up that cannot work: unknown
// detector or i0 source, no shot with the event code, all shots rejected, a detector without constants.
// Throws Interrupted when stop_wanted() says so.
RunCalibration run_calibration(const Settings& settings, const OpenShots& open, const Hooks& hooks = {});

}  // namespace jt::calibration
