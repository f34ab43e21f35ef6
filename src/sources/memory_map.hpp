// A piece of POSIX shared memory, mapped: to be read (a client's view) or made (the server's).
// Below stop 1 of the walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sources/file_descriptor.hpp"

namespace jt::sources {

class MemoryMap {
 public:
  // Nothing when it is not there, may not be read, or is smaller than `size`: a look past its end would kill
  // the process.
  static std::optional<MemoryMap> open_to_read(const std::string& name, std::uint64_t size);
  // A new one of at least `size` bytes, open to every user; what had the name is removed. The maker holds a
  // lock on it (flock) as long as it lives. Throws SetupError.
  static MemoryMap create(const std::string& name, std::uint64_t size);
  static void remove(const std::string& name);

  ~MemoryMap();
  MemoryMap(MemoryMap&& other) noexcept;
  MemoryMap& operator=(MemoryMap&& other) noexcept;
  MemoryMap(const MemoryMap&) = delete;
  MemoryMap& operator=(const MemoryMap&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] std::span<std::byte> writable() { return {data_, size_}; }  // of create() only

 private:
  MemoryMap(FileDescriptor fd, std::byte* data, std::size_t size)
      : fd_(std::move(fd)), data_(data), size_(size) {}
  FileDescriptor fd_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// The process that serves this shared memory, as far as can be seen: one that holds the lock, or one that has
// it mapped to write. Nothing when it was left behind, or is not there.
struct ServingProcess {
  int pid = 0;  // 0: it is there, but is not ours to see
};
std::optional<ServingProcess> who_serves(const std::string& name);

}  // namespace jt::sources
