#include "sources/file_reader.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/errors.hpp"

namespace jt::sources {

namespace {

[[noreturn]] void fail(const char* what, const std::filesystem::path& path, const char* suggestion) {
  throw SetupError(fmt::format("cannot {} {}", what, path.string()), std::generic_category().message(errno),
                   suggestion);
}

}  // namespace

FileReader::FileReader(std::filesystem::path path) : path_(std::move(path)) {
  fd_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) fail("open", path_, "Does your account belong to the experiment's group?");
  look_at_size();
  posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);  // a hint: larger read-ahead of the disk or server
}

FileReader::~FileReader() {
  if (fd_ >= 0) close(fd_);
}

FileReader::FileReader(FileReader&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      buffer_(std::move(other.buffer_)),
      capacity_(std::exchange(other.capacity_, 0)),
      begin_(other.begin_),
      filled_(std::exchange(other.filled_, 0)),
      bytes_read_(other.bytes_read_) {}

void FileReader::look_at_size() {
  struct stat status {};
  if (fstat(fd_, &status) != 0) fail("look at", path_, "Is the file server there?");
  size_ = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
}

std::span<const std::byte> FileReader::view(std::uint64_t offset, std::size_t need, std::size_t want) {
  const bool inside = offset >= begin_ && offset - begin_ <= filled_ && filled_ - (offset - begin_) >= need;
  if (!inside) {
    start_buffer_at(offset, std::max(need, want));
    fill(need, std::max(need, want));
  }
  const auto skip = static_cast<std::size_t>(offset - begin_);
  return {buffer_.get() + skip, std::min(need, filled_ - skip)};
}

// Keeps what the buffer already holds from `offset` on.
void FileReader::start_buffer_at(std::uint64_t offset, std::size_t capacity) {
  const bool overlaps = offset >= begin_ && offset - begin_ < filled_;
  const std::size_t skip = overlaps ? static_cast<std::size_t>(offset - begin_) : 0;
  const std::size_t kept = overlaps ? filled_ - skip : 0;
  if (capacity > capacity_) {
    auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
    if (kept != 0) std::memcpy(larger.get(), buffer_.get() + skip, kept);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  } else if (kept != 0) {
    std::memmove(buffer_.get(), buffer_.get() + skip, kept);
  }
  begin_ = offset;
  filled_ = kept;
}

void FileReader::fill(std::size_t need, std::size_t want) {
  while (filled_ < need) {
    const ssize_t got =
        pread(fd_, buffer_.get() + filled_, want - filled_, static_cast<off_t>(begin_ + filled_));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", path_, "Is the file server there?");
    if (got == 0) {  // the file is shorter than it was
      size_ = std::min(size_, begin_ + filled_);
      return;
    }
    filled_ += static_cast<std::size_t>(got);
    bytes_read_ += static_cast<std::uint64_t>(got);
  }
}

}  // namespace jt::sources
