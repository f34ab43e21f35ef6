// The command port: REQ/REP JSON with a thread of its own, so that no command and no flood waits for a shot.
// Beside the walk; `live` and `track` listen, `jt ctl`, `jt watch` and the operator window ask.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/command.hpp"
#include "api/curve_keys.hpp"
#include "api/stream_socket.hpp"

namespace jt::api {

struct CommandCounts {
  std::uint64_t answered = 0;
  std::uint64_t refused = 0;  // what was no command of ours
};

class CommandServer {
 public:
  // Called on the server's thread, one command at a time; be quick, do not throw.
  using Handler = std::function<Reply(const Command&)>;
  // Listens until it is destroyed. Keys are needed for a host that is not loopback. Throws SetupError.
  CommandServer(const Endpoint& endpoint, Receiver receiver, const std::optional<ServerKeys>& keys,
                Handler handler);
  ~CommandServer();
  CommandServer(const CommandServer&) = delete;
  CommandServer& operator=(const CommandServer&) = delete;

  [[nodiscard]] int port() const;
  [[nodiscard]] CommandCounts counts() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Asks once. Nothing: no answer within `patience`. Throws SetupError for an impossible address, or for
// another host without keys.
std::optional<Reply> ask(const Endpoint& endpoint, const std::optional<ClientKeys>& keys,
                         const Command& command, std::chrono::milliseconds patience);

}  // namespace jt::api
