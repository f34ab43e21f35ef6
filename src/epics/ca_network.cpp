#include "epics/ca_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/log.hpp"
#include "epics/dbr_values.hpp"

namespace jt::epics {
namespace {

// libca takes puts for a server that hangs until a few megabytes wait, and then waits itself. So after half
// of this much a channel asks for a sign of life, and without one sends no more than this.
constexpr std::size_t most_unanswered_bytes = 64 << 10;
constexpr std::size_t message_bytes = 24;  // what a put costs besides its value
constexpr unsigned priority = 0;
constexpr std::chrono::seconds longest_good_bye{2};
constexpr unsigned long as_many_as_there_are = 0;

ChannelOutcome outcome_of(int status) {
  switch (status) {
    case eca_normal:
      return ChannelOutcome::done;
    case eca_disconnected:
      return ChannelOutcome::disconnected;
    case eca_no_read_access:
    case eca_no_write_access:
      return ChannelOutcome::no_access;
    default:
      return ChannelOutcome::refused;
  }
}

Link& link_of(chid channel) { return *static_cast<Link*>(ca_puser(channel)); }

Callbacks::RequestId id_of(const event_handler_args& args) {
  return reinterpret_cast<Callbacks::RequestId>(args.usr);
}

ChannelState state_of(chid channel) {
  ChannelState state;
  const short type = ca_field_type(channel);
  state.connected = type >= 0 && type <= 6;
  if (!state.connected) return state;
  state.type = static_cast<PvType>(type);
  state.count = ca_element_count(channel);
  state.readable = ca_read_access(channel) != 0;
  state.writable = ca_write_access(channel) != 0;
  state.server = ca_host_name(channel);
  return state;
}

}  // namespace

void CaNetwork::start() {
  // The thread keeps what it works with, even when nobody else needs it any more.
  thread_ = std::thread([self = shared_from_this()] { self->run(); });
  const int status = started_.get_future().get();
  if (status == eca_normal) return;
  thread_.join();
  throw SetupError(fmt::format("Channel Access cannot be started: {}", ca_message(status)),
                   "the motor and all PVs are reached through it",
                   "Are EPICS_CA_ADDR_LIST and the other EPICS variables right?");
}

void CaNetwork::end() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake_.notify_one();
  const bool ended = end_.wait_for(lock, longest_good_bye, [&] { return ended_; });
  lock.unlock();
  if (ended)
    thread_.join();
  else
    thread_.detach();
}

// -- callers

SharedLink CaNetwork::open(std::string name, ChannelEvents events) {
  auto link = std::make_shared<Link>(*this, std::move(name), std::move(events));
  const std::lock_guard lock(mutex_);
  enqueue({.what = Command::What::create, .link = link});
  return link;
}

void CaNetwork::close(const SharedLink& link) {
  callbacks_.close(link->box);
  const std::lock_guard lock(mutex_);
  enqueue({.what = Command::What::clear, .link = link});
}

ChannelState CaNetwork::state(const Link& link) const {
  const std::lock_guard lock(mutex_);
  return link.state;
}

void CaNetwork::enqueue(Command command) {
  commands_.push_back(std::move(command));
  wake_.notify_one();
}

ChannelOutcome CaNetwork::may_put(const Link& link, const PvValue& value, std::vector<std::byte>& buffer) {
  if (!value.finite()) return ChannelOutcome::not_finite;
  if (!link.state.connected) return ChannelOutcome::disconnected;
  if (!link.state.writable) return ChannelOutcome::no_access;
  auto made = put_buffer(value);
  if (!made) return ChannelOutcome::refused;
  buffer = std::move(*made);
  return ChannelOutcome::done;
}

CaNetwork::Command* CaNetwork::last_command_of(const Link& link) {
  const auto last = std::find_if(commands_.rbegin(), commands_.rend(),
                                 [&](const Command& command) { return command.link.get() == &link; });
  return last == commands_.rend() ? nullptr : &*last;
}

ChannelOutcome CaNetwork::put(const SharedLink& link, const PvValue& value) {
  const std::lock_guard lock(mutex_);
  std::vector<std::byte> buffer;
  const ChannelOutcome outcome = may_put(*link, value, buffer);
  if (outcome != ChannelOutcome::done) return outcome;
  Command command{.what = Command::What::put,
                  .link = link,
                  .type = value.type(),
                  .count = value.count(),
                  .value = std::move(buffer),
                  .connection = link->connections};
  // In the place of an older one only when nothing else was asked of this channel in between.
  Command* last = last_command_of(*link);
  if (last != nullptr && last->what == Command::What::put && last->connection == command.connection)
    *last = std::move(command);
  else
    enqueue(std::move(command));
  return ChannelOutcome::done;
}

void CaNetwork::put_and_complete(const SharedLink& link, const PvValue& value, Channel::Timeout timeout,
                                 Channel::PutDone done) {
  Callbacks::Done answered = [done = std::move(done)](const Callbacks::Answer& answer) {
    done(std::get<ChannelOutcome>(answer));
  };
  const std::lock_guard lock(mutex_);
  std::vector<std::byte> buffer;
  const ChannelOutcome outcome = may_put(*link, value, buffer);
  if (outcome != ChannelOutcome::done) return callbacks_.refuse(link->box, std::move(answered), outcome);
  enqueue({.what = Command::What::put_and_complete,
           .link = link,
           .type = value.type(),
           .count = value.count(),
           .value = std::move(buffer),
           .id = callbacks_.expect(link->box, timeout, std::move(answered)),
           .connection = link->connections});
}

void CaNetwork::get(const SharedLink& link, Channel::Timeout timeout, Channel::GetDone done) {
  ask(Command::What::get, link, timeout, [done = std::move(done)](const Callbacks::Answer& answer) {
    const auto* result = std::get_if<GetResult>(&answer);
    done(result != nullptr ? *result : GetResult{std::get<ChannelOutcome>(answer), {}});
  });
}

void CaNetwork::get_details(const SharedLink& link, Channel::Timeout timeout, Channel::DetailsDone done) {
  ask(Command::What::details, link, timeout, [done = std::move(done)](const Callbacks::Answer& answer) {
    const auto* result = std::get_if<DetailsResult>(&answer);
    done(result != nullptr ? *result : DetailsResult{std::get<ChannelOutcome>(answer), {}});
  });
}

void CaNetwork::ask(Command::What what, const SharedLink& link, Channel::Timeout timeout,
                    Callbacks::Done done) {
  const std::lock_guard lock(mutex_);
  const ChannelState& state = link->state;
  if (!state.connected || !state.readable)
    return callbacks_.refuse(link->box, std::move(done),
                             state.connected ? ChannelOutcome::no_access : ChannelOutcome::disconnected);
  enqueue({.what = what,
           .link = link,
           .type = state.type,
           .id = callbacks_.expect(link->box, timeout, std::move(done)),
           .connection = link->connections});
}

// -- the network thread

void CaNetwork::run() {
  repeater_port_ = std::make_unique<RepeaterPort>();
  const int status = ca_context_create(1);
  if (status == eca_normal) ca_add_exception_event(&CaNetwork::on_exception, nullptr);
  started_.set_value(status);
  if (status != eca_normal) return;
  while (const std::optional<Command> command = next()) do_it(*command);
  // What waited for a server that hangs is given up, but libca forgets its channels while their links live.
  std::list<Command> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(commands_);
  }
  for (const Command& command : left)
    if (command.what == Command::What::clear && command.link->channel != nullptr)
      ca_clear_channel(command.link->channel);
  ca_context_destroy();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  end_.notify_all();
}

std::optional<CaNetwork::Command> CaNetwork::next() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (std::optional<Command> command = take_next()) return command;
    if (unflushed_) {
      unflushed_ = false;
      lock.unlock();
      ca_flush_io();
      lock.lock();
    } else if (stopping_) {
      return std::nullopt;  // what is left waits for a server that hangs
    } else {
      wake_.wait(lock);
    }
  }
}

// The oldest command that may be done now.
std::optional<CaNetwork::Command> CaNetwork::take_next() {
  std::vector<const Link*> held_back;
  for (auto it = commands_.begin(); it != commands_.end(); ++it) {
    if (must_wait(*it, held_back)) continue;
    Command command = std::move(*it);
    commands_.erase(it);
    return command;
  }
  return std::nullopt;
}

// Puts of a channel that gives no sign of life wait, and so does what was asked of it after them.
bool CaNetwork::must_wait(const Command& command, std::vector<const Link*>& held_back) {
  using What = Command::What;
  const Link& link = *command.link;
  if (command.what == What::answered || command.what == What::subscribe) return false;
  if (std::find(held_back.begin(), held_back.end(), &link) != held_back.end()) return true;
  const bool is_put = command.what == What::put || command.what == What::put_and_complete;
  const bool lost = !link.state.connected || command.connection != link.connections;
  if (!is_put || lost || !link.asked || link.unanswered < most_unanswered_bytes) return false;
  held_back.push_back(&link);
  return true;
}

void CaNetwork::do_it(const Command& command) {
  using What = Command::What;
  Link& link = *command.link;
  unflushed_ = true;
  switch (command.what) {
    case What::create:
      return create(link);
    case What::subscribe:
      return subscribe(link);
    case What::answered:
      return answered(link);
    case What::clear:
      if (link.channel != nullptr)
        ca_clear_channel(link.channel);  // libca's callbacks end, and wait for nothing
      link.channel = nullptr;
      return;
    case What::put:
    case What::put_and_complete:
    case What::get:
    case What::details:
      break;
  }
  const int status = is_current(command) ? request(command) : eca_disconnected;
  // libca does not call back for a request that it has not taken.
  if (status != eca_normal) callbacks_.finish(command.id, outcome_of(status));
}

bool CaNetwork::is_current(const Command& command) const {
  const std::lock_guard lock(mutex_);
  const Link& link = *command.link;
  return link.channel != nullptr && link.state.connected && command.connection == link.connections;
}

void CaNetwork::create(Link& link) {
  const int status =
      ca_create_channel(link.name.c_str(), &CaNetwork::on_connection, &link, priority, &link.channel);
  repeater_port_.reset();
  if (status == eca_normal) {
    ca_replace_access_rights_event(link.channel, &CaNetwork::on_access);
    return;
  }
  link.channel = nullptr;
  log::warning(fmt::format("PV '{}' cannot be looked for: {}", link.name, ca_message(status)));
}

long CaNetwork::base_type_of_samples(const Link& link) const {
  return static_cast<long>(link.box->events().sample_as.value_or(state(link).type));
}

// At each connection. libca renews a subscription by itself, unless the PV comes back with another type.
void CaNetwork::subscribe(Link& link) {
  link.asked = false;
  link.unanswered = 0;
  if (!link.box->events().on_sample || link.channel == nullptr) return;
  const long base = base_type_of_samples(link);
  if (link.subscription != nullptr && link.subscribed_type == base) return;
  if (link.subscription != nullptr) ca_clear_subscription(link.subscription);
  link.subscription = nullptr;
  link.subscribed_type = base;
  const int status =
      ca_create_subscription(dbr_time(base), as_many_as_there_are, link.channel, mask_value_and_alarm,
                             &CaNetwork::on_sample, nullptr, &link.subscription);
  if (status != eca_normal)
    log::warning(fmt::format("PV {} cannot be watched: {}", link.name, ca_message(status)));
}

void CaNetwork::answered(Link& link) {
  link.asked = false;
  link.unanswered -= std::min(link.unanswered, link.asked_after);
  if (link.channel != nullptr && link.unanswered >= most_unanswered_bytes / 2) ask_for_a_sign(link);
}

int CaNetwork::request(const Command& command) {
  using What = Command::What;
  Link& link = *command.link;
  void* const id = reinterpret_cast<void*>(command.id);
  const long base = static_cast<long>(command.type);
  if (command.what == What::details) return ask_for_details(link, command.type, id);
  if (command.what == What::get)
    return ca_array_get_callback(dbr_time(base), as_many_as_there_are, link.channel, &CaNetwork::on_value,
                                 id);
  const int status = command.what == What::put
                         ? ca_array_put(base, command.count, link.channel, command.value.data())
                         : ca_array_put_callback(base, command.count, link.channel, command.value.data(),
                                                 &CaNetwork::on_put_done, id);
  link.unanswered += command.value.size() + message_bytes;
  if (link.unanswered >= most_unanswered_bytes / 2) ask_for_a_sign(link);
  return status;
}

// A string has none: its value is asked for, so that the answer still shows a server that lives.
int CaNetwork::ask_for_details(const Link& link, PvType type, void* id) {
  const long numbers_or_choices =
      dbr_ctrl(static_cast<long>(type == PvType::choice ? PvType::choice : PvType::float64));
  return ca_array_get_callback(type == PvType::string ? dbr_time(0) : numbers_or_choices, 1, link.channel,
                               &CaNetwork::on_details, id);
}

// A get whose answer shows that the server reads what it is sent. A PV that may not be read gives none: its
// puts are not held back.
void CaNetwork::ask_for_a_sign(Link& link) {
  if (link.asked || ca_read_access(link.channel) == 0) return;
  link.asked_after = link.unanswered;
  const long as_string = dbr_time(static_cast<long>(PvType::string));  // what every PV can be read as
  link.asked = ca_array_get_callback(as_string, 1, link.channel, &CaNetwork::on_sign, nullptr) == eca_normal;
}

// -- libca's threads

void CaNetwork::on_connection(connection_handler_args args) {
  Link& link = link_of(args.channel);
  const bool up = args.op == op_connection_up;
  link.network.connection_changed(link, up ? state_of(args.channel) : ChannelState{});
}

void CaNetwork::connection_changed(Link& link, ChannelState state) {
  const bool connected = state.connected;
  {
    const std::lock_guard lock(mutex_);
    if (connected) ++link.connections;
    link.state = state;
    wake_.notify_one();
  }
  link.refusal_told = false;
  if (!connected) callbacks_.finish_all_of(link.box, ChannelOutcome::disconnected);
  callbacks_.tell(link.box, std::move(state));
  if (connected) later(link, Command::What::subscribe);
}

void CaNetwork::on_access(access_rights_handler_args args) {
  Link& link = link_of(args.channel);
  link.network.access_changed(link, args.rights.read_access != 0, args.rights.write_access != 0);
}

void CaNetwork::access_changed(Link& link, bool readable, bool writable) {
  ChannelState state;
  {
    const std::lock_guard lock(mutex_);
    if (!link.state.connected) return;  // comes before the connection, which asks for itself
    link.state.readable = readable;
    link.state.writable = writable;
    state = link.state;
  }
  callbacks_.tell(link.box, std::move(state));
}

// The link lives: libca calls back only until the channel is cleared by a command that holds it.
void CaNetwork::later(Link& link, Command::What what) {
  SharedLink shared = link.weak_from_this().lock();
  if (shared == nullptr) return;
  const std::lock_guard lock(mutex_);
  enqueue({.what = what, .link = std::move(shared)});
}

void CaNetwork::on_sample(event_handler_args args) {
  if (args.status != eca_normal) return;
  Link& link = link_of(args.channel);
  // A PV that came back with another type is first seen by the subscription of before.
  if (args.type != dbr_time(link.network.base_type_of_samples(link))) return;
  if (auto sample = read_time_sample(args.type, args.count, args.dbr))
    link.network.callbacks_.tell(link.box, std::move(*sample));
}

void CaNetwork::on_value(event_handler_args args) {
  GetResult result{outcome_of(args.status), {}};
  if (args.status == eca_normal) {
    auto sample = read_time_sample(args.type, args.count, args.dbr);
    if (sample)
      result.sample = std::move(*sample);
    else
      result.outcome = ChannelOutcome::refused;
  }
  link_of(args.channel).network.callbacks_.finish(id_of(args), std::move(result));
}

void CaNetwork::on_details(event_handler_args args) {
  DetailsResult result{outcome_of(args.status), {}};
  if (args.status == eca_normal)
    if (auto details = read_details(args.type, args.dbr)) result.details = std::move(*details);
  link_of(args.channel).network.callbacks_.finish(id_of(args), std::move(result));
}

void CaNetwork::on_put_done(event_handler_args args) {
  link_of(args.channel).network.callbacks_.finish(id_of(args), outcome_of(args.status));
}

void CaNetwork::on_sign(event_handler_args args) {
  if (args.status == eca_disconnected) return;  // the next connection begins anew
  Link& link = link_of(args.channel);
  link.network.later(link, Command::What::answered);
}

// What a plain put was answered with, and what libca has to tell at large.
void CaNetwork::on_exception(exception_handler_args args) {
  if (args.stat == eca_disconnected) return;  // told as the channel's state
  const std::string reason = ca_message(args.stat);
  if (args.channel == nullptr) return log::warning(fmt::format("Channel Access: {}", reason));
  Link& link = link_of(args.channel);
  if (link.refusal_told.exchange(true)) return;
  log::warning(fmt::format("PV {}: the server refused a put or a get: {}", link.name, reason));
}

}  // namespace jt::epics
