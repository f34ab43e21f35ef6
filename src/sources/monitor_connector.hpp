// Finds the DAQ's monitoring server of a tag and gets a client slot there; tries again for as long as it
// takes. Under `SharedMemorySource`: between two sessions, one of these is at work. Never waits by itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "sources/monitor_protocol.hpp"
#include "sources/monitor_session.hpp"
#include "sources/shared_memory_source.hpp"

namespace jt::sources {

class MonitorConnector {
 public:
  using Time = std::chrono::steady_clock::time_point;
  MonitorConnector(const monitor::Names& names, std::string tag) : names_(names), tag_(std::move(tag)) {}

  // Goes on as far as it can at `now`; a session once the server has greeted us.
  std::shared_ptr<MonitorSession> step(Time now);
  // When to call step() again at the latest, and what may make it worth while before.
  [[nodiscard]] Time next_look() const { return next_look_; }
  [[nodiscard]] std::shared_ptr<MonitorSession> pending() const { return pending_; }
  [[nodiscard]] bool waits_to_write() const { return stage_ == Stage::connecting; }

  [[nodiscard]] LiveState state() const { return state_; }
  [[nodiscard]] const std::string& words() const { return words_; }
  [[nodiscard]] const LiveCounts& troubles() const { return troubles_; }

 private:
  enum class Stage : std::uint8_t {
    seeking,     // waits for the server's port in the discovery queue
    connecting,  // waits for the connection
    greeting,    // waits for the message that tells slot and sizes
  };
  void seek(Time now);
  void await_connection(Time now);
  std::shared_ptr<MonitorSession> await_greeting(Time now);
  void try_again(Time when, std::string words, LiveState state = LiveState::waiting_for_server);

  const monitor::Names& names_;
  std::string tag_;
  Stage stage_ = Stage::seeking;
  std::shared_ptr<MonitorSession> pending_;
  std::uint64_t sessions_ = 0;
  Time next_look_{}, give_up_{};
  LiveState state_ = LiveState::waiting_for_server;
  std::string words_;
  LiveCounts troubles_;
};

}  // namespace jt::sources
