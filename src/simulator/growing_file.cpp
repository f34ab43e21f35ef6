#include "simulator/growing_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/errors.hpp"

namespace jt::simulator {
namespace {

constexpr std::size_t buffer_size = 1 << 20;

void make_folder(const std::filesystem::path& folder) {
  std::error_code reason;
  std::filesystem::create_directories(folder, reason);
  if (reason)
    throw SetupError(fmt::format("cannot make the folder {}: {}", folder.string(), reason.message()),
                     "the simulated run goes there", "Give another folder with --out?");
}

void refuse_existing(const std::filesystem::path& target) {
  std::error_code ignored;
  if (std::filesystem::exists(target, ignored))
    throw SetupError(fmt::format("{} is there already", target.string()), "a recorded run is never replaced",
                     "Take another run number, or remove that run first?");
}

}  // namespace

GrowingFile::GrowingFile(std::filesystem::path target)
    : target_(std::move(target)), growing_(target_.string() + ".inprogress") {
  make_folder(target_.parent_path());
  refuse_existing(target_);
  descriptor_ = ::open(growing_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    ::close(descriptor_);
    descriptor_ = -1;
    if (reason != EWOULDBLOCK) fail(reason);
    throw SetupError(fmt::format("{} is being written by another process", growing_.string()),
                     "two writers would spoil it", "Wait for it, or take another run number?");
  }
  if (::ftruncate(descriptor_, 0) != 0) fail(errno);
  buffer_.reserve(buffer_size);
}

GrowingFile::~GrowingFile() {
  if (descriptor_ < 0) return;
  if (!finished_) ::unlink(growing_.c_str());
  ::close(descriptor_);
}

void GrowingFile::fail(int error_number) const {
  throw SetupError(fmt::format("cannot write {}: {}", growing_.string(), std::strerror(error_number)),
                   "the simulated run goes there", "Make room there, or give another folder with --out?");
}

void GrowingFile::write(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (buffer_.size() + bytes.size() > buffer_size) write_out();
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  if (buffer_.size() > buffer_size) write_out();
}

void GrowingFile::write_out() {
  for (std::size_t done = 0; done < buffer_.size();) {
    const ssize_t wrote = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail(wrote < 0 ? errno : EIO);
    done += static_cast<std::size_t>(wrote);
  }
  buffer_.clear();
}

void GrowingFile::flush_to_disk() {
  write_out();
  if (::fsync(descriptor_) != 0) fail(errno);
}

void GrowingFile::finish() {
  std::error_code reason;
  std::filesystem::rename(growing_, target_, reason);
  if (reason) fail(reason.value());
  finished_ = true;
}

}  // namespace jt::simulator
