// What the live process shows of itself: the state for `jt ctl status`, and the page of counters.
// Beside stop 6 of the walk.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

#include "api/command_port.hpp"
#include "pipeline/live.hpp"
#include "publish/live_sink.hpp"
#include "publish/pv_host.hpp"

namespace jt::app {

// `pvs` may be null: none are put.
nlohmann::ordered_json state_json(const pipeline::LiveStatus& status, publish::PvHost* pvs);
std::string metrics_text(const pipeline::LiveStatus& status, const publish::LiveSink& sink,
                         publish::PvHost* pvs);

}  // namespace jt::app
