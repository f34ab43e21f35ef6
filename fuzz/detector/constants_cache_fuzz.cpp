// Any bytes where a cached entry should be: nothing, or an entry that was written for this very file.
// First byte: even, the rest is the entry; odd, a true entry is damaged by triples (place, place, xor).
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "detector/cache.hpp"
#include "fuzz/detector/require.hpp"

namespace {

using namespace jt::detector;
namespace fs = std::filesystem;

// A folder that lives as long as the program.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("jt-fuzz-cache-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

const FileIdentity identity{"/calib/Camera::CalibV1/XcsEndstation.0:Opal1000.1/pedestals/1-end.data", 1234,
                            1'600'000'000'000'000'000, 1'600'000'000'000'000'001};

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_file(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

template <class T>
struct Entry {
  fs::path folder, file;
  std::string bytes;
};

// The one entry that is right, as the writer made it, in a folder of its own type.
template <class T>
Entry<T> make_entry(const char* name) {
  static const Folder folder;
  Entry<T> entry{folder.path / name, {}, {}};
  write_cached(entry.folder, identity, Array<T>{{2, 3}, {1, 2, 3, 4, 5, 6}});
  entry.file = fs::directory_iterator(entry.folder)->path();
  entry.bytes = read_file(entry.file);
  return entry;
}

// The unused ones of the eight dimensions of an entry may hold anything; they lie from byte 56 + 8 * ndim to
// byte 120 of its header.
bool equal_but_for_unused(std::string a, std::string b) {
  if (a.size() != b.size() || a.size() < 128) return false;
  std::uint64_t ndim = 0;
  std::memcpy(&ndim, a.data() + 48, 8);
  for (std::string* entry : {&a, &b})
    for (std::size_t at = 56 + 8 * ndim; at < 120; ++at) (*entry)[at] = 0;
  return a == b;
}

template <class T>
void check(const Entry<T>& right, const std::string& bytes) {
  write_file(right.file, bytes);
  const auto array = read_cached<T>(right.folder, identity);
  FileIdentity other = identity;
  ++other.changed_ns;
  require(!read_cached<T>(right.folder, other), "an entry for another time was believed\n");
  if (!array) {
    require(bytes != right.bytes, "a true entry was refused\n");
    return;
  }
  std::size_t count = 1;
  for (const std::size_t dim : array->shape) count *= dim;
  require(count == array->values.size(), "the shape is not the number of values\n");
  // Only the writer's own bytes for these values are believed.
  write_cached(right.folder, identity, *array);
  require(equal_but_for_unused(bytes, read_file(right.file)), "a damaged entry was believed\n");
}

std::string damage(std::string bytes, const std::uint8_t* data, std::size_t size) {
  for (std::size_t i = 0; i + 3 <= size; i += 3) {
    char& at = bytes[(data[i] + 256u * data[i + 1]) % bytes.size()];
    at = static_cast<char>(at ^ static_cast<char>(data[i + 2]));
  }
  if (size % 3 != 0) bytes.resize(data[size - 1]);  // and cut, or longer
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto reals = make_entry<float>("float");
  static const auto words = make_entry<std::uint16_t>("u16");
  if (size == 0) return 0;
  const std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool damaged = data[0] % 2 == 1;
  if (data[0] / 2 % 2 == 0)
    check(reals, damaged ? damage(reals.bytes, data + 1, size - 1) : rest);
  else
    check(words, damaged ? damage(words.bytes, data + 1, size - 1) : rest);
  return 0;
}
