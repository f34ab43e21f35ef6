// The two passes over a run: first event codes and i0 of every shot, then the frames of those with the code.
// Inside run_calibration(): between the shot streams and the numbers of a result.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibration/run_calibration.hpp"
#include "calibration/run_setup.hpp"
#include "camera/jet_projection.hpp"
#include "reduction/original_bins.hpp"
#include "reduction/radial_bins.hpp"
#include "reduction/reduce_shot.hpp"

namespace jt::calibration {

// What the first pass learns. `rows` are the shots with the wanted event code, in time order.
struct Census {
  std::vector<ShotRow> rows;
  std::vector<std::optional<reduction::Lost>> lost;  // per row: why it can not be used, as far as is known
  std::uint64_t seen = 0;
  reduction::LostCounts without_code;       // shots that are no rows
  formats::RefusalCounts damage_elsewhere;  // of shots that are no rows
  formats::RefusalCounts damage_in_rows;
  std::map<std::uint16_t, std::uint64_t> codes;  // how often each event code was seen
  double photon_energy_ev = unknown;
  formats::DetectorInfo detector, jet_camera;
  formats::MonitorInfo i0;
  std::vector<std::string> notes;
};
// Throws SetupError when the run lacks what the settings name or has no shot with the event code.
Census count_shots(const Settings& settings, const OpenShots& open, const Hooks& hooks);

// The detector and its bins, made when the first frame tells the shape.
struct RingReader {
  std::shared_ptr<const detector::AreaDetector> detector;
  std::unique_ptr<reduction::PixelBins> bins;  // where it is, `frames` looks at it
  std::vector<double> edges;                   // bins + 1, in the unit of the detector's PixelMap
  std::vector<double> middles;  // of the bins; the original's masks overlap, so these are no means of edges
  reduction::Centre centre;
  std::unique_ptr<reduction::FrameReader> frames;
};

// What the second pass adds.
struct Frames {
  ShotTable table;                                   // i0 of the census; profiles and jets now
  std::vector<std::optional<reduction::Lost>> lost;  // per row
  std::vector<std::uint64_t> saturated;              // pixels per row
  formats::RefusalCounts damage;                     // of the rows' whole datagrams
  std::vector<float> mean_image;                // of the rows in `averaged`, in the order of the PixelMap
  std::vector<bool> averaged;                   // per row: its frame is in the mean image
  std::vector<double> jet_projection;           // mean over the same shots
  std::uint64_t without_camera = 0;             // shots with a good frame and no picture of the jet
  std::uint64_t with_jet = 0, without_jet = 0;  // pictures in which a jet was, or was not, found
  bool jet_on_other_axis = false;               // a picture without a jet shows one along the other axis
  RingReader reader;
  std::vector<std::string> notes;
};

// Reads the frames of the census's rows about `centre` (none: the detector's own). Frames of rows that
// `accepts(i0)` are added to the mean image. `detector` is made by the first call that sees a frame and used
// by those that follow: it belongs to one run.
Frames read_frames(const Settings& settings, const Census& census, const I0Cut& cut,
                   const std::optional<reduction::Centre>& centre, const OpenShots& open, const Hooks& hooks,
                   reduction::WorkerPool& pool, std::shared_ptr<const detector::AreaDetector>& detector);

}  // namespace jt::calibration
