#include "apps/jt/live_setup.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "apps/jt/calibrate_settings.hpp"
#include "core/errors.hpp"
#include "core/log.hpp"
#include "detector/mask_file.hpp"
#include "pipeline/recorded_feed.hpp"
#include "pipeline/shared_memory_feed.hpp"

namespace jt::app {
namespace {

double rate_of(const std::optional<std::string>& text) {
  if (!text) return 0;
  double rate = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), rate);
  if (error != std::errc{} || end != text->data() + text->size() || !(rate > 0 && rate <= 1e6))
    throw CallError(fmt::format("--rate is '{}'", *text), "it must be shots per second, above 0",
                    "For example --rate 120?");
  return rate;
}

// "run:40", "shmem:psana"; without --source the config's `sim` decides.
struct Source {
  bool recorded = false;
  std::string what;  // the run's number (may be empty), or the tag
};
Source source_of(const LiveOptions& options, const Config& config) {
  if (!options.source) {
    if (config.sim) return {true, ""};
    return {false, "psana"};
  }
  if (options.source->starts_with("run:")) return {true, options.source->substr(4)};
  if (options.source->starts_with("shmem:")) return {false, options.source->substr(6)};
  throw CallError(fmt::format("--source is '{}'", *options.source), "shots come from a run or from the DAQ",
                  "Give run:N or shmem:TAG?");
}

// The mask is read when the detector's shape is known.
pipeline::MakeDetector detector_maker(const calibration::Settings& settings,
                                      const std::optional<std::filesystem::path>& mask) {
  return [settings, mask](const formats::DetectorInfo& info, Shape shape, RunNumber run) {
    calibration::Settings now = settings;
    now.run = run;
    if (mask) now.mask = {shape.panels * shape.rows, shape.cols, detector::read_mask(*mask, shape)};
    return calibration::make_run_detector(now, info, shape);
  };
}

}  // namespace

LiveParts live_parts(const LiveOptions& options, const Config& config) {
  const Source source = source_of(options, config);
  CommonOptions common = options.common;
  if (source.recorded && !source.what.empty()) common.run = source.what;
  const bool run_is_given = common.run || config.run;
  if (!run_is_given) common.run = "1";  // only to find the experiment: BeginRun tells the run
  const RunChoice choice = choose_run(common, config);
  const sources::ExperimentFolders place =
      sources::find_experiment(places_of(common, config), choice.hutch, choice.experiment);

  LiveParts parts;
  parts.hutch = place.hutch;
  parts.experiment = place.experiment;
  Config without_mask = config;
  without_mask.mask.reset();
  ChosenRun chosen{place.hutch, place.experiment, choice.run, place.folder, {}};
  pipeline::LiveSettings& live = parts.settings;
  live.worker.shots = calibration_settings(without_mask, chosen, {});
  live.worker.make_detector = detector_maker(live.worker.shots, config.mask);
  live.calibrations = options.calibrations ? std::filesystem::path(*options.calibrations)
                                           : place.folder / "calib" / "jt_results";
  if (run_is_given) live.run = choice.run;
  live.threads = options.threads ? static_cast<unsigned>(whole_number(*options.threads, "-p", 1, 256)) : 1;
  live.say = [](std::string_view words) { log::info(words); };
  if (source.recorded) {
    parts.feed =
        std::make_unique<pipeline::RecordedFeed>(sources::find_run(place, choice.run), rate_of(options.rate));
  } else {
    sources::SharedMemoryOptions memory = sources::shared_memory_options(source.what);
    memory.say = live.say;
    parts.feed = std::make_unique<pipeline::SharedMemoryFeed>(std::move(memory));
  }
  return parts;
}

LivePorts live_ports(const Config& config) {
  if (!config.api_port)
    missing_key(config, "api_msg.port", "to reach the live process", "Add it, like api_msg: {port: 5000}.");
  const std::string host = "127.0.0.1";
  LivePorts ports;
  ports.command = {config.api_host.value_or(host), *config.api_port};
  ports.stream = {config.stream_host.value_or(host), *config.api_port + 1};
  ports.metrics = {config.publish.metrics_host.value_or(host),
                   config.publish.metrics_port.value_or(*config.api_port + 3)};
  return ports;
}

namespace {

// Where somebody could serve our names already: where clients of this machine look (EPICS_CA_ADDR_LIST, and
// the interface itself).
std::vector<ca::Address> where_clients_look(const ca::Address& ours) {
  std::vector<ca::Address> places = {ours};
  if (const auto broadcast = ca::broadcast_of(ours.ip); broadcast && !ours.loopback())
    places.push_back({*broadcast, ours.port});
  const char* list = std::getenv("EPICS_CA_ADDR_LIST");
  std::istringstream words(list == nullptr ? "" : list);
  for (std::string word; words >> word;)
    if (const auto place = ca::parse_address(word, ours.port);
        place && std::find(places.begin(), places.end(), *place) == places.end())
      places.push_back(*place);
  return places;
}

}  // namespace

std::unique_ptr<publish::PvHost> pv_host(const LiveOptions& options, const Config& config,
                                         const LiveParts& parts) {
  if (!options.serve_pvs && !config.publish.serve_pvs.value_or(false)) {
    if (options.publish_replay)
      throw CallError("--publish-replay does nothing without --serve-pvs", "no PV is put", "Give both?");
    return nullptr;
  }
  if (parts.feed->is_recorded() && !options.publish_replay)
    throw CallError("PVs of a recorded run would look like those of the beam",
                    "a recorded run puts no PV unless that is wanted", "Give --publish-replay as well?");
  ca::ServerSettings settings;
  settings.address = config.publish.ca_host.value_or("127.0.0.1");
  settings.port = static_cast<std::uint16_t>(config.publish.ca_port.value_or(ca::default_server_port));
  const auto address = ca::parse_address(settings.address, settings.port);
  if (!address)
    throw CallError(fmt::format("publish.ca_host is '{}'", settings.address),
                    "it is the address of an interface of this machine",
                    "Give it as numbers, like 172.21.1.5?");
  settings.search_first = where_clients_look(*address);
  return std::make_unique<publish::PvHost>(
      publish::pv_table(parts.hutch, config.pv_map), settings,
      options.publish_replay ? publish::ReplayedShots::put : publish::ReplayedShots::never_put);
}

std::string user_name() {
  const passwd* entry = getpwuid(getuid());
  return entry == nullptr ? std::to_string(getuid()) : std::string(entry->pw_name).substr(0, 64);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()).substr(0, 255) : "unknown";
}

}  // namespace jt::app
