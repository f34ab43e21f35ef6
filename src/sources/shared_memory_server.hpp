// The other end of the DAQ's shared memory: serves datagrams to any client of the protocol, as the DAQ does.
// Before stop 1 of the walk: `jt serve` plays a recorded run through it, the digital twin its own shots.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/counters.hpp"

namespace jt::sources {

struct SharedMemoryServerOptions {
  std::string tag;
  std::uint32_t buffer_size = 0;  // bytes; no datagram may be larger. Rounded up to whole pages
  // N. A queue of the system holds 10 messages unless an administrator allows more
  // (/proc/sys/fs/mqueue/msg_max).
  unsigned event_buffers = 8;
  unsigned client_slots = 4;  // Q, at most N
  // Serial (false): each shot passes through all clients, one after the other. Distributed: each shot goes to
  // one.
  bool distributed = false;
  // A shot waits until it can be given to a client without one being lost, and a transition until all shots
  // before it are back. Otherwise nothing ever waits: a slow client loses shots.
  bool lossless = false;
};

// What became of what was served, and what clients did.
enum class ServerCount : std::uint8_t {
  shots,              // given to a client
  transitions,        // with those that the server makes itself (Map)
  dropped_no_client,  // shots while no client was ready for one
  dropped_no_buffer,  // shots while clients held all buffers, or all queues were full
  stolen,             // shots that waited in a client's queue and were taken back for newer ones
  pulled_back,        // shots that still waited in a queue at Enable
  too_large,          // datagrams larger than a buffer
  malformed,          // datagrams whose header is none, or tells another size than they have
  bad_messages,       // from clients: garbage, or the return of a buffer that is not theirs
  clients,            // connections that got a slot
  clients_refused,    // all slots were taken
  clients_gone,       // connections that ended
  clients_let_go,     // that never answered, or did not answer while transitions ran out of buffers
  recovered,          // buffers that a client took with it
  count_,
};
std::string_view name(ServerCount count);
std::string_view in_words(ServerCount count);  // after a number, for people
using ServerCounts = CauseCounts<ServerCount>;

struct ServerStatus {
  std::uint16_t port = 0;    // on 127.0.0.1
  unsigned clients = 0;      // connected
  unsigned ready = 0;        // have answered every transition up to Enable: may get shots
  unsigned behind = 0;       // still hold an Enable of before: get nothing until they have answered
  unsigned unanswered = 0;   // hold a transition
  unsigned buffers_out = 0;  // shots that clients hold, or that wait in queues
  ServerCounts counts;
};

class SharedMemoryServer {
 public:
  // Makes memory and queues, and frees what a dead predecessor left under the tag. Throws CallError when the
  // numbers cannot be, SetupError when the tag is being served or the system does not give what is needed.
  explicit SharedMemoryServer(SharedMemoryServerOptions options);
  ~SharedMemoryServer();  // removes them
  SharedMemoryServer(const SharedMemoryServer&) = delete;
  SharedMemoryServer& operator=(const SharedMemoryServer&) = delete;

  // Serves one datagram; its bytes are copied. A transition goes to all clients and, when it begins
  // something, is kept for those that come later; a Map is made where the first one is none. Never waits:
  // `not_yet` (lossless only) means attend() and try again.
  enum class Sent : std::uint8_t { sent, dropped, not_yet, too_large, malformed };
  Sent send(std::span<const std::byte> datagram);

  // Looks after the clients (connections, answers, buffers that come back) for up to `wait`; returns once
  // something happened. To be called while there is nothing to send. All calls from one thread.
  void attend(std::chrono::milliseconds wait);

  [[nodiscard]] ServerStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace jt::sources
