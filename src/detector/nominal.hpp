// Where the panels of a detector lie when nobody has measured them: our own geometries from the layouts.
// Used, with a warning, for a run whose experiment has no geometry file.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/image.hpp"
#include "detector/geometry_file.hpp"

namespace jt::detector {

enum class PanelFamily : std::uint8_t { epix10ka, jungfrau, cspad };
std::string_view name(PanelFamily family);  // "Epix10ka"

// Centred on the beam, at distance 0 (not known). Nothing for a number of panels whose arrangement is the
// experiment's own choice: Epix10ka other than 1, 4 or 16, Jungfrau other than 8, CSPAD other than 32.
std::optional<std::vector<GeometryLine>> nominal_geometry(PanelFamily family, std::uint32_t panels);

}  // namespace jt::detector
