// `Channel` within the process: tests and the `minimal` build run the motor, the loop and the publisher on
// it. It stands where `epics` stands at the beamline.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/channel.hpp"

namespace jt {

// A set of PVs, and the provider of channels to them. Nothing happens by itself: callbacks run in deliver(),
// on its caller's thread, in the order of their causes; timeouts pass in advance(). So a test steps through a
// story exactly. Every function may be called from any thread; deliver() from one at a time.
class MemoryPvs : public ChannelProvider {
 public:
  // What a PV does with a put: the outcome that the client gets. It may call set() and complete().
  using PutHandler = std::function<ChannelOutcome(const PvValue&)>;

  MemoryPvs();
  ~MemoryPvs() override;

  // -- the side of the server
  // Makes the PV, or gives it new details; channels of this name connect.
  void define(const std::string& name, PvValue value, PvDetails details = {});
  // A new value; watchers see it. `time` zero: the time given to advance() so far, counted from the epoch.
  void set(const std::string& name, PvValue value, Alarm alarm = {}, PvTime time = {});
  // Without a handler a put is taken as the new value.
  void on_put(const std::string& name, PutHandler handler);
  // From now on put_and_complete() stays pending until complete(): a motor that moves.
  void hold_completions(const std::string& name, bool hold);
  void complete(const std::string& name, ChannelOutcome outcome = ChannelOutcome::done);
  void set_writable(const std::string& name, bool writable);
  // Its channels lose the connection, pending requests end as disconnected; reconnect() is its opposite.
  void disconnect(const std::string& name);
  void reconnect(const std::string& name);
  // Hangs: nothing of this PV is delivered or answered any more, but connected it stays.
  void hang(const std::string& name, bool hangs);

  [[nodiscard]] PvSample sample(const std::string& name) const;
  // All puts of this PV that arrived, oldest first.
  [[nodiscard]] std::vector<PvValue> puts(const std::string& name) const;

  // -- time and turn
  // Runs what is due and returns how many callbacks ran; what callbacks cause runs, too.
  std::size_t deliver();
  // Time passes: requests without an answer time out (their callbacks run in the next deliver()).
  void advance(Channel::Timeout time);

  // -- the side of the client
  std::unique_ptr<Channel> connect(std::string name, ChannelEvents events) override;

 private:
  class Link;
  struct World;
  std::shared_ptr<World> world_;
};

}  // namespace jt
