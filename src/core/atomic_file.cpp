#include "core/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "core/errors.hpp"

namespace jt {
namespace {

namespace fs = std::filesystem;

// A partial file is ".<target>.jt-partial-<host>-<pid>-<n>": hidden, beside its target, and its owner known.
constexpr std::string_view mark = ".jt-partial-";

// An owner on another host cannot be asked whether it lives; one that writes touches its file more often than
// this.
constexpr auto abandoned_after = std::chrono::hours(1);

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

fs::path partial_name(const fs::path& target) {
  static std::atomic<unsigned> count = 0;
  const std::string name =
      fmt::format(".{}{}{}-{}-{}", target.filename().string(), mark, host_name(), getpid(), count++);
  return target.parent_path() / name;
}

// The process that wrote a partial file, if it is one of this host; nullopt when the name does not tell.
std::optional<pid_t> local_owner(std::string_view owner) {
  const std::string prefix = host_name() + "-";
  if (!owner.starts_with(prefix)) return std::nullopt;
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(owner.data() + prefix.size(), owner.data() + owner.size(), pid);
  if (error != std::errc() || pid <= 0 || end == owner.data() + owner.size() || *end != '-')
    return std::nullopt;
  return pid;
}

bool is_abandoned(const fs::path& partial, std::string_view owner) {
  const auto pid = local_owner(owner);
  if (pid && kill(*pid, 0) != 0 && errno == ESRCH) return true;
  std::error_code error;
  const auto touched = fs::last_write_time(partial, error);
  return !error && fs::file_time_type::clock::now() - touched > abandoned_after;
}

std::string size_in_words(std::uintmax_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1'000'000'000) return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

std::string free_space_in_words(const fs::path& folder) {
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) != 0) return "its free space is not known";
  return size_in_words(std::uintmax_t{disk.f_bavail} * disk.f_frsize) + " are free";
}

std::string words(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

fs::path folder_of(const fs::path& target) {
  return target.has_parent_path() ? target.parent_path() : fs::path(".");
}

void make_folder(const fs::path& folder, const std::string& purpose) {
  std::error_code error;
  fs::create_directories(folder, error);
  std::error_code unreachable;  // a folder above it may not be entered: that is a reason too, no exception
  if (error && !fs::is_directory(folder, unreachable))
    throw SetupError(fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()),
                     "it is to hold " + purpose,
                     "Is the path right, and may you write there? Otherwise choose another with --out");
}

// A rename survives a crash of the machine only when the folder is flushed too. Some network file systems
// refuse to flush a folder; the file itself is safe by then.
void flush_folder(const fs::path& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(fs::path target, std::string purpose)
    : target_(std::move(target)), partial_(partial_name(target_)), purpose_(std::move(purpose)) {
  make_folder(folder_of(target_), purpose_);
  remove_abandoned_partials(target_);
  open_partial();
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!committed_) unlink(partial_.c_str());
}

void AtomicFile::open_partial() {
  // 0666: what the umask leaves of it, so that the group of an experiment can replace each other's files.
  descriptor_ = open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ >= 0) return;
  const int reason = errno;
  if (reason == ENOSPC || reason == EDQUOT) fail(reason, 0);
  throw SetupError(
      fmt::format("the folder {} cannot be written: {}", folder_of(target_).string(), words(reason)),
      fmt::format("{} is to hold {}", target_.filename().string(), purpose_),
      "May you write there? Otherwise choose another folder with --out");
}

void AtomicFile::write(std::string_view bytes) {
  assert(!sealed_ && !committed_);
  const std::uintmax_t needed = bytes.size();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno, needed);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void AtomicFile::seal() {
  if (sealed_) return;
  if (fsync(descriptor_) != 0) fail(errno, 0);
  close_partial();
  sealed_ = true;
}

// A network file system may tell only here that the disk is full.
void AtomicFile::close_partial() {
  const int closed = close(std::exchange(descriptor_, -1));
  if (closed != 0 && errno != EINTR) fail(errno, 0);
}

void AtomicFile::commit() {
  assert(!committed_);
  seal();
  if (rename(partial_.c_str(), target_.c_str()) != 0) fail(errno, 0);
  committed_ = true;
  flush_folder(folder_of(target_));
}

void AtomicFile::fail(int error_number, std::uintmax_t needed) const {
  const fs::path folder = folder_of(target_);
  const std::string kept = fmt::format("it is to hold {}; nothing half-written was left", purpose_);
  const std::string need = needed == 0 ? "" : fmt::format("{} were to be written, ", size_in_words(needed));
  if (error_number == ENOSPC)
    throw SetupError(fmt::format("the disk of {} is full while writing {}: {}{}", folder.string(),
                                 target_.filename().string(), need, free_space_in_words(folder)),
                     kept, "Free some space, or choose another folder with --out?");
  if (error_number == EDQUOT)
    throw SetupError(fmt::format("your quota on the disk of {} is used up while writing {}{}",
                                 folder.string(), target_.filename().string(),
                                 needed == 0 ? "" : ": " + size_in_words(needed) + " were to be written"),
                     kept, "Free some space, or choose another folder with --out?");
  throw SetupError(fmt::format("{} cannot be written: {}", target_.string(), words(error_number)), kept,
                   "Is the disk healthy and mounted? Otherwise choose another folder with --out");
}

void write_file_atomically(const fs::path& target, std::string_view bytes, std::string_view purpose) {
  AtomicFile file(target, std::string(purpose));
  file.write(bytes);
  file.commit();
}

bool is_partial_name(std::string_view file_name) {
  return file_name.starts_with('.') && file_name.find(mark) != std::string_view::npos;
}

int remove_abandoned_partials(const fs::path& target) {
  const std::string prefix = fmt::format(".{}{}", target.filename().string(), mark);
  int removed = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder_of(target), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) ||
        !is_abandoned(entry->path(), std::string_view(name).substr(prefix.size())))
      continue;
    std::error_code ignored;
    if (fs::remove(entry->path(), ignored)) ++removed;
  }
  return removed;
}

}  // namespace jt
