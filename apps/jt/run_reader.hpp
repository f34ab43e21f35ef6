// A recorded run, opened by the command's options and decoded shot by shot: stops 1 and 2 of the walk as one.
// Used by info, trace and calibrate; the work is in sources (which bytes) and formats (what they say).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/jt/common_options.hpp"
#include "apps/jt/config.hpp"
#include "formats/event.hpp"
#include "formats/xtc/decoder.hpp"
#include "sources/recorded_run.hpp"
#include "sources/run_files.hpp"

namespace jt::app {

// The files that a command was asked to read, and whose they are.
struct ChosenRun {
  std::string hutch, experiment;  // empty with plain files
  RunNumber run;
  std::filesystem::path folder;  // of the experiment; empty with plain files, or where there is no data root
  sources::RunFiles files;
};

// By options, environment and config. Throws CallError, SetupError (no such experiment, no such run).
ChosenRun choose_recorded_run(const CommonOptions& options, const Config& config);

// Plain paths.
ChosenRun choose_files(const std::vector<std::string>& paths);

class RunReader {
 public:
  RunReader(const sources::RunFiles& files, sources::ReadOptions options);

  // The next datagram; nullptr at the end. Configurations are taken on the way. Borrowed until the next call.
  const sources::RawEvent* next();
  // What the datagram that next() gave says, when it is a shot.
  [[nodiscard]] const formats::Event& event() const { return event_; }
  [[nodiscard]] const formats::RunDescription& run() const { return decoder_.run(); }
  [[nodiscard]] const formats::xtc::Decoder& decoder() const { return decoder_; }
  [[nodiscard]] const sources::RecordedRun& source() const { return source_; }

 private:
  sources::RecordedRun source_;
  formats::xtc::Decoder decoder_;
  formats::Event event_;
};

}  // namespace jt::app
