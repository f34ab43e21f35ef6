// What may happen in a simulated run, by name: each scenario is a set of the plant's own settings.
// Before the walk: applied after the preset and before single settings.
#pragma once

#include <span>
#include <string_view>

#include "simulator/plant_settings.hpp"

namespace jt::simulator {

// A search from anywhere, or holding a jet that was found.
enum class Mode { acquire, track };

struct Scenario {
  std::string_view name;
  std::string_view meaning;
};
std::span<const Scenario> scenarios();

// Throws CallError on an unknown name.
void apply_scenario(PlantSettings& settings, std::string_view name, Mode mode);

}  // namespace jt::simulator
