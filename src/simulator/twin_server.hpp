// Serves the twin's shots live: over the DAQ's shared-memory protocol, at the machine's rate.
// Before stop 1 of the walk: what it serves, `jt live` reads as it reads the DAQ.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "simulator/frame_pool.hpp"
#include "simulator/twin.hpp"
#include "sources/shared_memory_server.hpp"

namespace jt::simulator {

struct ServeTwinOptions {
  std::string tag = "jt_sim";
  // That take the shots in turn, as the DAQ spreads them over its monitoring nodes; of more than one the tags
  // are <tag>_0, <tag>_1 ...
  unsigned servers = 1;
  // Shots a second; 0: the plant's rate. Above that the shots' own times run ahead of the clock.
  double rate_hz = 0;
  std::uint64_t shots = 0;     // 0: until stopped
  unsigned wait_for = 0;       // clients (of every server) before the first shot
  bool lossless = false;       // shots wait for slow clients; a machine would not
  unsigned event_buffers = 8;  // of each server
  RunNumber run{1};
  std::uint64_t seed = 1;
  std::function<bool()> stop_wanted;
  // Told of every shot that was served, with what nobody at a beamline knows.
  std::function<void(const TwinShot&)> served;
  // Asked before every shot, with the plant's time of it: where puts to the motor are made.
  std::function<void(Plant&, double)> before_shot;
  // Share of each pulse that passes shutters and attenuators of whoever serves the beam's PVs, 0-1.
  std::function<double()> beam_share;
};

struct ServedTwin {
  std::uint64_t shots = 0;   // given to the servers
  std::uint64_t frames = 0;  // that were made, by pool or exactly
  std::uint64_t pooled = 0;
  // Shots that the machine was too slow for: they pass as if another node had got them.
  std::uint64_t missed = 0;
  double seconds = 0;  // from the first shot to the last
  std::vector<sources::ServerStatus> servers;
};

class TwinServer {
 public:
  // Makes the detector, its pool of frames and the shared memory. Throws CallError (settings that cannot be)
  // and SetupError (the tag is served already, or the system does not give what is needed).
  TwinServer(const TwinSettings& settings, ServeTwinOptions options);
  ~TwinServer();
  TwinServer(const TwinServer&) = delete;
  TwinServer& operator=(const TwinServer&) = delete;

  [[nodiscard]] std::vector<std::string> tags() const;
  [[nodiscard]] const Twin& twin() const { return *twin_; }

  // Configure to Enable, the shots, Disable to Unmap; returns when the shots are done or a stop is wanted.
  ServedTwin run();

 private:
  using Clock = std::chrono::steady_clock;

  void begin();
  void end();
  void wait_for_clients();
  void serve_shot();
  void attend(Clock::time_point until);
  void send_to(sources::SharedMemoryServer& server, std::span<const std::byte> datagram);
  void send_to_all(std::span<const std::byte> datagram);
  [[nodiscard]] std::vector<std::byte> datagram_of(const TwinShot& shot);
  [[nodiscard]] bool stop_wanted() const { return options_.stop_wanted && options_.stop_wanted(); }

  ServeTwinOptions options_;
  std::unique_ptr<Twin> twin_;
  std::unique_ptr<FramePool> pool_;  // none where the exact way is fast enough
  std::vector<std::unique_ptr<sources::SharedMemoryServer>> servers_;
  Twin::Workspace workspace_;
  ServedTwin result_;
  std::uint64_t number_ = 0;  // of the next shot
};

}  // namespace jt::simulator
