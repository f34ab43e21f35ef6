// The result as a JSON object and back, key by key; both our own form and the original program's.
// Under result_file.hpp, which knows of files.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "calibration/result.hpp"

namespace jt::calibration {

// Numbers that are not finite become null. Keys stay in the order of the result.
nlohmann::ordered_json to_json(const Result& result);

// Keys that are missing stay unknown. Throws SetupError naming `where` and the key when a value is not what
// it should be, or when nothing of a result is there.
Result result_from_json(const nlohmann::json& json, const std::string& where);

}  // namespace jt::calibration
