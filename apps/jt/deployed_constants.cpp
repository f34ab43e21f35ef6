#include "apps/jt/deployed_constants.hpp"

#include <array>

#include "core/errors.hpp"
#include "detector/store.hpp"

namespace jt::app {

DeployedConstants deployed_constants(const std::filesystem::path& calibration_folder,
                                     const std::string& source, RunNumber run) {
  using detector::Constant;
  constexpr std::array kinds{Constant::pedestals,    Constant::pixel_gain,   Constant::pixel_offset,
                             Constant::pixel_status, Constant::status_extra, Constant::status_data,
                             Constant::pixel_mask,   Constant::common_mode,  Constant::geometry};
  DeployedConstants deployed;
  const detector::CalibrationStore store(calibration_folder, source);
  try {
    for (const Constant kind : kinds)
      if (const auto file = store.find(kind, run))
        deployed.files.push_back({std::string(detector::name(kind)), *file});
  } catch (const SetupError& error) {
    deployed.trouble = error.what();
  }
  return deployed;
}

}  // namespace jt::app
