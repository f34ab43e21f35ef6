#include "ca/circuit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ca/dbr.hpp"
#include "ca/search.hpp"

namespace jt::ca {
namespace {

constexpr std::uint16_t must_reply = 10;  // a search that wants a "no", too
constexpr std::size_t event_add_payload = 16, event_add_mask = 12;

}  // namespace

struct Circuit::Subscription {
  Channel* channel;
  std::uint32_t id;  // the client's
  std::uint16_t dbr;
  std::uint32_t count;  // 0: as many as there are
  std::uint16_t mask;
  // Its newest sample in waiting_, where samples are merged.
  std::optional<std::list<Waiting>::iterator> waits;
};

struct Circuit::Channel final : PvWatcher {
  Channel(Circuit& c, Pv& p, std::uint32_t client_id, std::uint32_t server_id)
      : circuit(c), pv(&p), cid(client_id), sid(server_id) {
    pv->watchers.push_back(this);
  }
  ~Channel() {
    if (pv != nullptr) std::erase(pv->watchers, this);
    for (auto& [id, subscription] : subscriptions) circuit.drop_waiting(*subscription);
    circuit.subscriptions_ -= subscriptions.size();
  }
  void posted(const SharedSample& sample, std::uint16_t mask) override {
    for (auto& [id, subscription] : subscriptions) circuit.queue_event(*subscription, sample, mask);
  }
  void access_changed() override { circuit.send_access_rights(*this); }
  void withdrawn() override {
    pv = nullptr;
    for (auto& [id, subscription] : subscriptions) circuit.drop_waiting(*subscription);
    circuit.subscriptions_ -= subscriptions.size();
    subscriptions.clear();
    append_message(circuit.output_, {.command = Command::server_disconnected, .p1 = cid}, 0);
  }

  Circuit& circuit;
  Pv* pv;  // nullptr: withdrawn; what the client sends until it knows is answered "disconnected"
  std::uint32_t cid, sid;
  std::map<std::uint32_t, std::unique_ptr<Subscription>> subscriptions;  // by the client's id
};

Circuit::Circuit(Database& database, std::uint16_t tcp_port, std::string peer, CircuitLimits limits)
    : database_(database), tcp_port_(tcp_port), peer_(std::move(peer)), limits_(limits) {
  append_message(output_, {.command = Command::version, .count = minor_version}, 0);
}

Circuit::~Circuit() {
  channels_.clear();
}  // channels take their samples off the queue: it must still be there

std::string Circuit::who() const { return fmt::format("{}@{} ({})", user_, host_, peer_); }

void Circuit::receive(View bytes) {
  if (closing_) return;
  input_.insert(input_.end(), bytes.begin(), bytes.end());
  handle_input();
}

// What has arrived whole, as long as the client takes the replies.
void Circuit::handle_input() {
  View rest = input_;
  Message message;
  Found found = Found::incomplete;
  while (!closing_ && !overloaded() && (found = take_message(rest, message)) == Found::message)
    handle(message);
  if (!closing_ && found == Found::malformed)
    offence({{}, rest.first(std::min<std::size_t>(rest.size(), 16)), {}}, "malformed message");
  input_.erase(input_.begin(), input_.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

void Circuit::handle(const Message& message) {
  switch (message.header.command) {
    case Command::version:
      return;
    case Command::client_name:
      user_ = words_of(message.payload).substr(0, longest_name);
      return;
    case Command::host_name:
      host_ = words_of(message.payload).substr(0, longest_name);
      return;
    case Command::create_channel:
      return handle_create(message);
    case Command::search:
      return handle_search(message);
    case Command::read_notify:
      return handle_read(message);
    case Command::event_add:
      return handle_subscribe(message);
    case Command::event_cancel:
      return handle_unsubscribe(message);
    case Command::write:
      return handle_write(message, false);
    case Command::write_notify:
      return handle_write(message, true);
    case Command::clear_channel:
      return handle_clear(message);
    case Command::echo:
      return append_message(output_, message.header, message.payload);
    case Command::events_off:
      events_off_ = true;
      return;
    case Command::events_on:
      events_off_ = false;
      return send_waiting();
    default:
      return offence(message, "unknown command");
  }
}

// -- channels

void Circuit::handle_create(const Message& message) {
  const std::uint32_t cid = message.header.p1;
  const std::string_view name = words_of(message.payload);
  if (name.empty() || name.size() == message.payload.size() || name.size() > longest_name)
    return offence(message, "bad PV name");
  Pv* pv = channels_.size() < limits_.channels ? database_.find(name) : nullptr;
  if (pv == nullptr) {
    append_message(output_, {.command = Command::create_channel_failed, .p1 = cid}, 0);
    return;
  }
  const std::uint32_t sid = next_sid_++;
  auto channel = std::make_unique<Channel>(*this, *pv, cid, sid);
  send_access_rights(*channel);
  append_message(output_,
                 {.command = Command::create_channel,
                  .type = static_cast<std::uint16_t>(pv->sample->value.type()),
                  .count = static_cast<std::uint32_t>(pv->most_elements),
                  .p1 = cid,
                  .p2 = sid},
                 0);
  channels_[sid] = std::move(channel);
}

void Circuit::send_access_rights(const Channel& channel) {
  constexpr std::uint32_t read = 1, write = 2;
  const std::uint32_t rights = read | (channel.pv->setup.writable ? write : 0);
  append_message(output_, {.command = Command::access_rights, .p1 = channel.cid, .p2 = rights}, 0);
}

void Circuit::handle_clear(const Message& message) {
  if (channel_of(message) == nullptr) return;
  channels_.erase(message.header.p1);
  append_message(output_,
                 {.command = Command::clear_channel, .p1 = message.header.p1, .p2 = message.header.p2}, 0);
}

// Only for clients that were told to ask by name over TCP.
void Circuit::handle_search(const Message& message) {
  const std::string_view name = words_of(message.payload);
  if (name.empty() || name.size() == message.payload.size()) return;
  const std::uint32_t id = message.header.p2;
  if (database_.find(name) != nullptr)
    append_message(output_, {.command = Command::search, .type = tcp_port_, .p1 = any_address, .p2 = id}, 0);
  else if (message.header.type == must_reply)
    append_message(
        output_,
        {.command = Command::not_found, .type = must_reply, .count = minor_version, .p1 = id, .p2 = id}, 0);
}

// The channel that a request names; without one the client is let go.
Circuit::Channel* Circuit::channel_of(const Message& message) {
  const auto found = channels_.find(message.header.p1);
  if (found != channels_.end()) return found->second.get();
  offence(message, "Bad Resource ID");
  return nullptr;
}

// -- reading

void Circuit::handle_read(const Message& message) {
  const Header& asked = message.header;
  Channel* channel = channel_of(message);
  if (channel == nullptr) return;
  if (asked.type > last_dbr_type) return offence(message, "bad DBR type");
  if (channel->pv == nullptr) {
    append_message(output_,
                   {.command = Command::read_notify,
                    .type = asked.type,
                    .p1 = static_cast<std::uint32_t>(Status::disconnected),
                    .p2 = asked.p2},
                   0);
    return;
  }
  const Status status =
      send_sample(Command::read_notify, asked.type, asked.count, asked.p2, *channel->pv, channel->pv->sample);
  if (status == Status::too_large) send_error(channel->cid, status, message, "too many elements asked for");
}

// A sample as one message. What cannot be said in that type is answered by zeros and a status, as the
// reference server does.
Status Circuit::send_sample(Command command, std::uint16_t dbr, std::uint32_t count, std::uint32_t id,
                            const Pv& pv, const SharedSample& sample) {
  if (count == 0) count = static_cast<std::uint32_t>(sample->value.count());
  if (count > largest_payload || dbr_size(dbr, count) > largest_payload) return Status::too_large;
  const std::size_t start = output_.size();
  const Header header = {.command = command, .type = dbr, .count = count, .p1 = 1, .p2 = id};
  const std::size_t size = dbr_size(dbr, count);
  const std::size_t at = append_message(output_, header, size);
  if (write_dbr(output_.data() + at, dbr, count, *sample, pv.setup.details, pv.setup.record_type))
    return Status::normal;
  output_.resize(start);
  Header failed = header;
  failed.p1 = static_cast<std::uint32_t>(Status::get_failed);
  append_message(output_, failed, size);
  return Status::get_failed;
}

// -- subscriptions

void Circuit::handle_subscribe(const Message& message) {
  const Header& asked = message.header;
  Channel* channel = channel_of(message);
  if (channel == nullptr) return;
  if (asked.type > last_dbr_type) return offence(message, "bad DBR type");
  if (message.payload.size() < event_add_payload) return offence(message, "subscription without a mask");
  if (channel->pv == nullptr) return;  // the client is being told that the PV has gone
  if (asked.count > largest_payload || dbr_size(asked.type, asked.count) > largest_payload)
    return send_error(channel->cid, Status::too_large, message, "too many elements asked for");
  if (subscriptions_ >= limits_.subscriptions || channel->subscriptions.count(asked.p2) != 0)
    return offence(message, "too many subscriptions, or one id twice");
  auto subscription = std::make_unique<Subscription>();
  *subscription = {
      channel,     asked.p2, asked.type, asked.count, get16(message.payload.data() + event_add_mask),
      std::nullopt};
  ++subscriptions_;
  Subscription& added = *(channel->subscriptions[asked.p2] = std::move(subscription));
  queue_event(added, channel->pv->sample, added.mask);
}

void Circuit::handle_unsubscribe(const Message& message) {
  const Header& asked = message.header;
  Channel* channel = channel_of(message);
  if (channel == nullptr) return;
  const auto found = channel->subscriptions.find(asked.p2);
  if (found == channel->subscriptions.end()) {
    if (channel->pv != nullptr) offence(message, "Bad Resource ID");
    return;
  }
  // The last message of this subscription has no payload.
  append_message(
      output_,
      {.command = Command::event_add, .type = found->second->dbr, .count = 1, .p1 = asked.p1, .p2 = asked.p2},
      0);
  drop_waiting(*found->second);
  channel->subscriptions.erase(found);
  --subscriptions_;
}

void Circuit::send_event(const Subscription& subscription, const SharedSample& sample) {
  send_sample(Command::event_add, subscription.dbr, subscription.count, subscription.id,
              *subscription.channel->pv, sample);
}

// Sent at once where there is room. Otherwise it waits; a newer sample takes the place of a waiting one,
// except for PVs that never merge.
void Circuit::queue_event(Subscription& subscription, const SharedSample& sample, std::uint16_t mask) {
  if (closing_ || (subscription.mask & mask) == 0) return;
  if (!events_off_ && waiting_.empty() && !congested()) return send_event(subscription, sample);
  const bool merges = !subscription.channel->pv->setup.never_merge;
  if (merges && subscription.waits) {
    waiting_.erase(*subscription.waits);
    ++merged_;
  }
  const auto at = waiting_.insert(waiting_.end(), {&subscription, sample});
  if (merges) {
    subscription.waits = at;
  } else if (++unmerged_ > limits_.unmerged_samples) {
    closing_ = true;  // it could not be told the truth any more: better it sees the connection end
  }
}

void Circuit::drop_waiting(Subscription& subscription) {
  const bool merges = subscription.waits.has_value();
  const std::size_t dropped =
      std::erase_if(waiting_, [&](const Waiting& it) { return it.subscription == &subscription; });
  if (!merges) unmerged_ -= std::min(unmerged_, dropped);
  subscription.waits.reset();
}

void Circuit::send_waiting() {
  while (!waiting_.empty() && !events_off_ && !congested()) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    if (next.subscription->waits)
      next.subscription->waits.reset();
    else
      --unmerged_;
    send_event(*next.subscription, next.sample);
  }
}

void Circuit::sent(std::size_t count) {
  sent_ += count;
  if (sent_ == output_.size()) {
    output_.clear();
    if (output_.capacity() > (1u << 20)) output_.shrink_to_fit();
    sent_ = 0;
  } else if (sent_ > (4u << 20)) {
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  send_waiting();
  if (!closing_ && !input_.empty()) handle_input();
}

// -- writing

void Circuit::handle_write(const Message& message, bool notify) {
  const Header& asked = message.header;
  Channel* channel = channel_of(message);
  if (channel == nullptr) return;
  if (asked.type > last_dbr_type) return offence(message, "bad DBR type");
  const std::uint32_t cid = channel->cid;
  if (channel->pv == nullptr) return finish_put(message, notify, cid, Status::disconnected);
  if (!channel->pv->setup.writable) return finish_put(message, notify, cid, Status::no_write_access);
  if (asked.count > channel->pv->most_elements) return finish_put(message, notify, cid, Status::bad_count);
  if (notify && *pending_puts_ >= limits_.pending_puts)
    return finish_put(message, notify, cid, Status::put_failed);
  std::optional<PvValue> value = read_plain(asked.type, asked.count, message.payload);
  if (!value) return finish_put(message, notify, cid, Status::bad_type);
  if (notify) ++*pending_puts_;
  // The message's bytes are gone when a later completion wants to repeat its header.
  auto kept = std::make_shared<Bytes>(message.raw_header.begin(), message.raw_header.end());
  database_.put(*channel->pv, {std::move(*value), notify,
                               [this, alive = std::weak_ptr(pending_puts_), notify, cid, header = asked,
                                kept](Status status) {
                                 if (alive.expired()) return;
                                 if (notify) --*pending_puts_;
                                 finish_put({header, *kept, {}}, notify, cid, status);
                               },
                               peer_});
}

void Circuit::finish_put(const Message& message, bool notify, std::uint32_t cid, Status status) {
  if (notify) {
    Header reply = message.header;
    reply.p1 = static_cast<std::uint32_t>(status);
    append_message(output_, reply, 0);
  } else if (status == Status::no_write_access) {
    send_error(cid, status, message, "T:RO");
  } else if (!good(status)) {
    send_error(cid, status, message, "put failed");
  }
}

// -- errors

void Circuit::send_error(std::uint32_t cid, Status status, const Message& message, std::string_view words) {
  const std::size_t header_size = message.raw_header.size();
  const std::size_t at = append_message(
      output_, {.command = Command::error, .p1 = cid, .p2 = static_cast<std::uint32_t>(status)},
      header_size + words.size() + 1);
  std::copy(message.raw_header.begin(), message.raw_header.end(),
            output_.begin() + static_cast<std::ptrdiff_t>(at));
  const View text = std::as_bytes(std::span(words));
  std::copy(text.begin(), text.end(), output_.begin() + static_cast<std::ptrdiff_t>(at + header_size));
}

// A request that no honest client sends: said, then the circuit closes.
void Circuit::offence(const Message& message, std::string_view words) {
  send_error(any_address, Status::internal, message, words);
  closing_ = true;
}

}  // namespace jt::ca
