// `jt calibrate`: the run calibration, from a recorded run to the numbers that the live process needs.
#include <fmt/format.h>

#include <memory>

#include "apps/jt/calibrate_settings.hpp"
#include "apps/jt/calibration_words.hpp"
#include "apps/jt/commands.hpp"
#include "apps/jt/common_options.hpp"
#include "apps/jt/counter_poster.hpp"
#include "apps/jt/interrupt.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/progress_line.hpp"
#include "calibration/recorded_shots.hpp"
#include "calibration/report_view.hpp"
#include "calibration/result_file.hpp"
#include "calibration/run_calibration.hpp"
#include "calibration/small_data.hpp"
#include "core/atomic_file.hpp"
#include "core/errors.hpp"
#include "core/log.hpp"
#include "report/report.hpp"

namespace jt::app {
namespace {

struct Options {
  CommonOptions common;
  CalibrateOptions calibrate;
  std::optional<std::string> out, follow;
};

constexpr std::string_view result_purpose = "the live process starts from the result";
constexpr std::string_view report_purpose = "the report shows whether the calibration is good";

std::filesystem::path output_root(const Options& options, const ChosenRun& chosen) {
  if (options.out) return *options.out;
  if (chosen.folder.empty())
    throw SetupError("there is no folder of the experiment to write to", "the results go there",
                     "Say where with --out DIR?");
  return chosen.folder;
}

// Says so before a long read that the results could not be written.
void require_writable(const calibration::OutputPlaces& places) {
  for (const std::filesystem::path& file : {places.small_data, places.result, places.report})
    const AtomicFile tried(file, std::string(result_purpose));
}

std::optional<sources::Follow> follow_of(const Options& options, const Interrupt& interrupt) {
  if (!options.follow) return std::nullopt;
  sources::Follow follow;
  follow.limit_s = static_cast<double>(whole_number(*options.follow, "--follow", 1, 1'000'000));
  follow.sleep_s = [&interrupt](double seconds) {
    if (interrupt.wanted()) throw Interrupted();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  };
  return follow;
}

calibration::RunCalibration calibrate(const calibration::Settings& settings, const ChosenRun& chosen,
                                      const std::optional<sources::Follow>& follow,
                                      const Interrupt& interrupt) {
  const std::unique_ptr<CounterPoster> counters = counter_poster_from_environment();
  ProgressLine line(error_output_is_terminal());
  const calibration::Hooks hooks = {.progress =
                                        [&](const calibration::Progress& progress) {
                                          line.show(progress, ProgressLine::Clock::now());
                                          if (counters) counters->show({progress.events, progress.with_code});
                                        },
                                    .waiting = [&](const std::string& what) { line.say(what); },
                                    .stop_wanted = [&] { return interrupt.wanted(); }};
  try {
    return calibration::run_calibration(settings, calibration::open_recorded_run(chosen.files, follow),
                                        hooks);
  } catch (const Interrupted&) {
    if (counters) counters->drop();
    throw;
  }
}

// The result last: whoever finds it finds the rest as well.
void write_outputs(const calibration::RunCalibration& made, const calibration::OutputPlaces& places) {
  calibration::write_small_data(made.table, made.result, places.small_data);
  write_file_atomically(places.report, report::html(calibration::report_data(made)), report_purpose);
  calibration::write_result(made.result, places);
}

// The hutch's own folder: for convenience, so that a failure is a warning.
void copy_to_opr_home(const Config& config, const calibration::Result& result,
                      const calibration::OutputPlaces& places) {
  if (!config.opr_home) return;
  const std::filesystem::path copy = std::filesystem::path(*config.opr_home) / "experiments" /
                                     result.provenance.experiment / "jt_calib" / places.result.filename();
  try {
    write_file_atomically(copy, calibration::to_json_text(result),
                          "the hutch's operators look for the result there");
  } catch (const SetupError& error) {
    log::warning(error.what());
  }
}

int run(const Options& options) {
  Interrupt interrupt;
  const Config config = config_of(options.common);
  const ChosenRun chosen = choose_recorded_run(options.common, config);
  const calibration::Settings settings = calibration_settings(config, chosen, options.calibrate);
  const calibration::OutputPlaces places =
      calibration::output_places(output_root(options, chosen), chosen.run);
  require_writable(places);

  const calibration::RunCalibration made =
      calibrate(settings, chosen, follow_of(options, interrupt), interrupt);
  if (interrupt.wanted()) throw Interrupted();
  interrupt.writing_begins();
  write_outputs(made, places);
  copy_to_opr_home(config, made.result, places);

  if (options.common.json)
    print(calibration::to_json_text(made.result));
  else
    print(calibration_words(made.result, places));
  finish_output();
  return 0;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_common_options(app, options->common);
  app.add_option("--ring-model", options->calibrate.ring_model,
                 "geometry (default), or original: the first program's numbers")
      ->type_name("NAME");
  app.add_option("--events", options->calibrate.events,
                 "how many shots to look at, whatever their event code")
      ->type_name("K");
  app.add_option("--out", options->out, "write below this folder instead of the experiment's")
      ->type_name("DIR");
  app.add_option("--follow", options->follow,
                 "wait up to so many seconds for files that are still being written")
      ->type_name("SECONDS");
  return [options] { return run(*options); };
}

}  // namespace

const Command calibrate_command = {
    "calibrate", "--cfg FILE --run N [--ring-model geometry|original] [--events K] [--out DIR] [--json]",
    "calibrates a run: the i0 cut, the ring, its ratio to i0, the jet",
    "Calibrates a recorded run: keeps the shots with good i0, averages the detector around the beam, finds "
    "the\n"
    "brightest ring and the bins to sum, and the jet in its camera. Writes the result for the live process, "
    "the\n"
    "shots as HDF5 and a report, complete or not at all.",
    add};

}  // namespace jt::app
