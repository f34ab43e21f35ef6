// From options and config to what the live process needs: its feed, its settings, its ports.
// Before stop 1 of the walk, for `jt live`; `jt ctl` and `jt watch` find the ports here as well.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/command_port.hpp"
#include "apps/jt/common_options.hpp"
#include "pipeline/live.hpp"
#include "publish/pv_host.hpp"

namespace jt::app {

struct LiveOptions {
  CommonOptions common;
  std::optional<std::string> threads, source, rate, calibrations, log, wait_readers;
  bool serve_pvs = false, publish_replay = false;
};

struct LiveParts {
  std::string hutch, experiment;
  pipeline::LiveSettings settings;
  std::unique_ptr<pipeline::ShotFeed> feed;
};
// Throws CallError for what is missing or wrong, SetupError for a run or folder that is not there.
LiveParts live_parts(const LiveOptions& options, const Config& config);

// Where to command, where to listen. Throws CallError without api_msg.port.
struct LivePorts {
  api::Endpoint command, stream, metrics;
};
LivePorts live_ports(const Config& config);

// Hosts the PVs, when --serve-pvs or the config says so; null otherwise. Not started yet. Throws CallError
// for a recorded run without --publish-replay, SetupError for addresses and names that cannot be.
std::unique_ptr<publish::PvHost> pv_host(const LiveOptions& options, const Config& config,
                                         const LiveParts& parts);

std::string user_name();
std::string host_name();

}  // namespace jt::app
