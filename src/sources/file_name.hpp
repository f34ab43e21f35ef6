// The name of a recorded file: e1236-r0020-s00-c00.xtc, or mfxl1038923-r0030-s00-c00.xtc since about 2020.
// Under `sources`: run_files.hpp finds a run's files by it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace jt::sources {

struct FileName {
  std::string prefix;  // "e1236" (e and the experiment's number), or the experiment's name
  int run = 0;
  std::uint32_t stream = 0, chunk = 0;
  bool in_progress = false;  // the DAQ still writes it: ".inprogress" at the end
};

// Nothing when `name` (without folders) is not that of a recorded file.
std::optional<FileName> parse_file_name(std::string_view name);
std::string text(const FileName& name);

// "<folder>/smalldata/<name>.smd.xtc" for "<folder>/<name>.xtc", finished or not.
std::filesystem::path index_path(const std::filesystem::path& file);

}  // namespace jt::sources
