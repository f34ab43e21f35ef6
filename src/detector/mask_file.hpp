// The user's own pixel mask (`mask:` of the config), read once per run.
// Between the config and an AreaDetector, which leaves the masked pixels out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/image.hpp"

namespace jt::detector {

// One entry per pixel of `shape` (panels x rows x columns): 1 use it, 0 leave it out; any number but 0 in
// the file is 1. The file is a text array in the calibration store's format or an .npy of bool or uint8, of
// that shape, of rows x columns for a single panel, or with the panels stacked (panels*rows x columns).
// Throws SetupError for a file that cannot be read or has another shape.
std::vector<std::uint8_t> read_mask(const std::filesystem::path& file, Shape shape);

}  // namespace jt::detector
