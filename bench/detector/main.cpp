// Loading constants and calibrating one frame of each family, against reading the same bytes once and against
// the plain reference of the tests: all interleaved in one process, ratios of the least times.
// bench_detector [--json] [--repeat N] [--folder DIR]
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "bench/detector/families.hpp"
#include "detector/constants.hpp"
#include "detector/text_array.hpp"
#include "tests/detector/golden_inputs.hpp"
#include "tests/detector/plain_calibration.hpp"

namespace {

namespace fs = std::filesystem;
using namespace jt::detector;

struct Options {
  bool json = false;
  int repeat = 15;
  fs::path folder = fs::temp_directory_path();
};

// Of this process alone: a machine with other work on it does not lengthen it much.
double processor_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}
double wall_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Kernel {
  std::string name;
  std::function<void()> before;  // not timed; may be empty
  std::function<void()> run;
  std::vector<double> ms;
};

// Each in turn, again and again: slow phases of the machine meet all of them.
void measure(std::vector<Kernel>& kernels, int repeat, double (*now)()) {
  for (int i = 0; i < repeat; ++i)
    for (Kernel& kernel : kernels) {
      if (kernel.before) kernel.before();
      const double start = now();
      kernel.run();
      kernel.ms.push_back(now() - start);
    }
}

double least(const Kernel& kernel) { return *std::min_element(kernel.ms.begin(), kernel.ms.end()); }
double median(const Kernel& kernel) {
  std::vector<double> ms = kernel.ms;
  std::sort(ms.begin(), ms.end());
  return ms[ms.size() / 2];
}

// The first kernel is the floor; `reference` (by its name in the list) is the plain one of a kernel.
void print(const std::string& what, const std::vector<Kernel>& kernels, bool json) {
  const double floor = least(kernels.front());
  for (const Kernel& kernel : kernels) {
    if (json)
      fmt::print(
          "{{\"what\":\"{}\",\"kernel\":\"{}\",\"ms_min\":{:.4f},\"ms_median\":{:.4f},\"floor_ratio\":{:.3f}}"
          "}\n",
          what, kernel.name, least(kernel), median(kernel), least(kernel) / floor);
    else
      fmt::print("{:<20} {:<24} min {:9.3f} ms  median {:9.3f} ms  {:8.2f} x floor\n", what, kernel.name,
                 least(kernel), median(kernel), least(kernel) / floor);
  }
  std::fflush(stdout);
}

volatile std::uint64_t seen;  // what was read is used

void read_words(std::span<const std::byte> bytes) {
  std::array<std::uint64_t, 8> sums{};
  for (std::size_t at = 0; at + 64 <= bytes.size(); at += 64) {
    std::array<std::uint64_t, 8> words;
    std::memcpy(words.data(), bytes.data() + at, 64);
    for (std::size_t k = 0; k < 8; ++k) sums[k] += words[k];
  }
  seen = sums[0] ^ sums[1] ^ sums[2] ^ sums[3] ^ sums[4] ^ sums[5] ^ sums[6] ^ sums[7];
}

void measure_family(const bench::Named& named, const Options& options) {
  fmt::print(stderr, "{}: constants and frames are made\n", named.name);
  const auto family = bench::make_family(named.name, options.folder);
  std::size_t turn = 0;
  const auto next = [&] { return turn = (turn + 1) % family->frames(); };
  std::vector<Kernel> kernels{{"reading once", {}, [&] { read_words(family->bytes(next())); }, {}}};
  const auto add = [&](const char* library, const char* reference, bench::CommonMode mode) {
    kernels.push_back({library, {}, [&family, next, mode] { family->calibrate(next(), mode); }, {}});
    kernels.push_back(
        {reference, {}, [&family, next, mode] { family->calibrate_plainly(next(), mode); }, {}});
  };
  add("calibrate", "plain reference", bench::CommonMode::off);
  if (named.has_common_mode)
    add("with common mode", "plain, with common mode", bench::CommonMode::as_deployed);
  measure(kernels, options.repeat, processor_ms);
  print(named.name, kernels, options.json);
}

std::string read_whole(const fs::path& file) {
  std::string text(fs::file_size(file), '\0');
  std::ifstream(file, std::ios::binary).read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

void read_in_pieces(const fs::path& file) {
  static std::vector<char> piece(8 << 20);
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  while (::read(descriptor, piece.data(), piece.size()) > 0) {
  }
  ::close(descriptor);
}

// The pedestals of an Epix10ka2M, as deployed: 15 million numbers.
void measure_loading(const Options& options) {
  const jt::Shape shape{16, 352, 384};
  const RunPlace place{
      "epix10k2M", "MfxEndstation.0:Epix10ka2M.0", {1}, options.folder / "calib", options.folder / "cache"};
  RunPlace uncached = place;
  uncached.cache_folder.clear();
  const fs::path file =
      CalibrationStore(place.calibration_folder, place.source).folder(Constant::pedestals) / "0-end.data";
  fs::create_directories(file.parent_path());
  {
    const jt::test::GoldenEpix input(16);
    std::ofstream(file) << format_text_array(Array<float>{{7, 16, 352, 384}, input.pedestals}, "pedestals");
  }
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));  // as if long there
  fmt::print(stderr, "loading {} MB of pedestals\n", fs::file_size(file) / 1'000'000);
  const auto forget = [&] { fs::remove_all(place.cache_folder); };
  const auto load = [&](const RunPlace& of) { Constants(of).require_pedestals(shape, epix10ka_ranges); };
  std::vector<Kernel> kernels{
      {"reading the text once", {}, [&] { read_in_pieces(file); }, {}},
      {"parsing, no cache", {}, [&] { load(uncached); }, {}},
      {"parsing, and caching", forget, [&] { load(place); }, {}},
      {"from the cache", {}, [&] { load(place); }, {}},
      {"fresh memory for them",
       {},
       [&] { seen = std::vector<float>(epix10ka_ranges * shape.pixels()).size(); },
       {}},
      {"plain reference", {}, [&] { seen = jt::test::plain::read_numbers(read_whole(file)).size(); }, {}}};
  for (const auto& [what, clock] :
       {std::pair{"pedestals, wall", &wall_ms}, {"pedestals, processor", &processor_ms}}) {
    for (Kernel& kernel : kernels) kernel.ms.clear();
    measure(kernels, std::max(3, options.repeat / 3), clock);
    print(what, kernels, options.json);
  }
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      options.json = true;
    } else if (word == "--repeat" && i + 1 < argc) {
      options.repeat = std::max(1, std::atoi(argv[++i]));
    } else if (word == "--folder" && i + 1 < argc) {
      options.folder = argv[++i];
    } else {
      fmt::print(stderr, "bench_detector has no option {} (it has --json, --repeat N and --folder DIR)\n",
                 word);
      std::exit(2);
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  Options options = read_options(argc, argv);
  options.folder /= "bench_detector-" + std::to_string(::getpid());
  measure_loading(options);
  for (const bench::Named& family : bench::families()) measure_family(family, options);
  std::error_code ignored;
  fs::remove_all(options.folder, ignored);
}
