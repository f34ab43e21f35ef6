// `jt live`: shots from the DAQ's shared memory or a recorded run, to the shot stream and the counters.
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <thread>

#include "apps/jt/commands.hpp"
#include "apps/jt/interrupt.hpp"
#include "apps/jt/json_log.hpp"
#include "apps/jt/live_page.hpp"
#include "apps/jt/live_setup.hpp"
#include "apps/jt/output.hpp"
#include "core/errors.hpp"
#include "core/log.hpp"

namespace jt::app {
namespace {

constexpr std::uint64_t log_cap = 10 << 20;
// Shots under way leave first; a hung worker or file system is not waited for longer.
constexpr std::chrono::seconds patience{10};

// What the command port does with each command.
class Commands {
 public:
  Commands(pipeline::Live& live, publish::PvHost* pvs, JsonLog* log) : live_(live), pvs_(pvs), log_(log) {}

  api::Reply answer(const api::Command& command) {
    if (command.name == "status") return {true, "", json_text()};
    const pipeline::Change change = apply(command);
    note(command, change);
    return {change.ok, change.words, json_text()};
  }

 private:
  pipeline::Change apply(const api::Command& command) {
    if (command.name == "peak-bin") return live_.set_peak(static_cast<int>(*command.value));
    if (command.name == "delta-bin") return live_.set_delta(static_cast<int>(*command.value));
    if (command.name == "recalibrate") return live_.recalibrate();
    live_.stop();
    return {true, "the live process ends"};
  }
  void note(const api::Command& command, const pipeline::Change& change) const {
    log::info(fmt::format("{} from {}@{}: {}", command.name, command.user, command.host, change.words));
    if (log_ == nullptr) return;
    nlohmann::ordered_json line = {{"command", command.name}, {"user", command.user},
                                   {"host", command.host},    {"peer", command.peer},
                                   {"ok", change.ok},         {"words", change.words}};
    if (command.value) line["value"] = *command.value;
    log_->write(std::move(line));
  }
  std::string json_text() const {
    return state_json(live_.status(), pvs_)
        .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }

  pipeline::Live& live_;
  publish::PvHost* pvs_;
  JsonLog* log_;
};

// A recorded run can wait until somebody listens, so that its first shots are heard.
void wait_for_readers(publish::LiveSink& sink, std::uint64_t readers, const Interrupt& interrupt) {
  while (sink.readers() < static_cast<int>(readers)) {
    if (interrupt.wanted()) throw Interrupted();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Tells live to end when the user wants it, and the PVs how it goes, once a second.
class Watch {
 public:
  Watch(pipeline::Live& live, const Interrupt& interrupt, publish::PvHost* pvs)
      : thread_([this, &live, &interrupt, pvs] { run(live, interrupt, pvs); }) {}
  ~Watch() {
    ended_ = true;
    thread_.join();
  }

 private:
  void run(pipeline::Live& live, const Interrupt& interrupt, publish::PvHost* pvs) {
    auto told = std::chrono::steady_clock::now() - std::chrono::hours(1);
    while (!ended_ && !interrupt.wanted()) {
      const auto now = std::chrono::steady_clock::now();
      if (pvs != nullptr && now - told >= std::chrono::seconds(1)) {
        pvs->state(live.status());
        told = now;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    live.stop();
  }
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

int finish(const LiveOptions& options, const pipeline::LiveStatus& status, publish::PvHost* pvs,
           bool by_user) {
  if (options.common.json) print_json(state_json(status, pvs));
  finish_output();
  log::info(fmt::format("{}: {} shots in, {} out, {} good", by_user ? "stopped by the user" : "ended",
                        status.shots_in, status.shots_out, status.good));
  if (!status.problem.empty()) {
    fmt::print(stderr, "jt: {}\n", status.problem);
    return 1;
  }
  return 0;
}

int run(const LiveOptions& options) {
  Interrupt interrupt(patience);
  const Config config = config_of(options.common);
  const LivePorts ports = live_ports(config);
  LiveParts parts = live_parts(options, config);
  std::unique_ptr<JsonLog> log;
  if (options.log) log = std::make_unique<JsonLog>(*options.log, log_cap);

  const std::unique_ptr<publish::PvHost> pvs = pv_host(options, config, parts);
  publish::LiveSink sink(parts.hutch, parts.experiment, ports.stream, pvs.get());
  pipeline::Live live(parts.settings, *parts.feed, sink);
  Commands commands(live, pvs.get(), log.get());
  std::optional<api::ServerKeys> keys;
  if (config.api_keys) keys = api::read_server_keys(*config.api_keys);
  const api::CommandServer server(ports.command, api::Receiver::live, keys,
                                  [&](const api::Command& command) { return commands.answer(command); });
  const api::MetricsPage page(ports.metrics, [&] { return metrics_text(live.status(), sink, pvs.get()); });
  log::info(fmt::format("commands at {}:{}, shots at {}:{}, counters at http://{}:{}/metrics",
                        ports.command.host, server.port(), ports.stream.host, sink.port(), ports.metrics.host,
                        page.port()));
  if (pvs != nullptr) {
    pvs->start();
    log::info(fmt::format("PVs at {}:{} ('jt pvs' lists them)", config.publish.ca_host.value_or("127.0.0.1"),
                          pvs->server().udp_port()));
  }
  if (options.wait_readers)
    wait_for_readers(sink, whole_number(*options.wait_readers, "--wait-readers", 1, 100), interrupt);

  {
    const Watch watch(live, interrupt, pvs.get());
    live.run();
  }
  const pipeline::LiveStatus status = live.status();
  const int code = finish(options, status, pvs.get(), interrupt.wanted());
  // A worker that hangs cannot be waited for.
  if (status.workers_given_up > 0) std::_Exit(code);
  return code;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<LiveOptions>();
  add_common_options(app, options->common);
  app.add_option("-p,--threads", options->threads, "worker threads (default 1)")->type_name("N");
  app.add_option("--source", options->source,
                 "shmem:TAG (the DAQ's shared memory) or run:N (recorded); default: the config's sim")
      ->type_name("SOURCE");
  app.add_option("--rate", options->rate, "shots per second of a recorded run (default: as fast as it goes)")
      ->type_name("HZ");
  app.add_option("--calibrations", options->calibrations,
                 "look for calibrations here instead of the experiment's calib/jt_results")
      ->type_name("DIR");
  app.add_option("--log", options->log,
                 "write every change here, as JSON lines (at most 10 MiB and one file before)")
      ->type_name("FILE");
  app.add_option("--wait-readers", options->wait_readers, "begin when so many listen to the shot stream")
      ->type_name("N");
  app.add_flag("--serve-pvs", options->serve_pvs,
               "host the PVs ('jt pvs' lists them) on our own Channel Access server");
  app.add_flag("--publish-replay", options->publish_replay,
               "put PVs though the run is recorded; on 127.0.0.1 only");
  return [options] { return run(*options); };
}

}  // namespace

const Command live_command = {
    "live", "--cfg FILE [-p N] [--source shmem:TAG|run:N] [--rate HZ] [--serve-pvs] [--json]",
    "judges and reduces every shot as it comes, and tells the others",
    "Reads shots from the DAQ's shared memory (or plays a recorded run), judges and reduces each by the "
    "calibration\n"
    "in use, and sends it to the shot stream with its value or the cause why it has none. 'jt ctl' commands "
    "it,\n"
    "'jt watch' shows it, docs/stream.md describes the stream. Ctrl-C or 'jt ctl live stop' ends it.",
    add};

}  // namespace jt::app
