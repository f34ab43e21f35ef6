// Files that appear complete or not at all: written beside, flushed to the disk, then renamed.
// The end of the walk offline: every result, small data file and report passes here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace jt {

// One file in the making. Until commit() the target is what it was before (or absent); without commit(),
// on an error or a crash, it stays so. Writers that want a path (HDF5) write to partial_path().
// Permissions follow the process's umask, as the facility's group folders want (umask 002).
class AtomicFile {
 public:
  // Makes the folder where missing and removes what killed runs left of this target.
  // Throws SetupError when the folder cannot be made or written; the sentence names it and `purpose`, which
  // says why the file matters: "the calibration that the live process reads".
  AtomicFile(std::filesystem::path target, std::string purpose);
  ~AtomicFile();  // removes the partial file unless committed
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  [[nodiscard]] const std::filesystem::path& partial_path() const { return partial_; }

  // Appends to the partial file. Throws SetupError: disk full (how much was needed, how much is free), quota,
  // ...
  void write(std::string_view bytes);
  // Flushes the partial file to the disk, so that commit() has nothing left that could fill it. Several files
  // that belong together: seal() all, then commit() all.
  void seal();
  // seal() where not yet done, rename, flush the folder.
  void commit();

  // The sentence for a failed write of `needed` bytes, from errno's value: for writers that use
  // partial_path().
  [[noreturn]] void fail(int error_number, std::uintmax_t needed) const;

 private:
  void open_partial();
  void close_partial();

  std::filesystem::path target_, partial_;
  std::string purpose_;
  int descriptor_ = -1;
  bool sealed_ = false;
  bool committed_ = false;
};

// The whole of a file in one call.
void write_file_atomically(const std::filesystem::path& target, std::string_view bytes,
                           std::string_view purpose);

// Is this the name of a file that AtomicFile has not finished? Whoever lists a folder of results skips it.
bool is_partial_name(std::string_view file_name);

// Removes the partial files of `target` that nobody writes any more: those of a dead process of this host,
// and those of any host that were not touched for an hour. Never throws; returns how many.
int remove_abandoned_partials(const std::filesystem::path& target);

}  // namespace jt
