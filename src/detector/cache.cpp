#include "detector/cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "core/atomic_file.hpp"
#include "core/errors.hpp"
#include "core/sha256.hpp"

namespace jt::detector {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_folder = std::uint64_t{8} << 30;
constexpr std::size_t most_dims = 8;

// The start of an entry; the text file's path and then the values follow.
struct EntryHeader {
  std::array<char, 8> magic{};
  std::uint32_t value_size = 0;  // bytes per value
  std::uint32_t value_kind = 0;  // 1 floating point, 2 unsigned
  std::uint64_t text_size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  std::uint64_t path_length = 0;
  std::uint64_t ndim = 0;
  std::array<std::uint64_t, most_dims> dims{};
  std::uint64_t checksum = 0;  // of path and values
};
static_assert(std::is_trivially_copyable_v<EntryHeader>);
constexpr std::array<char, 8> magic{'J', 'T', 'C', 'O', 'N', 'S', 'T', '1'};

// Four lanes of multiply and rotate: at the speed of memory, and any flipped bit changes it.
std::uint64_t checksum(std::uint64_t start, const char* bytes, std::size_t size) {
  constexpr std::uint64_t prime = 0x9E3779B97F4A7C15ull;
  std::array<std::uint64_t, 4> lanes{start, ~start, start + prime, start ^ size};
  std::size_t at = 0;
  for (; at + 32 <= size; at += 32)
    for (std::size_t lane = 0; lane < 4; ++lane) {
      std::uint64_t word;
      std::memcpy(&word, bytes + at + lane * 8, 8);
      lanes[lane] = std::rotl((lanes[lane] ^ word) * prime, 29);
    }
  for (; at < size; ++at)
    lanes[0] = std::rotl((lanes[0] ^ static_cast<unsigned char>(bytes[at])) * prime, 29);
  std::uint64_t sum = prime;
  for (const std::uint64_t lane : lanes) sum = std::rotl((sum ^ lane) * prime, 31);
  return sum;
}

template <class T>
EntryHeader header_for(const FileIdentity& text_file) {
  EntryHeader header;
  header.magic = magic;
  header.value_size = sizeof(T);
  header.value_kind = std::is_floating_point_v<T> ? 1 : 2;
  header.text_size = text_file.size;
  header.modified_ns = text_file.modified_ns;
  header.changed_ns = text_file.changed_ns;
  header.path_length = text_file.path.string().size();
  return header;
}

bool is_for(const EntryHeader& found, const EntryHeader& wanted) {
  return found.magic == wanted.magic && found.value_size == wanted.value_size &&
         found.value_kind == wanted.value_kind && found.text_size == wanted.text_size &&
         found.modified_ns == wanted.modified_ns && found.changed_ns == wanted.changed_ns &&
         found.path_length == wanted.path_length && found.ndim >= 1 && found.ndim <= most_dims;
}

template <class T>
fs::path entry_path(const fs::path& cache, const FileIdentity& text_file) {
  const std::string key = fmt::format("{} {}", text_file.path.string(), sizeof(T));
  return cache / (hex(sha256(key)).substr(0, 32) + ".jtc");
}

// An open file that reads exactly what is asked or fails.
class Reader {
 public:
  explicit Reader(const fs::path& file)
      : descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Reader() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  // Bytes of a regular file of our own; 0 for anything else.
  [[nodiscard]] std::uint64_t size() const {
    struct stat about {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    return about.st_uid == ::geteuid() ? static_cast<std::uint64_t>(about.st_size) : 0;
  }
  bool read(void* to, std::size_t size) const {
    for (auto* at = static_cast<char*>(to); size > 0;) {
      const ssize_t got = ::read(descriptor_, at, size);
      if (got == 0 || (got < 0 && errno != EINTR)) return false;
      if (got < 0) continue;
      at += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int descriptor_;
};

// The number of values that the header announces, when exactly they fill `bytes`.
template <class T>
std::optional<std::size_t> count_values(const EntryHeader& header, std::uint64_t bytes) {
  std::uint64_t count = 1;
  for (std::size_t k = 0; k < header.ndim; ++k) {
    if (header.dims[k] == 0 || bytes / count < header.dims[k]) return std::nullopt;
    count *= header.dims[k];
  }
  if (bytes % sizeof(T) != 0 || bytes / sizeof(T) != count) return std::nullopt;
  return count;
}

// Removes the oldest entries until `wanted` bytes fit below the limit.
void make_room(const fs::path& cache, std::uint64_t wanted) {
  struct Entry {
    fs::file_time_type time;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t total = wanted;
  std::error_code ignored;
  for (fs::directory_iterator at(cache, ignored); !ignored && at != fs::directory_iterator();
       at.increment(ignored)) {
    if (at->path().extension() != ".jtc") continue;
    std::error_code error;
    entries.push_back({at->last_write_time(error), at->file_size(error), at->path()});
    if (error)
      entries.pop_back();
    else
      total += entries.back().size;
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.time < b.time; });
  for (const Entry& entry : entries) {
    if (total <= largest_folder) return;
    if (fs::remove(entry.path, ignored)) total -= entry.size;
  }
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

}  // namespace

fs::path user_cache_folder() {
  const auto from = [](const char* variable) -> std::string_view {
    const char* value = std::getenv(variable);
    return value == nullptr ? "" : value;
  };
  // The base-directory convention: a relative path there is to be ignored.
  if (const auto cache = from("XDG_CACHE_HOME"); cache.starts_with('/'))
    return fs::path(cache) / "jet-tracking";
  if (const auto home = from("HOME"); home.starts_with('/'))
    return fs::path(home) / ".cache" / "jet-tracking";
  return {};
}

FileIdentity identify(const fs::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) throw Unreadable(std::generic_category().message(errno));
  return {fs::absolute(file).lexically_normal(), static_cast<std::uint64_t>(about.st_size),
          nanoseconds(about.st_mtim), nanoseconds(about.st_ctim)};
}

template <class T>
std::optional<Array<T>> read_cached(const fs::path& cache, const FileIdentity& text_file) {
  if (cache.empty()) return std::nullopt;
  const Reader entry(entry_path<T>(cache, text_file));
  const std::uint64_t size = entry.size();
  const EntryHeader wanted = header_for<T>(text_file);
  const std::uint64_t before_values = sizeof(EntryHeader) + wanted.path_length;
  EntryHeader found;
  std::string path(wanted.path_length, '\0');
  if (size < before_values || !entry.read(&found, sizeof found) || !is_for(found, wanted) ||
      !entry.read(path.data(), path.size()) || path != text_file.path.string())
    return std::nullopt;
  const auto count = count_values<T>(found, size - before_values);
  if (!count) return std::nullopt;
  Array<T> array{{found.dims.begin(), found.dims.begin() + static_cast<std::ptrdiff_t>(found.ndim)}, {}};
  array.values.resize(*count);
  if (!entry.read(array.values.data(), *count * sizeof(T))) return std::nullopt;
  const std::uint64_t sum = checksum(checksum(0, path.data(), path.size()),
                                     reinterpret_cast<const char*>(array.values.data()), *count * sizeof(T));
  if (sum != found.checksum) return std::nullopt;
  return array;
}

template <class T>
void write_cached(const fs::path& cache, const FileIdentity& text_file, const Array<T>& array) {
  const std::int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count();
  if (cache.empty() || array.shape.empty() || array.shape.size() > most_dims ||
      text_file.modified_ns > now_ns - 1'000'000'000)
    return;
  EntryHeader header = header_for<T>(text_file);
  header.ndim = array.shape.size();
  std::copy(array.shape.begin(), array.shape.end(), header.dims.begin());
  const std::string path = text_file.path.string();
  const std::string_view values(reinterpret_cast<const char*>(array.values.data()),
                                array.values.size() * sizeof(T));
  header.checksum = checksum(checksum(0, path.data(), path.size()), values.data(), values.size());
  try {
    fs::create_directories(cache);
    make_room(cache, values.size());
    AtomicFile entry(entry_path<T>(cache, text_file), "the cached constants");
    entry.write({reinterpret_cast<const char*>(&header), sizeof header});
    entry.write(path);
    entry.write(values);
    entry.commit();
  } catch (const SetupError&) {  // a full or read-only home costs time, nothing else
  } catch (const fs::filesystem_error&) {
  }
}

template std::optional<Array<float>> read_cached(const fs::path&, const FileIdentity&);
template std::optional<Array<double>> read_cached(const fs::path&, const FileIdentity&);
template std::optional<Array<std::uint8_t>> read_cached(const fs::path&, const FileIdentity&);
template std::optional<Array<std::uint16_t>> read_cached(const fs::path&, const FileIdentity&);
template std::optional<Array<std::uint64_t>> read_cached(const fs::path&, const FileIdentity&);
template void write_cached(const fs::path&, const FileIdentity&, const Array<float>&);
template void write_cached(const fs::path&, const FileIdentity&, const Array<double>&);
template void write_cached(const fs::path&, const FileIdentity&, const Array<std::uint8_t>&);
template void write_cached(const fs::path&, const FileIdentity&, const Array<std::uint16_t>&);
template void write_cached(const fs::path&, const FileIdentity&, const Array<std::uint64_t>&);

}  // namespace jt::detector
