// A detector of panels for one run, with everything that the calibration store has for it.
// Made before the first shot; from then on it is an AreaDetector like any other (area_detector.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detector/area_detector.hpp"
#include "detector/constants.hpp"
#include "detector/cspad.hpp"
#include "detector/gain_switching.hpp"
#include "detector/nominal.hpp"

namespace jt::detector {

enum class CommonModeUse : std::uint8_t { as_deployed, off };

struct PanelSetup {
  RunPlace place;
  PanelFamily family = PanelFamily::epix10ka;
  Shape shape;                     // of the frames
  std::vector<std::uint8_t> mask;  // the user's own, shape.pixels() entries (read_mask()); empty: none
  CommonModeUse common_mode = CommonModeUse::as_deployed;
  std::optional<Epix10kaConfig> epix10ka;  // what an Epix10ka was configured to; required for it
  std::optional<CspadGainMap> cspad;       // what a CSPAD was configured to; without it all is high gain
};

// Reads constants and geometry of the run. Without parameters in the store the common mode is the field's
// default: columns for Epix10ka, rows for Jungfrau, noise peak for CSPAD. Pixels are good that neither
// pixel_mask, status, the user's mask nor a non-finite constant excludes and that are not at a panel's edge.
// Throws SetupError: no pedestals, a file that cannot be read or is of another size, a geometry that is bad,
// missing where there is no nominal one, or of another detector; no configuration; no good pixel left.
std::unique_ptr<AreaDetector> make_panel_detector(PanelSetup setup);

// A camera with what the store has for it: pedestals, pixel_gain (multiplies), status, pixel_mask, geometry;
// each may be missing. With a geometry, pixels have positions in um and the outermost rows and columns are
// bad.
std::unique_ptr<AreaDetector> make_calibrated_camera(const RunPlace& place, Shape shape,
                                                     std::vector<std::uint8_t> mask);

}  // namespace jt::detector
