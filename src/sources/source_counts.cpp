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

std::string_view in_words(SourceTrouble trouble) {
  static constexpr std::array<std::string_view, SourceCounts::size> words = {
      "empty file",
      "file cut in a header; what is whole is used",
      "file cut in a payload; what is whole is used",
      "place where no datagram can begin",
      "datagram that claims to be larger than any can be",
      "stream that does not begin with Configure",
      "stream that ends without EndRun",
      "missing chunk",
      "missing index; the file was read without it",
      "index that cannot be read; the file was read without it",
      "index that ends before its file; the rest was read without it",
      "index of another file; the file was read without it",
      "index wrong about its file, which was read without it",
      "datagram that the index leaves out, read from the file",
      "control-stream datagram whose shot is not there",
      "control-stream datagram without fiducial",
      "stream followed only until the time limit"};
  return words[static_cast<std::size_t>(trouble)];
}

}  // namespace jt::sources
