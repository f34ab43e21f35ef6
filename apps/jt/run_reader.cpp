#include "apps/jt/run_reader.hpp"

#include <utility>

namespace jt::app {

ChosenRun choose_recorded_run(const CommonOptions& options, const Config& config) {
  const RunChoice choice = choose_run(options, config);
  const sources::ExperimentFolders place =
      sources::find_experiment(places_of(options, config), choice.hutch, choice.experiment);
  return {place.hutch, place.experiment, choice.run, place.folder, sources::find_run(place, choice.run)};
}

ChosenRun choose_files(const std::vector<std::string>& paths) {
  const std::vector<std::filesystem::path> files(paths.begin(), paths.end());
  ChosenRun chosen;
  chosen.files = sources::run_of_paths(files);
  chosen.run = chosen.files.run;
  return chosen;
}

RunReader::RunReader(const sources::RunFiles& files, sources::ReadOptions options)
    : source_(files, std::move(options)) {}

const sources::RawEvent* RunReader::next() {
  const sources::RawEvent* raw = source_.next();
  if (raw == nullptr) return nullptr;
  using formats::Transition;
  if (raw->service == Transition::l1_accept) {
    decoder_.decode(raw->main.bytes, event_);
    for (const sources::RawDatagram& joined : raw->joined) decoder_.join(joined.bytes, event_);
  } else if (raw->service == Transition::configure || raw->service == Transition::begin_calib_cycle) {
    decoder_.configure(raw->main.bytes);
    for (const sources::RawDatagram& joined : raw->joined) decoder_.configure(joined.bytes);
  }
  return raw;
}

}  // namespace jt::app
