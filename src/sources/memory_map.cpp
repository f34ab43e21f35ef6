#include "sources/memory_map.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/errors.hpp"

namespace jt::sources {

namespace {

constexpr mode_t for_everybody = 0666;

std::uint64_t page() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

[[noreturn]] void cannot_make(const std::string& name, std::uint64_t size) {
  const int error = errno;
  throw SetupError(fmt::format("cannot make the shared memory {} of {} MB", name, size / 1'000'000),
                   std::generic_category().message(error),
                   error == ENOSPC || error == EFBIG
                       ? "Are fewer or smaller buffers enough, or is /dev/shm full?"
                       : "Does it belong to another user's server?");
}

// Whether `process` (a folder of /proc) has `file` mapped to be written to.
bool maps_to_write(const std::filesystem::path& process, const std::string& file) {
  std::ifstream maps(process / "maps");
  // 7f2c00000000-7f2c02000000 rw-s 00000000 00:19 12345   /dev/shm/PdsMonitorSharedMemory_psana
  for (std::string line; std::getline(maps, line);)
    if (line.ends_with(" " + file) && line.find(" rw-s ") != std::string::npos) return true;
  return false;
}

}  // namespace

std::optional<MemoryMap> MemoryMap::open_to_read(const std::string& name, std::uint64_t size) {
  FileDescriptor fd(shm_open(name.c_str(), O_RDONLY | O_CLOEXEC, 0));
  struct stat there {};
  if (!fd || fstat(fd.get(), &there) != 0 || there.st_size < 0 ||
      static_cast<std::uint64_t>(there.st_size) < size)
    return std::nullopt;
  void* data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED) return std::nullopt;
  return MemoryMap({}, static_cast<std::byte*>(data), size);
}

MemoryMap MemoryMap::create(const std::string& name, std::uint64_t size) {
  remove(name);
  const std::uint64_t whole = (size + page() - 1) / page() * page();
  FileDescriptor fd(shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, for_everybody));
  // posix_fallocate takes the memory now: a full /dev/shm is an error here, not a SIGBUS in the middle of a
  // run.
  if (!fd || flock(fd.get(), LOCK_EX | LOCK_NB) != 0 || fchmod(fd.get(), for_everybody) != 0)
    cannot_make(name, whole);
  if (const int error = posix_fallocate(fd.get(), 0, static_cast<off_t>(whole)); error != 0) {
    remove(name);
    errno = error;
    cannot_make(name, whole);
  }
  void* data = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (data == MAP_FAILED) {
    remove(name);
    cannot_make(name, whole);
  }
  return {std::move(fd), static_cast<std::byte*>(data), whole};
}

void MemoryMap::remove(const std::string& name) { shm_unlink(name.c_str()); }

MemoryMap::~MemoryMap() {
  if (data_ != nullptr) munmap(data_, size_);
}

MemoryMap::MemoryMap(MemoryMap&& other) noexcept
    : fd_(std::move(other.fd_)), data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

MemoryMap& MemoryMap::operator=(MemoryMap&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::optional<ServingProcess> who_serves(const std::string& name) {
  const FileDescriptor fd(shm_open(name.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (!fd) return std::nullopt;
  const std::string file = "/dev/shm" + name;
  std::error_code trouble;
  for (const auto& process : std::filesystem::directory_iterator("/proc", trouble)) {
    const std::string number = process.path().filename();
    int pid = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), pid);
    if (error == std::errc{} && end == number.data() + number.size() && maps_to_write(process.path(), file))
      return ServingProcess{pid};
  }
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return ServingProcess{};
  return std::nullopt;
}

}  // namespace jt::sources
