// The decoded shots of a run as a calibration wants them: one by one, and opened afresh for each pass.
// Between `sources` + `formats` (recorded_shots.hpp) and run_calibration(); tests feed made-up shots.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/ids.hpp"
#include "formats/event.hpp"

namespace jt::calibration {

// Decoded L1 events of a run.
class ShotStream {
 public:
  virtual ~ShotStream() = default;
  // The next event, valid until the next call; nullptr at the end.
  virtual const formats::Event* next() = 0;
  // What the run consists of, as far as it was read.
  [[nodiscard]] virtual const formats::RunDescription& run() const = 0;
  // For people, one per trouble with the files: "s00-c00 is cut in a payload; what is whole is used".
  [[nodiscard]] virtual std::vector<std::string> notes() const { return {}; }
};

// What one pass needs of each shot.
struct ShotChoice {
  // Event codes and i0 are enough: they come from the small index files where there are any.
  bool without_frames = false;
  // Shots for which this says no may be left out, unread. Empty: all are wanted.
  std::function<bool(ShotTime, Fiducial)> wanted;
  // Called at least after every shot read, also those left out; may throw Interrupted. Empty: not called.
  std::function<void()> breathe;
};

// Opens the run from its first event.
using OpenShots = std::function<std::unique_ptr<ShotStream>(const ShotChoice& choice)>;

}  // namespace jt::calibration
