#include "formats/event.hpp"

#include <array>

namespace jt::formats {

std::string_view name(Transition transition) {
  static constexpr std::array<std::string_view, 13> names = {
      "Unknown", "Reset", "Map", "Unmap", "Configure", "Unconfigure", "BeginRun", "EndRun",
      "BeginCalibCycle", "EndCalibCycle", "Enable", "Disable", "L1Accept"};
  return names[static_cast<std::size_t>(transition)];
}

}  // namespace jt::formats
