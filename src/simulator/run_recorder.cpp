#include "simulator/run_recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <thread>

#include "core/errors.hpp"
#include "detector/store.hpp"
#include "formats/xtc/encode.hpp"
#include "simulator/constants_writer.hpp"
#include "simulator/growing_file.hpp"
#include "simulator/manifest.hpp"
#include "simulator/twin.hpp"
#include "sources/file_name.hpp"
#include "sources/run_files.hpp"

namespace jt::simulator {
namespace {

using formats::Transition;

constexpr std::uint64_t most_shots = 10'000'000;  // a day at 120 Hz

// A recorder node: one stream's data file and its index.
class Recorder {
 public:
  explicit Recorder(const std::filesystem::path& file) : data_(file), index_(sources::index_path(file)) {}
  void write(std::span<const std::byte> datagram) {
    index_.write(encoder_.add(datagram));
    data_.write(datagram);
  }
  void flush_to_disk() {
    index_.flush_to_disk();
    data_.flush_to_disk();
  }
  void finish() {
    index_.finish();
    data_.finish();
  }
  [[nodiscard]] const GrowingFile& data() const { return data_; }

 private:
  formats::xtc::IndexEncoder encoder_;
  GrowingFile data_, index_;
};

struct MadeShot {
  TwinShot shot;
  std::vector<std::byte> datagram;
  TwinPictures made;
};

void check(const RecordOptions& options) {
  if (options.run.value < 1 || options.run.value > 999'999)
    throw CallError(fmt::format("run {} cannot be recorded", options.run.value), "files are named after it",
                    "Give a number from 1 to 999999.");
  if (options.shots < 1 || options.shots > most_shots)
    throw CallError(fmt::format("{} shots cannot be recorded", options.shots), "a run holds shots",
                    fmt::format("Give a number from 1 to {}.", most_shots));
}

std::filesystem::path experiment_folder(const TwinSettings& settings, const RecordOptions& options) {
  return options.root / settings.hutch / settings.experiment;
}

// Whatever its streams and chunks are: two recordings of one run would be read as one.
void refuse_known_run(const std::filesystem::path& folder, const RecordOptions& options) {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(folder, ignored), end; !ignored && entry != end;
       entry.increment(ignored)) {
    const auto name = sources::parse_file_name(entry->path().filename().string());
    if (!name || name->run != options.run.value || name->in_progress) continue;
    throw SetupError(fmt::format("run {} is there already: {}", options.run.value, entry->path().string()),
                     "a recorded run is never replaced",
                     "Take another run number, or remove that run first?");
  }
}

// The frames of these shots, by all workers; each shot is one worker's.
void make_datagrams(const Twin& twin, std::span<MadeShot> shots, std::vector<Twin::Workspace>& workspaces) {
  std::atomic<std::size_t> next{0};
  std::vector<std::exception_ptr> troubles(workspaces.size());
  const auto work = [&](std::size_t worker) {
    try {
      for (std::size_t k = next++; k < shots.size(); k = next++)
        shots[k].datagram = twin.datagram(shots[k].shot, workspaces[worker], shots[k].made);
    } catch (...) {
      troubles[worker] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 1; worker < workspaces.size(); ++worker) threads.emplace_back(work, worker);
  work(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& trouble : troubles)
    if (trouble) std::rethrow_exception(trouble);
}

std::size_t shots_at_once(const Twin& twin, std::size_t workers) {
  constexpr std::size_t memory = 48 << 20;
  return std::clamp(memory / twin.detector().payload_size(), workers, std::size_t{256});
}

void write_all(std::vector<std::unique_ptr<Recorder>>& recorders, std::span<const std::byte> transition) {
  for (auto& recorder : recorders) recorder->write(transition);
}

}  // namespace

RecordedTwinRun record_run(const TwinSettings& settings, const RecordOptions& options) {
  check(options);
  Twin twin(settings, options.seed, options.run, Twin::recorded_start(options.seed, options.run));
  const std::filesystem::path folder = experiment_folder(settings, options), xtc = folder / "xtc";
  refuse_known_run(xtc, options);

  std::vector<std::unique_ptr<Recorder>> recorders;
  for (std::uint32_t stream = 0; stream < settings.streams; ++stream)
    recorders.push_back(std::make_unique<Recorder>(
        xtc / sources::text({settings.experiment, options.run.value, stream, 0, false})));
  RecordedTwinRun recorded;
  recorded.manifest =
      folder / "manifest" / fmt::format("{}-r{:04}.json", settings.experiment, options.run.value);
  Manifest manifest(recorded.manifest, twin, options.seed, options.shots);
  deploy_constants(twin.detector(), folder / "calib", options.run);

  write_all(recorders, twin.configure());
  for (const Transition begin : {Transition::begin_run, Transition::begin_calib_cycle, Transition::enable})
    write_all(recorders, twin.transition(begin, 0));
  const unsigned wanted = options.workers != 0 ? options.workers : std::thread::hardware_concurrency();
  std::vector<Twin::Workspace> workspaces(std::clamp(wanted, 1U, 64U));
  std::vector<MadeShot> shots;
  while (recorded.shots < options.shots) {
    if (options.stop_wanted && options.stop_wanted()) throw Interrupted();
    shots.resize(
        std::min<std::uint64_t>(shots_at_once(twin, workspaces.size()), options.shots - recorded.shots));
    for (MadeShot& shot : shots) shot.shot = twin.next();
    make_datagrams(twin, shots, workspaces);
    for (const MadeShot& shot : shots) {
      const auto stream = static_cast<std::uint32_t>(shot.shot.number % settings.streams);
      recorders[stream]->write(shot.datagram);
      manifest.add(shot.shot, shot.made, stream);
      recorded.frames += shot.made.frame.has_value();
      ++recorded.shots;
    }
    if (options.progress) options.progress(recorded.shots, options.shots);
  }
  for (const Transition end : {Transition::disable, Transition::end_calib_cycle, Transition::end_run})
    write_all(recorders, twin.transition(end, recorded.shots));

  for (auto& recorder : recorders) recorder->flush_to_disk();
  manifest.seal();
  for (auto& recorder : recorders) {
    recorder->finish();
    recorded.files.push_back(recorder->data().target());
    recorded.bytes += recorder->data().size();
  }
  manifest.commit();
  return recorded;
}

}  // namespace jt::simulator
