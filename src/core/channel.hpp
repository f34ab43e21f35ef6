// One process variable (PV) of a control system, abstract: connect, watch, put, get - without saying over
// what. The motor, the cameras' pictures and the published PVs stand on it; `epics` carries it over Channel
// Access, core/memory_channel.hpp within the process.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/pv_value.hpp"

namespace jt {

// How a request ended. Only `done` is good; each other is a fact to show, never a reason to try harder.
enum class ChannelOutcome : std::uint8_t {
  done,
  disconnected,  // nobody serves the name now, or the connection was lost before the answer
  timed_out,     // no answer within the caller's time: the server hangs, or still works on it
  no_access,     // the server allows no put (or no get)
  refused,       // the server said no: wrong type, disabled record (DISP), too large, ...
  not_finite,    // NaN or infinite numbers never leave: refused here, before the network
};
std::string_view name(ChannelOutcome outcome);

struct ChannelState {
  bool connected = false;
  bool readable = false;
  bool writable = false;
  PvType type = PvType::float64;  // native type
  std::size_t count = 0;          // most elements it can have
  std::string server;             // "host:port"; empty within the process
};

// What a channel tells by itself. Either may be left empty; without on_sample nothing is subscribed to.
struct ChannelEvents {
  // Connected, lost, or other access rights.
  std::function<void(const ChannelState&)> on_state;
  // The value at (re)connection, then every change of value or alarm. A client that is too slow may miss
  // values in between, never the last one.
  std::function<void(const PvSample&)> on_sample;
  // The type that samples shall have, where not the native one: a camera's 16-bit pixels as int16 (read the
  // bits as uint16), a choice as its string.
  std::optional<PvType> sample_as;
};

struct GetResult {
  ChannelOutcome outcome = ChannelOutcome::disconnected;
  PvSample sample;  // when done
};
struct DetailsResult {
  ChannelOutcome outcome = ChannelOutcome::disconnected;
  PvDetails details;  // when done
};

// Threads: every function may be called from any thread, callbacks too, and never waits for the network. The
// callbacks of one provider run one at a time, on a thread of the provider's own (MemoryPvs: on the thread
// that calls deliver()); they must be quick and must not throw. The destructor waits for a running callback
// and none runs after it: so never destroy a channel from a callback, nor while holding a lock that one
// takes. A request's callback is called exactly once, unless the channel is destroyed before.
class Channel {
 public:
  using PutDone = std::function<void(ChannelOutcome)>;
  using GetDone = std::function<void(const GetResult&)>;
  using DetailsDone = std::function<void(const DetailsResult&)>;
  using Timeout = std::chrono::milliseconds;

  virtual ~Channel() = default;

  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual ChannelState state() const = 0;

  // Fire and forget. `done` means: on its way. A newer put may replace one of the same channel that has not
  // left yet; otherwise puts leave in the order of the calls. A put is for now: it is dropped when the
  // connection is lost, never delivered after a reconnection.
  virtual ChannelOutcome put(const PvValue& value) = 0;
  // `done` comes when the server has completed what the value started: for a motor, the move. Completion is
  // not success. A server may queue it behind a pending one: stops are plain puts.
  virtual void put_and_complete(const PvValue& value, Timeout timeout, PutDone done) = 0;
  // The value now, asked for: `fresh` in the sense of the envelope.
  virtual void get(Timeout timeout, GetDone done) = 0;
  virtual void get_details(Timeout timeout, DetailsDone done) = 0;

 protected:
  Channel() = default;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
};

// Makes channels: the network, or the process itself. Outlives its channels.
class ChannelProvider {
 public:
  virtual ~ChannelProvider() = default;
  // Never waits: the channel connects when somebody serves the name, now or in an hour.
  virtual std::unique_ptr<Channel> connect(std::string name, ChannelEvents events) = 0;
};

}  // namespace jt
