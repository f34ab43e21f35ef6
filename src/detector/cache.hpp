// Constants that were read once from text, kept in binary in the user's cache folder.
// Beside the text reader: the same array in the time that memory for it takes, or nothing.
#pragma once

#include <filesystem>
#include <optional>

#include "detector/array.hpp"

namespace jt::detector {

// `$XDG_CACHE_HOME/jet-tracking`, else `$HOME/.cache/jet-tracking`; empty (no cache) when neither is set.
std::filesystem::path user_cache_folder();

// What identifies the content of a file without reading it.
struct FileIdentity {
  std::filesystem::path path;  // absolute
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // inode change: catches a copy that kept the old time
  bool operator==(const FileIdentity&) const = default;
};
// Throws Unreadable with the system's reason.
FileIdentity identify(const std::filesystem::path& file);

// An entry holds the identity of the text file, a checksum and the values. It is believed only when all
// agree; a damaged, stale or foreign entry is nothing. An empty folder is no cache. Neither call ever throws
// for what is wrong with the cache: it only saves time.
template <class T>
std::optional<Array<T>> read_cached(const std::filesystem::path& cache, const FileIdentity& text_file);

// Appears complete or not at all. Not written when the text file changed within the last second (it may
// change again without a new time). Keeps the folder below 8 GiB by removing its oldest entries.
template <class T>
void write_cached(const std::filesystem::path& cache, const FileIdentity& text_file, const Array<T>& array);

}  // namespace jt::detector
