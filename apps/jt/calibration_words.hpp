// A calibration's result for the person who asked for it: the verdict first, then what to set, then how good.
// Printed by `jt calibrate` at the end of the offline walk.
#pragma once

#include <string>

#include "calibration/result.hpp"
#include "calibration/result_file.hpp"

namespace jt::app {

std::string calibration_words(const calibration::Result& result, const calibration::OutputPlaces& places);

}  // namespace jt::app
