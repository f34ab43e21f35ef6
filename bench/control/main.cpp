// bench_control: how well a strategy finds or holds a simulated jet, in one JSON object per call.
// Names and settings are checked first (call.hpp), trials run on all cores (trial.hpp), figures come last.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "call.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"
#include "summary.hpp"

namespace {

using jt::CallError;
using jt::bench::Call;

struct Options {
  Call call;
  std::string mode = "acquire";
  std::vector<std::string> assignments;
  bool json = false, keys = false;
  std::string trials_file;
};

void add_options(CLI::App& app, Options& o) {
  app.add_option("--mode", o.mode, "acquire (find the jet) or track (hold it for 300 s)")
      ->capture_default_str();
  app.add_option("--preset", o.call.preset, "GDVN5, J20, J100, SHEET50 or LCP50")->capture_default_str();
  app.add_option("--scenario", o.call.scenario, "what happens; `--keys` lists them")->capture_default_str();
  app.add_option("--strategy", o.call.strategy, "default: adaptive, or probe-and-hold in a track");
  app.add_option("--trials", o.call.trials, "simulated searches or holds")->capture_default_str();
  app.add_option("--seed", o.call.seed, "same seed, same figures")->capture_default_str();
  app.add_option("--set", o.assignments, "key=value, may be repeated; `--keys` lists them")->take_all();
  app.add_flag("--camera", o.call.camera, "a camera looks at the jet");
  app.add_flag("--quiet", o.call.quiet, "no probing moves while holding");
  app.add_flag("--json", o.json, "one JSON object on standard output");
  app.add_option("--threads", o.call.threads, "0: all cores")->capture_default_str();
  app.add_option("--per-trial", o.trials_file, "also write one JSON object per trial to this file");
  app.add_flag("--keys", o.keys, "list presets, scenarios and settings, and end");
}

jt::simulator::Mode mode_named(const std::string& name) {
  if (name == "acquire") return jt::simulator::Mode::acquire;
  if (name == "track") return jt::simulator::Mode::track;
  const std::vector<std::string> names{"acquire", "track"};
  throw CallError(fmt::format("there is no mode {}", name), "it says whether the jet is searched or held",
                  fmt::format("Did you mean {}?", jt::nearest_first(name, names).front()));
}

// A Markdown table, for people and for docs/control.md.
void print_keys() {
  fmt::print("| preset | what |\n|---|---|\n");
  for (const auto& each : jt::simulator::presets()) fmt::print("| {} | {} |\n", each.name, each.meaning);
  fmt::print("\n| scenario | what happens |\n|---|---|\n");
  for (const auto& each : jt::simulator::scenarios()) fmt::print("| {} | {} |\n", each.name, each.meaning);
  fmt::print("\n| key | meaning |\n|---|---|\n");
  for (const auto& each : jt::bench::bench_keys()) fmt::print("| {} | {} |\n", each.name, each.meaning);
  fmt::print(
      "\n| key of the plant | default | unit | realistic | meaning | source |\n|---|---|---|---|---|---|\n");
  const jt::simulator::PlantSettings defaults;
  for (const auto& knob : jt::simulator::knobs())
    fmt::print("| {} | {:.6g} | {} | {} | {} | {} |\n", knob.name, defaults.*knob.value, knob.unit,
               knob.realistic ? fmt::format("{:.4g}", *knob.realistic) : "", knob.meaning, knob.source);
}

void run(Options options) {
  options.call.mode = mode_named(options.mode);
  const Call call = jt::bench::check(options.call, options.assignments);
  const jt::bench::World world = jt::bench::make_world(call);
  const auto results = jt::bench::run_trials(call, world);
  const auto summary = jt::bench::summary(call, world, results);
  if (!options.trials_file.empty()) {
    std::ofstream file(options.trials_file);
    for (const auto& each : results) file << jt::bench::trial_line(call, each).dump() << '\n';
    if (!file)
      throw jt::SetupError(fmt::format("cannot write {}", options.trials_file), "the trials go there",
                           "Does the folder exist?");
  }
  if (options.json)
    std::cout << summary.dump() << std::endl;
  else
    std::cout << jt::bench::in_words(summary);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How well a strategy finds or holds a simulated jet.", "bench_control");
  Options options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
    if (options.keys)
      print_keys();
    else
      run(options);
    return 0;
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "bench_control: {}\nSee bench_control --help.\n", error.what());
    return 2;
  } catch (const CallError& error) {
    fmt::print(stderr, "bench_control: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_control: {}\n", error.what());
    return 1;
  }
}
