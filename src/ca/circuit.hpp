// One client's connection, as a machine of bytes in and bytes out: channels, subscriptions, pending puts.
// Stop 6 of the walk: from the hosted PV to the client. No socket in here, so hostile bytes are easily tried.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>

#include "ca/database.hpp"
#include "ca/protocol.hpp"

namespace jt::ca {

struct CircuitLimits {
  std::size_t channels = 20000;
  std::size_t subscriptions = 20000;
  std::size_t pending_puts = 1000;      // that wait for their completion
  std::size_t unmerged_samples = 4096;  // kept for a slow client, of PVs that never merge; more: it is let go
  std::size_t congested_bytes = 64 << 10;  // unsent bytes from which on samples wait and are merged
  std::size_t overloaded_bytes = 1 << 20;  // unsent bytes from which on no request is read
};

class Circuit {
 public:
  // The database outlives the circuit. `peer` is "host:port".
  Circuit(Database& database, std::uint16_t tcp_port, std::string peer, CircuitLimits limits = {});
  ~Circuit();
  Circuit(const Circuit&) = delete;
  Circuit& operator=(const Circuit&) = delete;

  // Bytes from the client, in pieces of any size. Replies go to the output.
  void receive(View bytes);
  // After an offence or a failure: send the output and close.
  [[nodiscard]] bool closing() const { return closing_; }
  // The client is so far behind that nothing more should be read from it.
  [[nodiscard]] bool overloaded() const { return unsent().size() >= limits_.overloaded_bytes; }

  [[nodiscard]] View unsent() const { return View(output_).subspan(sent_); }
  // The first `count` unsent bytes have left; samples that waited for the room follow.
  void sent(std::size_t count);

  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] std::string who() const;  // what the client says of itself: a claim, good for logs only
  [[nodiscard]] std::uint64_t merged_samples() const { return merged_; }

 private:
  struct Channel;
  struct Subscription;
  struct Waiting {
    Subscription* subscription;
    SharedSample sample;
  };

  void handle_input();
  void handle(const Message& message);
  void handle_create(const Message& message);
  void handle_search(const Message& message);
  void handle_read(const Message& message);
  void handle_subscribe(const Message& message);
  void handle_unsubscribe(const Message& message);
  void handle_write(const Message& message, bool notify);
  void handle_clear(const Message& message);

  Channel* channel_of(const Message& message);
  void send_access_rights(const Channel& channel);
  Status send_sample(Command command, std::uint16_t dbr, std::uint32_t count, std::uint32_t id, const Pv& pv,
                     const SharedSample& sample);
  void send_event(const Subscription& subscription, const SharedSample& sample);
  void queue_event(Subscription& subscription, const SharedSample& sample, std::uint16_t mask);
  void drop_waiting(Subscription& subscription);
  void send_waiting();
  void send_error(std::uint32_t cid, Status status, const Message& message, std::string_view words);
  void offence(const Message& message, std::string_view words);
  void finish_put(const Message& message, bool notify, std::uint32_t cid, Status status);
  [[nodiscard]] bool congested() const { return unsent().size() >= limits_.congested_bytes; }

  Database& database_;
  std::uint16_t tcp_port_;
  std::string peer_;
  CircuitLimits limits_;
  std::string user_, host_;
  Bytes input_, output_;
  std::size_t sent_ = 0;  // of output_
  bool closing_ = false;
  bool events_off_ = false;
  std::uint32_t next_sid_ = 1;
  std::size_t subscriptions_ = 0;
  std::map<std::uint32_t, std::unique_ptr<Channel>> channels_;  // by server id
  std::list<Waiting> waiting_;  // samples for later, in the order of their posts
  std::size_t unmerged_ = 0;    // of waiting_
  std::uint64_t merged_ = 0;
  // Completions of puts hold it weakly: they say nothing when the circuit is gone.
  std::shared_ptr<std::size_t> pending_puts_ = std::make_shared<std::size_t>(0);
};

}  // namespace jt::ca
