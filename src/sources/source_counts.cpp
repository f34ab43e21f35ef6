#include "sources/source_counts.hpp"

#include <array>

namespace jt::sources {

std::string_view name(SourceTrouble trouble) {
  static constexpr std::array<std::string_view, SourceCounts::size> names = {
      "empty_file",          "cut_in_header",  "cut_in_payload",
      "bad_header",          "too_large",      "no_configure",
      "no_end_run",          "missing_chunk",  "index_missing",
      "index_unreadable",    "index_cut",      "index_of_another_file",
      "index_mismatch",      "not_in_index",   "control_without_shot",
      "control_no_fiducial", "stopped_waiting"};
  return names[static_cast<std::size_t>(trouble)];
}

}  // namespace jt::sources
