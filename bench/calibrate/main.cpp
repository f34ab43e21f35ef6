// A whole calibration of a synthetic Rayonix run against the floor of reading the same bytes, and against a
// numpy average by masks as the original makes it: ratios, measured in one run.
// bench_calibrate [--frames N] [--folder DIR] [--json]; fewer frames are made, and that is said, when the
// disk is short.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "calibration/recorded_shots.hpp"
#include "calibration/run_calibration.hpp"
#include "formats/xtc/encode.hpp"
#include "formats/xtc/encode_leaves.hpp"

namespace {

namespace fs = std::filesystem;
using namespace jt::formats::xtc;

constexpr std::uint32_t size = 1920;
constexpr std::uint64_t frame_bytes = 2ull * size * size;
const Src rayonix{1u << 24, 0x19001e00};  // DetInfo(XcsEndstation.0:Rayonix.0)
const Src node{3u << 24, 0};

Src source_named(const std::function<bool(std::uint32_t)>& is_it, std::uint32_t log, std::uint32_t shift) {
  for (std::uint32_t n = 0; n < 256; ++n)
    if (is_it(n)) return {log, n << shift};
  std::abort();
}

// A ring of 400 px with photon-like noise; a few pictures are enough.
std::vector<std::byte> picture(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint16_t> pixels(std::size_t{size} * size);
  for (std::uint32_t row = 0; row < size; ++row)
    for (std::uint32_t col = 0; col < size; ++col) {
      const double u = (std::hypot(col - size / 2.0, row - size / 2.0) - 400) / 25;
      pixels[std::size_t{row} * size + col] =
          static_cast<std::uint16_t>(20 + static_cast<double>(random() % 8) + 100 * std::exp(-u * u / 2));
    }
  const auto bytes = std::as_bytes(std::span(pixels));
  return {bytes.begin(), bytes.end()};
}

// The run's file and its index beside it.
class RunWriter {
 public:
  explicit RunWriter(const fs::path& file)
      : big_(file, std::ios::binary),
        small_(file.parent_path() / "smalldata" / (file.stem().string() + ".smd.xtc"), std::ios::binary) {}
  void add(const std::vector<std::byte>& datagram) {
    put(big_, datagram);
    put(small_, index_.add(datagram));
  }
  [[nodiscard]] bool good() { return static_cast<bool>(big_.flush()) && static_cast<bool>(small_.flush()); }

 private:
  static void put(std::ofstream& file, const std::vector<std::byte>& bytes) {
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  std::ofstream big_, small_;
  IndexEncoder index_;
};

void write_run(const fs::path& file, std::uint64_t frames) {
  const Src evr = source_named(
      [](std::uint32_t n) { return device_name(static_cast<std::uint8_t>(n)) == "Evr"; }, 1u << 24, 8);
  const Src monitor =
      source_named([](std::uint32_t n) { return bld_name(n) == "MFX-DG2-BMMON"; }, 6u << 24, 0);
  std::vector<std::vector<std::byte>> pictures;
  for (unsigned seed = 1; seed <= 4; ++seed) pictures.push_back(picture(seed));

  fs::create_directories(file.parent_path() / "smalldata");
  RunWriter run(file);
  RunEncoder encoder({1});
  Stamp stamp{{1700000000, 0}, {30000}, 0};
  run.add(encoder.configure(stamp)
              .begin(node)
              .leaf(rayonix, make_type(type_rayonix_config, 2),
                    write_rayonix_config({2, 2, 0, 0, 0, 0, 0, 1, "MX170-HS:125"}))
              .finish());
  run.add(encoder.begin_run(stamp));
  run.add(encoder.begin_calib_cycle(stamp).finish());
  run.add(encoder.enable(stamp));
  std::mt19937 random(7);
  std::normal_distribution<double> intensity(1.0, 0.1);
  for (std::uint64_t n = 0; n < frames; ++n) {
    stamp = later(stamp, 1);
    const std::vector<FifoEvent> codes{{stamp.fiducial.value, 0, 40}};
    std::array<double, 19> values{};
    values[0] = intensity(random);
    run.add(encoder.shot(stamp)
                .begin(node)
                .leaf(evr, make_type(type_evr_data, 4), write_evr_data(codes))
                .leaf(monitor, make_type(type_beam_monitor, 1), write_beam_monitor(values))
                .leaf(rayonix, make_type(type_frame, 1), write_frame({size, size, 16, 0, pictures[n % 4]}))
                .finish());
  }
  run.add(encoder.disable(stamp));
  run.add(encoder.end_calib_cycle(stamp));
  run.add(encoder.end_run(stamp));
  if (!run.good()) throw std::runtime_error("cannot write " + file.string());
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void read_all(const fs::path& file) {
  std::vector<std::byte> buffer(8u << 20);
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  while (read(fd, buffer.data(), buffer.size()) > 0) {
  }
  close(fd);
}

jt::calibration::Settings settings(jt::calibration::RingModel model, unsigned threads) {
  jt::calibration::Settings s;
  s.event_code = {40};
  s.detector = {"XcsEndstation.0:Rayonix.0", size, size};
  s.i0_source = "MFX-DG2-BMMON";
  s.i0_quantity = "TotalIntensity";
  s.ring.model = model;
  s.threads = threads;
  return s;
}

std::optional<double> numpy_seconds_per_frame() {
  FILE* pipe = popen("/usr/bin/python3 " JT_NUMPY_AVERAGING " 2>/dev/null", "r");
  if (pipe == nullptr) return std::nullopt;
  double value = 0;
  const bool read_it = std::fscanf(pipe, "%lf", &value) == 1;
  return pclose(pipe) == 0 && read_it ? std::optional(value) : std::nullopt;
}

struct Options {
  std::uint64_t frames = 1000;
  fs::path folder = fs::temp_directory_path();
  bool json = false;
};

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") options.json = true;
    if (word == "--frames" && i + 1 < argc) options.frames = std::strtoull(argv[++i], nullptr, 10);
    if (word == "--folder" && i + 1 < argc) options.folder = argv[++i];
  }
  return options;
}

// Enough for an i0 cut that keeps some.
constexpr std::uint64_t fewest = 20;

// At most half of the free space.
std::uint64_t affordable(const Options& options) {
  const std::uint64_t most = fs::space(options.folder).available / 2 / (frame_bytes + 1000);
  if (most < options.frames)
    fmt::print(stderr, "the disk is short: {} frames instead of {}\n", most, options.frames);
  return std::max<std::uint64_t>(std::min(most, options.frames), fewest);
}

int measure(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  const std::uint64_t frames = affordable(options);
  const fs::path folder = options.folder / fmt::format("jt-bench-calibrate-{}", getpid());
  const fs::path file = folder / "e1-r0001-s00-c00.xtc";
  fs::create_directories(folder);
  fmt::print(stderr, "writing a run of {} frames below {}\n", frames, options.folder.string());
  write_run(file, frames);
  const std::vector<fs::path> paths = {file};
  const auto open = jt::calibration::open_recorded_run(jt::sources::run_of_paths(paths));

  using jt::calibration::RingModel;
  std::vector<double> floor, ours, one_thread, original;
  for (int round = 0; round < 3; ++round) {
    fmt::print(stderr, "round {} of 3\n", round + 1);
    floor.push_back(seconds([&] { read_all(file); }));
    ours.push_back(seconds([&] { run_calibration(settings(RingModel::geometry, 0), open); }));
    one_thread.push_back(seconds([&] { run_calibration(settings(RingModel::geometry, 1), open); }));
    original.push_back(seconds([&] { run_calibration(settings(RingModel::original, 0), open); }));
  }
  fs::remove_all(folder);
  const auto numpy = numpy_seconds_per_frame();
  const double base = median(floor), per_numpy = numpy.value_or(NAN) * static_cast<double>(frames);

  const auto say = [&](const char* what, double time) {
    if (options.json)
      fmt::print("{{\"what\":\"{}\",\"frames\":{},\"seconds\":{:.4f},\"over_floor\":{:.3f}}}\n", what, frames,
                 time, time / base);
    else
      fmt::print("{:<44} {:8.2f} s   {:7.2f} x floor\n", what, time, time / base);
  };
  say("floor: read the file once", base);
  say("calibrate, geometry, all threads", median(ours));
  say("calibrate, geometry, one thread", median(one_thread));
  say("calibrate, original, all threads", median(original));
  if (numpy)
    say("numpy, 100 masks per frame, averaging alone", per_numpy);
  else
    fmt::print(stderr, "/usr/bin/python3 has no numpy: that comparison is left out\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& trouble) {
    fmt::print(stderr, "{}\n", trouble.what());
    return 1;
  }
}
