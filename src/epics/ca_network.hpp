// The thread that speaks to libca, and what libca's threads leave word of: commands in, states, samples and
// answers out. Beneath `CaChannels`.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/channel.hpp"
#include "epics/callbacks.hpp"
#include "epics/libca.hpp"
#include "epics/repeater_port.hpp"

namespace jt::epics {

class CaNetwork;

// One channel, as both sides know it: its owner and libca. It lives until libca has forgotten it.
struct Link : std::enable_shared_from_this<Link> {
  Link(CaNetwork& n, std::string pv, ChannelEvents events)
      : network(n), name(std::move(pv)), box(std::make_shared<Mailbox>(std::move(events))) {}
  CaNetwork& network;
  const std::string name;
  const SharedMailbox box;

  // Under the network's mutex.
  ChannelState state;
  unsigned connections = 0;  // so far: a put is for the connection it was called in

  // Of the network thread.
  chid channel = nullptr;
  evid subscription = nullptr;
  long subscribed_type = -1;
  std::size_t unanswered = 0;   // bytes put since the last sign of life
  std::size_t asked_after = 0;  // of these, before the question that is out
  bool asked = false;

  std::atomic<bool> refusal_told = false;  // once a connection is enough
};
using SharedLink = std::shared_ptr<Link>;

class CaNetwork : public std::enable_shared_from_this<CaNetwork> {
 public:
  void start();  // throws SetupError when libca cannot start
  // Waits until all is sent and libca has ended, but not long: to a server that hangs, libca says good-bye
  // for half a minute, and does so by itself. The channels are closed before.
  void end();

  SharedLink open(std::string name, ChannelEvents events);
  // Puts that were on their way still leave. Waits for a running callback.
  void close(const SharedLink& link);
  [[nodiscard]] ChannelState state(const Link& link) const;

  // As Channel's.
  ChannelOutcome put(const SharedLink& link, const PvValue& value);
  void put_and_complete(const SharedLink& link, const PvValue& value, Channel::Timeout timeout,
                        Channel::PutDone done);
  void get(const SharedLink& link, Channel::Timeout timeout, Channel::GetDone done);
  void get_details(const SharedLink& link, Channel::Timeout timeout, Channel::DetailsDone done);

 private:
  struct Command {
    enum class What : std::uint8_t {
      create,
      subscribe,
      put,
      put_and_complete,
      get,
      details,
      answered,
      clear
    };
    What what;
    SharedLink link;
    PvType type = PvType::float64;
    std::size_t count = 0;
    std::vector<std::byte> value = {};
    Callbacks::RequestId id = 0;
    unsigned connection = 0;
  };

  // The mutex is held.
  static ChannelOutcome may_put(const Link& link, const PvValue& value, std::vector<std::byte>& buffer);
  Command* last_command_of(const Link& link);
  void enqueue(Command command);

  void ask(Command::What what, const SharedLink& link, Channel::Timeout timeout, Callbacks::Done done);

  // The network thread.
  void run();
  std::optional<Command> next();
  std::optional<Command> take_next();
  static bool must_wait(const Command& command, std::vector<const Link*>& held_back);
  void do_it(const Command& command);
  bool is_current(const Command& command) const;
  void create(Link& link);
  long base_type_of_samples(const Link& link) const;
  void subscribe(Link& link);
  static void answered(Link& link);
  static int request(const Command& command);
  static int ask_for_details(const Link& link, PvType type, void* id);
  static void ask_for_a_sign(Link& link);

  // libca's threads: they only leave word.
  static void on_connection(connection_handler_args args);
  static void on_access(access_rights_handler_args args);
  static void on_sample(event_handler_args args);
  static void on_value(event_handler_args args);
  static void on_details(event_handler_args args);
  static void on_put_done(event_handler_args args);
  static void on_sign(event_handler_args args);
  static void on_exception(exception_handler_args args);
  void connection_changed(Link& link, ChannelState state);
  void access_changed(Link& link, bool readable, bool writable);
  void later(Link& link, Command::What what);

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::list<Command> commands_;
  bool stopping_ = false;
  bool unflushed_ = false;  // of the network thread
  bool ended_ = false;
  std::condition_variable end_;
  std::promise<int> started_;
  std::unique_ptr<RepeaterPort>
      repeater_port_;    // until the first channel: only then libca looks for a repeater
  Callbacks callbacks_;  // ends after the network thread: libca may call until then
  std::thread thread_;
};

}  // namespace jt::epics
