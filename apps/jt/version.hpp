// The program's version, from CMake. Shown by `jt --version` and in every result's provenance.
#pragma once

#include <string_view>

namespace jt::app {

inline constexpr std::string_view version = JT_VERSION;

}  // namespace jt::app
