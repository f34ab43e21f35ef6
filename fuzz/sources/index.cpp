// Fuzzes a recorded run's file together with its smalldata index: whatever the bytes, reading ends, gives out
// whole datagrams only, and an index never changes what the file alone says.
// Input: byte 0 flags; bytes 1-2 size of the index; the index; the rest is the file (or two, halved).
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "formats/xtc/datagram.hpp"
#include "sources/recorded_run.hpp"

namespace {

using namespace jt::sources;
using Bytes = std::span<const std::uint8_t>;

// A file in memory with a path.
class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

void must(bool promise) {
  if (!promise) std::abort();
}

// Reads to the end; every datagram given out is whole. Returns those of the main streams, one after the
// other.
std::vector<std::byte> read(const RunFiles& files, ReadOptions options, std::size_t input_size) {
  RecordedRun run(files, std::move(options));
  std::vector<std::byte> all;
  std::size_t events = 0;
  while (const RawEvent* event = run.next()) {
    must(++events <= input_size / 40 + 1);
    std::vector<RawDatagram> datagrams = event->joined;
    datagrams.push_back(event->main);
    for (const RawDatagram& datagram : datagrams) {
      const auto header = jt::formats::xtc::read_header(datagram.bytes);
      must(header && header->size() == datagram.bytes.size());
    }
    all.insert(all.end(), event->main.bytes.begin(), event->main.bytes.end());
  }
  must(run.next() == nullptr);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::uint8_t flags = data[0];
  const std::size_t index_size = std::min(data[1] + std::size_t{256} * data[2], size - 3);
  const Bytes index(data + 3, index_size), rest(data + 3 + index_size, size - 3 - index_size);
  const bool two_files = (flags & 1) != 0;
  const std::size_t first_size = two_files ? rest.size() / 8 * 4 : rest.size();
  const MemoryFile index_file(index), first(rest.first(first_size)), second(rest.subspan(first_size));

  RunFiles files;
  files.files.push_back({first.path(), index_file.path(), 0, 0, false});
  if (two_files) {
    const std::uint32_t stream = (flags & 2) != 0 ? 80 : (flags & 4) != 0 ? 1 : 0;
    files.files.push_back({second.path(), index_file.path(), stream, stream == 0 ? 1u : 0u, false});
  }
  const auto fetch = static_cast<Fetch>((flags >> 3) % 3);
  read(files, {.give = ReadOptions::Give::every_datagram}, size);
  read(files, {.filter = [fetch](const RawEvent&) { return fetch; }}, size);
  const auto plain = read(files, {}, size);
  if (two_files) return 0;
  // Through the index the same comes, and more only where it led past garbage.
  const auto through = read(files, {.filter = [](const RawEvent&) { return Fetch::big; }}, size);
  must(through.size() >= plain.size() && std::equal(plain.begin(), plain.end(), through.begin()));
  return 0;
}
