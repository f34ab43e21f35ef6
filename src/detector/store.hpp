// The calibration store on disk: which folder belongs to a detector, which file to a run.
// Between the experiment folder and `constants.hpp`, which reads what is found here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace jt::detector {

// The kinds of constants that we use; each has a folder of its own.
enum class Constant : std::uint8_t {
  pedestals,
  pixel_gain,
  pixel_offset,
  pixel_status,
  status_extra,
  status_data,
  pixel_mask,
  common_mode,
  geometry,
};
std::string_view name(Constant constant);  // "pixel_gain"

// "DetInfo(XcsEndstation.0:Epix10ka2M.0)" -> "XcsEndstation.0:Epix10ka2M.0"; a bare source stays as it is.
std::string_view bare_source(std::string_view source);

// "Epix10ka2M::CalibV1" for a source; "Camera::CalibV1" for every camera.
std::string calibration_group(std::string_view source);

// The file among `names` that is valid for `run`; nothing when none is. "5-10.data" is valid for runs 5 to
// 10, "5-end.data" from run 5 on. The latest begin wins, for equal begins the narrowest range. Names of any
// other form are ignored. Runs above 9999 are looked up as 9999, as the facility's own software does.
std::optional<std::string> choose_file(std::span<const std::string> names, RunNumber run);

// `<data root>/<instrument>/<experiment>/calib` in the spelling of the instrument that exists, upper or lower
// case; in lower case when neither does. An empty instrument is the experiment's first three letters.
std::filesystem::path calibration_folder(const std::filesystem::path& data_root, std::string_view instrument,
                                         std::string_view experiment);

// One detector's part of a calibration folder.
class CalibrationStore {
 public:
  // `source` is the DAQ's own name (never the alias): "DetInfo(CxiDs1.0:Jungfrau.0)".
  CalibrationStore(std::filesystem::path calibration_folder, std::string_view source);

  // Where the files of one kind are, whether they exist or not: "<calib>/<Group>/<Source>/pedestals".
  [[nodiscard]] std::filesystem::path folder(Constant constant) const;

  // The file for a run; nothing when the folder is missing or holds none for it. Throws SetupError when a
  // folder is there and may not be looked into.
  [[nodiscard]] std::optional<std::filesystem::path> find(Constant constant, RunNumber run) const;

 private:
  std::filesystem::path detector_folder_;
};

}  // namespace jt::detector
