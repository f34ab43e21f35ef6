// `jt sim serve`: the twin's shots, live, over the DAQ's shared-memory protocol.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <memory>

#include "apps/jt/commands.hpp"
#include "apps/jt/common_options.hpp"
#include "apps/jt/interrupt.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/twin_options.hpp"
#include "apps/jt/words.hpp"
#include "core/errors.hpp"
#include "simulator/twin_ioc.hpp"
#include "simulator/twin_server.hpp"

namespace jt::app {
namespace {

struct Options {
  TwinOptions twin;
  std::string tag = "jt_sim";
  std::optional<std::string> run, shots, rate, servers, wait_for, ioc;
  bool lossless = false, json = false;
};

double rate_of(const std::string& text) {
  std::size_t used = 0;
  double rate = std::nan("");
  try {
    rate = std::stod(text, &used);
  } catch (const std::exception&) {
  }
  if (used != text.size() || !(rate > 0))
    throw CallError(fmt::format("--rate {} is no rate", text), "shots come at it",
                    "Give shots a second, like --rate 120.");
  return rate;
}

simulator::ServeTwinOptions serve_options(const Options& options) {
  simulator::ServeTwinOptions serve;
  serve.tag = options.tag;
  serve.seed = seed_of(options.twin);
  serve.lossless = options.lossless;
  if (options.run) serve.run = {static_cast<int>(whole_number(*options.run, "--run", 1, 999'999))};
  if (options.shots) serve.shots = whole_number(*options.shots, "--shots", 1, 1'000'000'000);
  if (options.servers)
    serve.servers = static_cast<unsigned>(whole_number(*options.servers, "--servers", 1, 32));
  if (options.wait_for)
    serve.wait_for = static_cast<unsigned>(whole_number(*options.wait_for, "--wait-for", 0, 4));
  if (options.rate) serve.rate_hz = rate_of(*options.rate);
  return serve;
}

// The IOC beside the shots: its axis carries the jet, its shutters close the beam, and it tells the truth.
std::unique_ptr<simulator::TwinIoc> make_ioc(const std::string& port, const Config& config,
                                             const simulator::TwinSettings& twin,
                                             const simulator::ServeTwinOptions& serve) {
  simulator::TwinIocSettings settings;
  settings.port = static_cast<std::uint16_t>(whole_number(port, "--ioc", 1024, 65534));
  if (config.motor) settings.motor = *config.motor;
  for (const auto& [place, name] : config.pv_map) settings.published.push_back(name);
  // The twin's motor, as the server will start it.
  simulator::Plant plant(
      twin.plant, serve.seed, static_cast<std::uint64_t>(serve.run.value),
      twin.jet_in_beam ? simulator::Plant::Start::on_the_jet : simulator::Plant::Start::as_set);
  settings.record.start = plant.motor().view(0).setpoint_um / 1000;
  settings.record.velocity = plant.settings().motor_speed_um_s / 1000;
  settings.record.acceleration_s = plant.settings().accel_s;
  settings.record.resolution = plant.settings().resolution_um / 1000;
  return std::make_unique<simulator::TwinIoc>(settings);
}

void connect(simulator::TwinIoc& ioc, simulator::ServeTwinOptions& serve) {
  serve.before_shot = [&ioc](simulator::Plant& plant, double time) {
    plant.motor().place(time, ioc.axis_mm() * 1000);
  };
  serve.beam_share = [&ioc] {
    const simulator::TwinIoc::Beam beam = ioc.beam();
    return beam.stopper_open && beam.picker_open ? beam.transmission : 0.0;
  };
  serve.served = [&ioc](const simulator::TwinShot& shot) {
    ioc.publish(
        {shot.truth.jet_um / 1000, shot.truth.carrier_um / 1000, shot.truth.overlap, shot.exposure.beam});
  };
}

nlohmann::ordered_json as_json(const simulator::ServedTwin& served, const std::vector<std::string>& tags) {
  nlohmann::ordered_json json;
  json["shots"] = served.shots;
  json["frames"] = served.frames;
  json["pooled"] = served.pooled;
  json["missed"] = served.missed;
  json["seconds"] = served.seconds;
  json["servers"] = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < tags.size(); ++k) {
    nlohmann::ordered_json server;
    server["tag"] = tags[k];
    for (std::size_t c = 0; c < static_cast<std::size_t>(sources::ServerCount::count_); ++c) {
      const auto count = static_cast<sources::ServerCount>(c);
      server[std::string(name(count))] = served.servers[k].counts[count];
    }
    json["servers"].push_back(server);
  }
  return json;
}

std::string in_words(const simulator::ServedTwin& served) {
  std::string words = fmt::format("{} in {:.1f} s, {} with a frame",
                                  count_words(served.shots, "shot", "shots"), served.seconds, served.frames);
  if (served.pooled > 0) words += fmt::format(" ({} put together from the pool)", served.pooled);
  if (served.missed > 0)
    words += fmt::format("; {} passed unserved: this machine is too slow for the rate", served.missed);
  return words + "\n";
}

int run(const Options& options) {
  Interrupt interrupt;
  const Config config = twin_config(options.twin);
  simulator::TwinSettings settings = twin_settings(options.twin, config);
  simulator::ServeTwinOptions serve = serve_options(options);
  // A slower machine: its pulses themselves are farther apart.
  for (const double rate :
       {60.0, 40.0, 30.0, 24.0, 20.0, 15.0, 12.0, 10.0, 8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0})
    if (serve.rate_hz == rate) settings.plant.rate_hz = rate;
  serve.stop_wanted = [&] { return interrupt.wanted(); };
  std::unique_ptr<simulator::TwinIoc> ioc;
  if (options.ioc) {
    ioc = make_ioc(*options.ioc, config, settings, serve);
    connect(*ioc, serve);
    fmt::print(stderr, "its PVs are on 127.0.0.1, port {}\n", ioc->udp_port());
  }
  simulator::TwinServer server(settings, serve);
  for (const std::string& tag : server.tags())
    fmt::print(stderr, "serving {} as shmem:{}: jt live --source shmem:{} reads it, Ctrl-C ends it\n",
               server.twin().detector().alias(), tag, tag);
  std::fflush(stderr);
  const simulator::ServedTwin served = server.run();
  if (options.json)
    print_json(as_json(served, server.tags()));
  else
    print(in_words(served));
  finish_output();
  return 0;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_twin_options(app, options->twin);
  app.add_option("--tag", options->tag, "the name that clients ask for (default jt_sim)")->type_name("TAG");
  app.add_option("--rate", options->rate, "shots a second (default: the config's, 120)")->type_name("HZ");
  app.add_option("--servers", options->servers,
                 "monitoring nodes that take the shots in turn, TAG_0, TAG_1 ... (default 1: TAG)")
      ->type_name("N");
  app.add_option("--shots", options->shots, "end after so many (default: until stopped)")->type_name("K");
  app.add_option("--wait-for", options->wait_for, "clients of each server before the first shot (default 0)")
      ->type_name("N");
  app.add_option("--ioc", options->ioc,
                 "serve its motor, beam state and truth over Channel Access on this port")
      ->type_name("PORT");
  app.add_flag("--lossless", options->lossless, "shots wait for slow clients, as no machine does");
  app.add_option("--run", options->run, "the run's number (default 1)")->type_name("N");
  app.add_flag("--json", options->json, "print what was served as one JSON object");
  return [options] { return run(*options); };
}

}  // namespace

const Command sim_serve_command = {
    "sim serve", "[--tag TAG] [--rate HZ] [--servers N] [--shots K] [--detector KIND] [--cfg FILE] [--json]",
    "the digital twin: serves live shots over the DAQ's shared memory",
    "Serves the digital twin's shots as a monitoring node of the DAQ does, at 120 Hz: transitions, then "
    "shots of\n"
    "now, marked as simulated. Frames of large detectors are put together from noise and photons made\n"
    "beforehand; where this machine is too slow, shots pass unserved and are counted.",
    add};

}  // namespace jt::app
