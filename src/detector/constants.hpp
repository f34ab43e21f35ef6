// One detector's constants for one run: found in the store, read (from the cache where it is good), checked.
// Between `store.hpp` and the detectors; every trouble with a constant becomes a sentence here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "core/image.hpp"
#include "detector/geometry.hpp"
#include "detector/masks.hpp"
#include "detector/store.hpp"

namespace jt::detector {

// Where the constants of a run come from and what the detector is called.
struct RunPlace {
  std::string name;    // alias, for sentences: "epix10k2M"
  std::string source;  // the DAQ's own name: "DetInfo(MfxEndstation.0:Epix10ka2M.0)"
  RunNumber run;
  std::filesystem::path calibration_folder;  // "<experiment folder>/calib"
  std::filesystem::path cache_folder;        // user_cache_folder(); empty: none
};

class Constants {
 public:
  explicit Constants(RunPlace place);

  // `fewest` to `most` blocks of `pixels` values, as the file has them; nothing when none is deployed. T is
  // float, std::uint8_t, std::uint16_t or std::uint64_t. Throws SetupError for a file that cannot be read or
  // has another size.
  template <class T>
  std::optional<std::vector<T>> read(Constant constant, Shape shape, std::size_t fewest, std::size_t most);
  // The pedestals, which must be there.
  std::vector<float> require_pedestals(Shape shape, std::size_t ranges);
  // The parameters of the common mode; nothing when none are deployed.
  std::optional<std::vector<double>> read_common_mode();
  // The posed pixels of the geometry file; nothing when none is deployed. Throws SetupError for a bad file
  // and for one that describes another detector.
  std::optional<PixelPositions> read_geometry(Shape shape);

  // All that say a pixel is bad: pixel_status over the first `ranges` gain ranges, status_extra, status_data.
  // Empty when none is deployed.
  Mask read_status(Shape shape, std::size_t ranges, std::size_t all_ranges);

  [[nodiscard]] const RunPlace& place() const { return place_; }
  [[nodiscard]] std::filesystem::path folder(Constant constant) const { return store_.folder(constant); }
  // The files that were read.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }

 private:
  [[noreturn]] void refuse(Constant constant, const std::filesystem::path& file,
                           const std::string& reason) const;

  RunPlace place_;
  CalibrationStore store_;
  std::vector<std::string> files_;
};

// Throws SetupError, naming what to deploy and where, when the store has no pedestals for the run; reads
// none.
void require_deployed_pedestals(const RunPlace& place);

}  // namespace jt::detector
