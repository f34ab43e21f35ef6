// Reading a run through RecordedRun against plain pread of the same bytes: the ratio, measured in one
// process. usage: bench_reading [FOLDER] [MEGABYTES each]; files are made in FOLDER (default: the temporary
// folder).
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "formats/xtc/datagram.hpp"
#include "sources/recorded_run.hpp"

namespace {

namespace fs = std::filesystem;
using jt::sources::Fetch;
using jt::sources::RawEvent;
using jt::sources::ReadOptions;
using jt::sources::RecordedRun;
using jt::sources::RunFiles;

void put(std::vector<char>& bytes, std::initializer_list<std::uint32_t> words) {
  const std::size_t at = bytes.size();
  bytes.resize(at + 4 * words.size());
  std::memcpy(bytes.data() + at, words.begin(), 4 * words.size());
}

// A shot of one leaf with `pixels` bytes; the index's form of it carries origin and proxy instead.
std::vector<char> shot(std::uint32_t number, std::uint32_t pixels, bool small, std::uint64_t offset) {
  std::vector<char> bytes;
  const std::uint32_t children = small ? 32 + 36 : 20 + pixels;
  put(bytes, {number % 120 * 8333333, 1700000000 + number / 120, 12u << 24, 3 * number % 131040, 0});
  put(bytes, {0, 0x03000000, 0, 0x00010001, 20 + children});
  const auto low = static_cast<std::uint32_t>(offset), high = static_cast<std::uint32_t>(offset >> 32);
  if (small) {
    put(bytes, {0, 0x04000000, 0, 0x0001005a, 32, low, high, 20 + 20 + pixels});
    put(bytes, {0, 0x01000000, 0x30001e00, 0x0001005b, 36, low + 40, high, 0x00010002, 20 + pixels});
  } else {
    put(bytes, {0, 0x01000000, 0x30001e00, 0x00010002, 20 + pixels});
    bytes.resize(bytes.size() + pixels, static_cast<char>(number));
  }
  return bytes;
}

std::vector<char> transition(std::uint32_t kind, std::uint32_t second) {
  std::vector<char> bytes;
  put(bytes, {0, second, kind << 24, 0, 0, 0, 0x03000000, 0, 0x00010001, 20});
  return bytes;
}

RunFiles write_run(const fs::path& folder, std::uint32_t pixels, std::uint64_t bytes_wanted) {
  const fs::path file = folder / "e1-r0001-s00-c00.xtc",
                 index = folder / "smalldata/e1-r0001-s00-c00.smd.xtc";
  fs::create_directories(index.parent_path());
  std::ofstream big(file, std::ios::binary), small(index, std::ios::binary);
  std::uint64_t offset = 0;
  const auto add = [&](const std::vector<char>& datagram, const std::vector<char>& in_index) {
    big.write(datagram.data(), static_cast<std::streamsize>(datagram.size()));
    small.write(in_index.data(), static_cast<std::streamsize>(in_index.size()));
    offset += datagram.size();
  };
  for (const std::uint32_t kind : {4u, 6u, 8u, 10u})
    add(transition(kind, 1600000000), transition(kind, 1600000000));
  for (std::uint32_t number = 0; offset < bytes_wanted; ++number)
    add(shot(number, pixels, false, offset), shot(number, pixels, true, offset));
  for (const std::uint32_t kind : {11u, 9u, 7u})
    add(transition(kind, 1800000000), transition(kind, 1800000000));
  if (!big || !small) throw std::runtime_error("cannot write " + file.string());
  const std::vector<fs::path> paths = {file};
  return jt::sources::run_of_paths(paths);
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void plain_pread(const fs::path& file, std::size_t block) {
  static std::vector<std::byte> buffer;
  buffer.resize(std::max(buffer.size(), block));
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  off_t at = 0;
  for (ssize_t got = 1; got > 0; at += got) got = pread(fd, buffer.data(), block, at);
  close(fd);
}

std::uint64_t read_run(const RunFiles& run, ReadOptions options) {
  RecordedRun reader(run, std::move(options));
  std::uint64_t bytes = 0;
  while (const RawEvent* event = reader.next()) bytes += event->main.bytes.size();
  return bytes;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Everything interleaved in one process, so that the ratios hold whatever the machine does meanwhile.
void measure(const char* what, const fs::path& folder, std::uint32_t pixels, std::uint64_t bytes_wanted) {
  const RunFiles run = write_run(folder, pixels, bytes_wanted);
  const fs::path file = run.files.front().path;
  const auto bytes = static_cast<double>(fs::file_size(file));
  const std::size_t block = std::max<std::size_t>(std::size_t{1} << 20, pixels + 60);
  std::vector<double> floor, plain, fetched, skipped;
  for (int round = 0; round < 7; ++round) {
    floor.push_back(seconds([&] { plain_pread(file, block); }));
    plain.push_back(seconds([&] { read_run(run, {}); }));
    fetched.push_back(
        seconds([&] { read_run(run, {.filter = [](const RawEvent&) { return Fetch::big; }}); }));
    skipped.push_back(
        seconds([&] { read_run(run, {.filter = [](const RawEvent&) { return Fetch::skip; }}); }));
  }
  fmt::print(
      "{:<28} {:7.0f} MB  floor {:5.2f} GB/s   merged {:5.2f}   all through the index {:5.2f}   "
      "index alone {:7.4f}\n",
      what, bytes / 1e6, bytes / 1e9 / median(floor), median(plain) / median(floor),
      median(fetched) / median(floor), median(skipped) / median(floor));
  fs::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path parent = argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path();
  const std::uint64_t megabytes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 400;
  const fs::path folder = parent / fmt::format("jt-bench-reading-{}", getpid());
  fmt::print("times over plain pread of the same bytes (floor = 1), medians of 7, page cache warm\n");
  measure("Rayonix 1920x1920, 7.37 MB", folder, 1920 * 1920 * 2, megabytes * 1000000);
  measure("Opal 1024x1024, 2.1 MB", folder, 1024 * 1024 * 2, megabytes * 1000000);
  measure("small camera 96x96, 18 kB", folder, 96 * 96 * 2, megabytes * 1000000);
  return 0;
}
