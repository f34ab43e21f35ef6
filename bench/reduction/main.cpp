// Raw frames to profiles and ring sums against the floor of reading the raw bytes once, all interleaved in
// one process. usage: bench_reduction [--json] [--all]; Google Benchmark takes the times.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bench/reduction/python_peer.hpp"
#include "bench/reduction/scene.hpp"
#include "reduction/live_ring.hpp"
#include "reduction/plain_average.hpp"

namespace {

using namespace jt::reduction;
using bench::Scene;
using jt::detector::SaturatedPixels;

constexpr std::size_t frames_per_pass = 4;

// Which line of the result a benchmark is.
struct Line {
  std::string detector, kernel;
  unsigned threads = 1;
  bool common_mode = false;
  bool cpu_time = false;  // of the one thread: a machine with other work on it does not lengthen it
  std::vector<double> ms;
};
std::map<std::string, Line> lines;  // by the benchmark's name
std::vector<std::string> order;

class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
      const std::string name = run.run_name.function_name;
      const auto frames = run.counters.find("frames");
      const double per_run = frames == run.counters.end() ? 1.0 : frames->second.value;
      lines[name].ms.push_back(1e3 * run.real_accumulated_time / static_cast<double>(run.iterations) /
                               per_run);
    }
  }
};

// Reads every 64-bit word of the raw bytes.
std::uint64_t read_words(const std::vector<std::byte>& bytes) {
  std::uint64_t sums[8] = {};
  for (std::size_t at = 0; at + 64 <= bytes.size(); at += 64) {
    std::uint64_t words[8];
    std::memcpy(words, bytes.data() + at, 64);
    for (std::size_t k = 0; k < 8; ++k) sums[k] += words[k];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

// Everything that a scene's benchmarks share; frames go round so that each comes from memory.
struct Bench {
  Scene scene;
  WorkerPool one{1}, two{2};
  std::size_t next = 0;
  std::vector<float> values;
  std::vector<std::vector<double>> profiles;
  std::vector<std::unique_ptr<FusedAverage>> averages;
  std::vector<std::unique_ptr<LiveRing>> rings;
  std::vector<std::unique_ptr<bench::PythonPeer>> peers;

  std::size_t turn() { return next = (next + 1) % scene.frames(); }
};

void add(Bench& bench, const char* kernel, unsigned threads, bool common_mode, bool manual,
         std::function<void(benchmark::State&)> work) {
  const std::string name =
      fmt::format("{}-{}-{}-{}", bench.scene.name, kernel, threads, common_mode ? "common-mode" : "plain");
  lines[name] = {bench.scene.name, kernel, threads, common_mode, threads == 1 && !manual, {}};
  order.push_back(name);
  auto* made = benchmark::RegisterBenchmark(name.c_str(), std::move(work));
  // One iteration and many repetitions, which Google Benchmark interleaves in random order.
  const bool slow = std::strcmp(kernel, "reference") == 0 || manual;
  made->Iterations(1)->Repetitions(slow ? 5 : 41)->Unit(benchmark::kMillisecond);
  if (manual)
    made->UseManualTime();
  else
    made->UseRealTime();
}

void add_read(Bench& bench) {
  add(bench, "read", 1, false, false, [&bench](benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(read_words(bench.scene.bytes[bench.turn()]));
  });
}

void add_reference(Bench& bench, const jt::detector::AreaDetector& detector, bool common_mode) {
  add(bench, "reference", 1, common_mode, false, [&](benchmark::State& state) {
    bench.values.resize(detector.pixels().shape.pixels());
    std::vector<double> profile(bench.scene.bins.bins);
    for (auto _ : state) {
      detector.calibrate(bench.scene.raw(bench.turn()), SaturatedPixels::become_nan, bench.values);
      plain_average(bench.scene.bins, bench.values, profile);
      benchmark::DoNotOptimize(profile.data());
    }
  });
}

void add_full(Bench& bench, const jt::detector::AreaDetector& detector, bool common_mode, GainBits bits,
              unsigned threads) {
  bench.averages.push_back(
      FusedAverage::make(detector, bench.scene.bins, threads == 1 ? bench.one : bench.two, {.bits = bits}));
  FusedAverage* average = bench.averages.back().get();
  if (average == nullptr) return;
  add(bench, bits == GainBits::exact ? "full-exact" : "full-fast", threads, common_mode, false,
      [&bench, average](benchmark::State& state) {
        bench.profiles.resize(frames_per_pass, std::vector<double>(bench.scene.bins.bins));
        for (auto _ : state) {
          std::vector<FusedAverage::Job> jobs;
          for (std::size_t f = 0; f < frames_per_pass; ++f)
            jobs.push_back({bench.scene.raw(bench.turn()), bench.profiles[f], nullptr, 0});
          average->run(jobs, SaturatedPixels::become_nan);
        }
        state.counters["frames"] = static_cast<double>(frames_per_pass);
      });
}

void add_ring(Bench& bench, const jt::detector::AreaDetector& detector, bool common_mode, unsigned threads) {
  bench.rings.push_back(LiveRing::make(detector, bench.scene.bins, {&bench.scene.ring, 1},
                                       threads == 1 ? bench.one : bench.two));
  LiveRing* ring = bench.rings.back().get();
  if (ring == nullptr) return;
  add(bench, "ring-live", threads, common_mode, false, [&bench, ring](benchmark::State& state) {
    for (auto _ : state) {
      const auto bins = ring->of(bench.scene.raw(bench.turn()), SaturatedPixels::become_nan);
      benchmark::DoNotOptimize(ring_sum(bins.profile, bench.scene.ring));
    }
  });
}

void add_peer(Bench& bench, const char* kernel) {
  const auto shape = bench.scene.detector->pixels().shape;
  auto peer = std::make_unique<bench::PythonPeer>(kernel, shape.panels * shape.rows, shape.cols);
  if (!peer->frame()) {
    fmt::print(stderr, "/usr/bin/python3 has no {}: its rows are left out\n", kernel);
    return;
  }
  bench.peers.push_back(std::move(peer));
  bench::PythonPeer* asked = bench.peers.back().get();
  add(bench, kernel, 1, false, true, [asked](benchmark::State& state) {
    for (auto _ : state) state.SetIterationTime(asked->frame().value_or(0));
  });
}

void add_all(Bench& bench) {
  add_read(bench);
  for (const bool common_mode : {false, true}) {
    const jt::detector::AreaDetector* detector =
        common_mode ? bench.scene.with_common_mode.get() : bench.scene.detector.get();
    if (detector == nullptr) continue;
    add_reference(bench, *detector, common_mode);
    for (const unsigned threads : {1u, 2u}) {
      add_full(bench, *detector, common_mode, GainBits::exact, threads);
      add_full(bench, *detector, common_mode, GainBits::sixteen, threads);
      add_ring(bench, *detector, common_mode, threads);
    }
  }
  add_peer(bench, "numpy");
  add_peer(bench, "pyfai");
}

double median(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const Line& line, double floor_ms, bool json) {
  const double middle = median(line.ms);
  const double least = line.ms.empty() ? middle : *std::min_element(line.ms.begin(), line.ms.end());
  if (json)
    fmt::print(
        "{{\"detector\":\"{}\",\"kernel\":\"{}\",\"threads\":{},\"common_mode\":{},\"ms_median\":{:.5f},"
        "\"ms_min\":{:.5f},\"floor_ms\":{:.5f},\"floor_ratio\":{:.3f}}}\n",
        line.detector, line.kernel, line.threads, line.common_mode, middle, least, floor_ms,
        middle / floor_ms);
  else
    fmt::print("{:<13} {:<11} {} thread{} {:<12} {:9.3f} ms  min {:9.3f}  {:8.2f} x floor\n", line.detector,
               line.kernel, line.threads, line.threads == 1 ? " " : "s",
               line.common_mode ? "common mode" : "", middle, least, middle / floor_ms);
}

// One detector after the other: only one is in memory at a time, and all of its kernels are interleaved.
void measure(const std::string& name, bool json) {
  fmt::print(stderr, "{}: constants and frames are made\n", name);
  Bench bench;
  bench.scene = bench::make_scene(name);
  order.clear();
  add_all(bench);
  fmt::print(stderr, "{}: {} kernels are timed\n", name, order.size());
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector);
  benchmark::ClearRegisteredBenchmarks();
  const double floor_ms = median(lines[order.front()].ms);
  for (const std::string& line : order) print(lines[line], floor_ms, json);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  bool json = false, all = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      json = true;
    } else if (word == "--all") {
      all = true;
    } else {
      fmt::print(stderr, "bench_reduction has no option {} (it has --json and --all)\n", word);
      return 2;
    }
  }
  std::vector<std::string> words{argv[0], "--benchmark_enable_random_interleaving=true"};
  std::vector<char*> options;
  for (std::string& word : words) options.push_back(word.data());
  int count = static_cast<int>(options.size());
  benchmark::Initialize(&count, options.data());
  fmt::print(stderr, "kernels: {}\n", name(best_instruction_set()));
  for (const std::string& name : bench::scene_names(all)) measure(name, json);
  return 0;
}
