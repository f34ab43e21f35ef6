// `jt trace`: the walk of one shot, with values.
#include <memory>

#include "apps/jt/commands.hpp"
#include "apps/jt/common_options.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/shot_trace.hpp"
#include "core/errors.hpp"

namespace jt::app {
namespace {

struct Options {
  CommonOptions common;
  std::optional<std::string> shot;
  std::vector<std::string> files;
};

int run(const Options& options) {
  if (!options.shot)
    throw CallError("--shot is missing", "one shot is followed", "Give --shot K: shots are counted from 0.");
  const std::uint64_t shot = whole_number(*options.shot, "--shot", 0, 1'000'000'000'000);
  const Config config = config_of(options.common);
  const ChosenRun chosen =
      options.files.empty() ? choose_recorded_run(options.common, config) : choose_files(options.files);
  const ShotTrace trace = trace_shot(chosen, config, shot);
  if (options.common.json)
    print_json(trace_json(chosen, trace));
  else
    print(trace_words(chosen, trace));
  return 0;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_common_options(app, options->common);
  app.add_option("--shot", options->shot, "which shot: the recorder's shots in time order, from 0")
      ->type_name("K");
  app.add_option("files", options->files, "read these .xtc files of one run instead")->type_name("FILE.xtc");
  return [options] { return run(*options); };
}

}  // namespace

const Command trace_command = {
    "trace", "--run N --shot K [--cfg FILE] [--json]",
    "follows one shot from its bytes to its ratio, with the values",
    "Follows one shot through the program: where its bytes lie, what they say (time, event codes, i0, "
    "frames,\n"
    "damage), and what is made of them (radial profile, ring sum, ratio) when the config names a camera.",
    add};

}  // namespace jt::app
