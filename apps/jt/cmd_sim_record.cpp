// `jt sim record`: writes a simulated run as the DAQ would, with constants and a manifest of the truth.
#include <fmt/format.h>

#include <memory>

#include "apps/jt/commands.hpp"
#include "apps/jt/common_options.hpp"
#include "apps/jt/interrupt.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/twin_options.hpp"
#include "apps/jt/words.hpp"
#include "apps/jt/work_line.hpp"
#include "core/errors.hpp"
#include "simulator/run_recorder.hpp"

namespace jt::app {
namespace {

struct Options {
  TwinOptions twin;
  std::optional<std::string> run, shots, out, workers;
  bool json = false;
};

std::uint64_t needed(const std::optional<std::string>& text, std::string_view option,
                     std::string_view example, std::uint64_t high) {
  if (!text)
    throw CallError(fmt::format("{} is missing", option), "the twin must know what to record",
                    fmt::format("Give it like {}.", example));
  return whole_number(*text, option, 1, high);
}

simulator::RecordOptions record_options(const Options& options) {
  simulator::RecordOptions record;
  record.run = {static_cast<int>(needed(options.run, "--run", "--run 1", 999'999))};
  record.shots = needed(options.shots, "--shots", "--shots 1000", 10'000'000);
  if (!options.out)
    throw CallError("--out is missing", "the run is written below it",
                    "Give a folder of your own, like --out /tmp/sim.");
  record.root = *options.out;
  record.seed = seed_of(options.twin);
  if (options.workers)
    record.workers = static_cast<unsigned>(whole_number(*options.workers, "--workers", 1, 64));
  return record;
}

nlohmann::ordered_json as_json(const simulator::RecordedTwinRun& recorded) {
  nlohmann::ordered_json json;
  json["shots"] = recorded.shots;
  json["frames"] = recorded.frames;
  json["bytes"] = recorded.bytes;
  json["files"] = nlohmann::ordered_json::array();
  for (const auto& file : recorded.files) json["files"].push_back(file.string());
  json["manifest"] = recorded.manifest.string();
  return json;
}

int run(const Options& options) {
  Interrupt interrupt;
  const Config config = twin_config(options.twin);
  const simulator::TwinSettings settings = twin_settings(options.twin, config);
  simulator::RecordOptions record = record_options(options);
  WorkLine line("recording", "shots", error_output_is_terminal(), WorkLine::Clock::now());
  record.progress = [&](std::uint64_t done, std::uint64_t of) {
    line.show(done, of, WorkLine::Clock::now());
  };
  record.stop_wanted = [&] { return interrupt.wanted(); };
  const simulator::RecordedTwinRun recorded = simulator::record_run(settings, record);
  line.clear();
  if (options.json) {
    print_json(as_json(recorded));
  } else {
    print(fmt::format("run {} of {}: {}, {} with a frame, {} in\n", record.run.value, settings.experiment,
                      count_words(recorded.shots, "shot", "shots"), recorded.frames,
                      byte_words(recorded.bytes)));
    for (const auto& file : recorded.files) print(fmt::format("  {}\n", file.string()));
    print(fmt::format("what was put in: {}\n", recorded.manifest.string()));
  }
  finish_output();
  return 0;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_twin_options(app, options->twin);
  app.add_option("--run", options->run, "the run's number")->type_name("N");
  app.add_option("--shots", options->shots, "how many shots, 120 per second")->type_name("K");
  app.add_option("--out", options->out, "the data root to write below: <ROOT>/<hutch>/<experiment>")
      ->type_name("ROOT");
  app.add_option("--workers", options->workers, "threads that make frames (default: all cores)")
      ->type_name("N");
  app.add_flag("--json", options->json, "print the result as one JSON object");
  return [options] { return run(*options); };
}

}  // namespace

const Command sim_record_command = {
    "sim record", "--run N --shots K --out ROOT [--seed S] [--cfg FILE] [--detector KIND] [--json]",
    "the digital twin: writes a simulated run as the DAQ records it",
    "Writes a run of the digital twin: XTC files with their indexes below <ROOT>/<hutch>/<experiment>/xtc, "
    "the\n"
    "detector's constants in calib/, and in manifest/ what was put into every shot. The same config, seed "
    "and\n"
    "run number give the same bytes on every machine. 'jt calibrate --data-root ROOT' reads it like any "
    "other.",
    add};

}  // namespace jt::app
