// `jt info`: what is in a run.
#include <memory>

#include "apps/jt/commands.hpp"
#include "apps/jt/common_options.hpp"
#include "apps/jt/event_lines.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/run_summary.hpp"

namespace jt::app {
namespace {

struct Options {
  CommonOptions common;
  std::vector<std::string> files;
  bool events = false;
  bool whole = false;
};

int run(const Options& options) {
  const Config config = config_of(options.common);
  const ChosenRun chosen =
      options.files.empty() ? choose_recorded_run(options.common, config) : choose_files(options.files);
  if (options.events) {
    print_event_lines(chosen, options.common.json);
    return 0;
  }
  const RunSummary summary = summarize(chosen, options.whole ? Depth::whole : Depth::automatic);
  if (options.common.json)
    print_json(summary_json(chosen, summary));
  else
    print(summary_words(chosen, summary));
  return 0;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_common_options(app, options->common);
  app.add_option("files", options->files, "read these .xtc files of one run instead; no config is needed")
      ->type_name("FILE.xtc");
  app.add_flag("--events", options->events, "list every datagram; with --json one JSON object per line");
  app.add_flag("--whole", options->whole,
               "read every byte of a large run, to count damage inside of frames too");
  return [options] { return run(*options); };
}

}  // namespace

const Command info_command = {
    "info",
    "--run N [--cfg FILE] [--events] [--whole] [--json]\n       jt info FILE.xtc ... [--events] [--json]",
    "shows what is in a run: detectors, event codes, i0 monitors, damage, files",
    "Shows what is in a recorded run: the detectors with their aliases, the event codes and how many shots "
    "have\n"
    "them, the i0 monitors with mean and spread, damage by kind, the time span, streams and chunks.",
    add};

}  // namespace jt::app
