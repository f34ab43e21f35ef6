// What may become a part of a path: names of hutches and experiments come from files and environments.
// Used before the walk, where configs and options are read.
#pragma once

#include <algorithm>
#include <string_view>

namespace jt::app {

// Letters, digits, '_' and '-', at most 64 of them: no separators, no dots.
inline bool is_folder_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace jt::app
