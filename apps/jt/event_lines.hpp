// Every datagram of a run, one line each: as JSON for programs and checks, as a table for people.
// Shown by `jt info --events`; reads the run's own files in merge order (stops 1 and 2 of the walk).
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "apps/jt/run_reader.hpp"

namespace jt::app {

// Prints them on standard output as they are read.
void print_event_lines(const ChosenRun& chosen, bool json);

// {"file", "offset", "size", "service", "sec", "nsec", "fiducial", "ticks", "vector", "env", "damage",
//  "event_codes", "i0", "contributions"}: the codes of the datagram's own fiducial in stored order, the
//  readings of
// all i0 monitors (what is not finite is null), each leaf with the CRC-32 of its payload as stored.
nlohmann::ordered_json event_json(const sources::RawDatagram& raw, const formats::Event* shot,
                                  const formats::RunDescription& run);

}  // namespace jt::app
