// The server's end of one client's socket, and the socket that takes them. On 127.0.0.1, never waited for.
// Under `SharedMemoryServer`.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "sources/file_descriptor.hpp"
#include "sources/monitor_protocol.hpp"

namespace jt::sources {

struct ServerClient {
  enum class Heard : std::uint8_t { nothing, message, gone };
  Heard hear(monitor::Message& message);
  bool tell(const monitor::Message& message);  // false: it does not take it, or is gone

  FileDescriptor socket;
  std::chrono::steady_clock::time_point since{};
  bool ever_answered = false;
  bool behind = false;  // held an Enable when the next thing began: gets nothing until it has answered all
  monitor::MessageBytes heard{};
  std::size_t heard_bytes = 0;
};

class ClientDoor {
 public:
  // Listens on the first free port from 32768 up, as the DAQ does. Throws SetupError when there is none.
  ClientDoor();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int fd() const { return socket_.get(); }
  std::optional<FileDescriptor> accept();
  void close() { socket_.reset(); }

 private:
  FileDescriptor socket_;
  std::uint16_t port_ = 0;
};

}  // namespace jt::sources
