// Plays a recorded run into the shared-memory server, at a rate or as fast as clients take it.
// Before the walk begins elsewhere: `jt serve` makes a recorded run look like the DAQ.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "sources/recorded_run.hpp"
#include "sources/shared_memory_server.hpp"

namespace jt::app {

struct PlayOptions {
  double rate_hz = 0;       // of shots; 0: as fast as it goes
  unsigned wait_for = 0;    // begins once so many clients are connected
  std::uint64_t shots = 0;  // of the run, for progress
};

// How far the playing is.
struct PlayProgress {
  std::uint64_t passes = 0;         // over the run, finished
  std::uint64_t played = 0;         // shots of this pass, served or dropped
  std::uint64_t shots = 0;          // of the run
  double rate_hz = 0;               // over the last seconds
  const char* waits_for = nullptr;  // in words, when it stands still
};

class RunPlayer {
 public:
  using Clock = std::chrono::steady_clock;
  // `wanted_to_stop` is asked, and `show` told, at every shot and several times a second while nothing moves.
  RunPlayer(sources::SharedMemoryServer& server, PlayOptions options, std::function<bool()> wanted_to_stop,
            std::function<void(const PlayProgress&)> show);

  // One pass: Configure ... EndRun as recorded, then Unconfigure; a run without EndRun (cut, or still being
  // written) is ended properly as well. False when it was stopped on the way.
  bool play(const sources::RunFiles& files);
  // Unmap, and a few seconds for the clients to answer.
  void finish();
  [[nodiscard]] const PlayProgress& progress() const { return progress_; }

 private:
  bool wait_for_clients();
  bool serve(std::span<const std::byte> datagram);
  bool serve_shot(std::span<const std::byte> datagram);
  bool serve_transition(std::span<const std::byte> datagram);
  bool end(formats::Transition outermost);
  bool keep_pace();
  bool attend_until(const std::function<bool()>& done, Clock::duration at_most, const char* waits_for);
  bool attend(const char* waits_for);

  sources::SharedMemoryServer& server_;
  PlayOptions options_;
  std::function<bool()> wanted_to_stop_;
  std::function<void(const PlayProgress&)> show_;
  PlayProgress progress_;
  std::vector<std::byte> room_, last_header_;
  std::vector<formats::Transition> begun_;  // what an end is still to be played of
  Clock::time_point next_shot_{};
  Clock::time_point rate_since_{};
  std::uint64_t rate_played_ = 0;
};

}  // namespace jt::app
