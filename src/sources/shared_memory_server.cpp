#include "sources/shared_memory_server.hpp"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "core/errors.hpp"
#include "sources/memory_map.hpp"
#include "sources/message_queue.hpp"
#include "sources/monitor_protocol.hpp"
#include "sources/server_buffers.hpp"
#include "sources/server_client.hpp"

namespace jt::sources {

using formats::Transition;
using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;
using Sent = SharedMemoryServer::Sent;

namespace {

constexpr auto patience_with_silent_clients =
    10s;                                    // that took a slot and never answered, when another one asks
constexpr auto patience_with_a_chain = 5s;  // for what a dead client of a chain may have held
constexpr auto port_taken_by_nobody = 2s;   // the port's message was read, and nobody connected

constexpr std::uint32_t page = 4096;

monitor::Layout checked_layout(const SharedMemoryServerOptions& options) {
  const auto wrong = [](std::string problem, std::string why, std::string suggestion) {
    return CallError(std::move(problem), std::move(why), std::move(suggestion));
  };
  constexpr unsigned most = monitor::most_buffers - monitor::transition_buffers;
  if (options.event_buffers < 1 || options.event_buffers > most)
    throw wrong(fmt::format("{} buffers cannot be served", options.event_buffers),
                fmt::format("the protocol has room for 1 to {}", most), "Take 8, as the DAQ does?");
  if (options.client_slots < 1 || options.client_slots > options.event_buffers)
    throw wrong(fmt::format("{} client slots cannot be had with {} buffers", options.client_slots,
                            options.event_buffers),
                "every client's queue needs room for at least one of them",
                "Take fewer slots or more buffers?");
  if (options.buffer_size < formats::xtc::datagram_header_size ||
      options.buffer_size > monitor::largest_buffer / page * page)
    throw wrong(fmt::format("a buffer of {} bytes cannot be served", options.buffer_size),
                "the protocol has room for 40 bytes to 256 MiB", "How large is the largest datagram?");
  return {.event_buffers = options.event_buffers,
          .slots = options.client_slots,
          .slot = 0,
          .distributed = options.distributed,
          .buffer_size = (options.buffer_size + page - 1) / page * page};
}

// Ends the program's start when somebody serves the tag; removes what nobody serves.
void free_what_was_left(const monitor::Names& names, const std::string& tag) {
  if (const auto other = who_serves(names.shared_memory))
    throw SetupError(fmt::format("the shared-memory tag '{}' is being served by {}", tag,
                                 other->pid != 0 ? fmt::format("process {}", other->pid) : "another process"),
                     "two servers would write into each other's buffers",
                     "Stop that one, or take another tag?");
  MemoryMap::remove(names.shared_memory);
  for (unsigned index = 0; index <= monitor::most_buffers; ++index) MessageQueue::remove(names.events(index));
  MessageQueue::remove(names.request);
  MessageQueue::remove(names.shuffle);
}

// A Map as the DAQ sends it before anything else: a header and nothing in it.
std::vector<std::byte> map_before(const formats::xtc::DatagramHeader& first,
                                  std::span<const std::byte> bytes) {
  std::vector<std::byte> map(bytes.begin(), bytes.begin() + formats::xtc::datagram_header_size);
  const std::uint32_t stamp_low = static_cast<std::uint32_t>(Transition::map) << 24 | first.ticks;
  const std::uint32_t env = 0, damage = 0, extent = formats::xtc::xtc_header_size;
  std::memcpy(map.data() + 8, &stamp_low, 4);
  std::memcpy(map.data() + 16, &env, 4);
  std::memcpy(map.data() + 20, &damage, 4);
  std::memcpy(map.data() + 36, &extent, 4);
  return map;
}

}  // namespace

struct SharedMemoryServer::State {
  explicit State(SharedMemoryServerOptions given);
  ~State();

  Sent send_transition(Transition kind, std::span<const std::byte> datagram);
  Sent send_shot(std::span<const std::byte> datagram);
  std::optional<std::int32_t> buffer_for_shot();
  bool give_to_client(std::int32_t buffer);
  std::optional<unsigned> buffer_for_transition();

  void look_after_clients();
  void take_connections(Time now);
  void take_in(FileDescriptor socket, Time now);
  std::optional<unsigned> slot_for_new_client(Time now);
  void offer_port(Time now);
  void hear_clients();
  void hear(unsigned slot);
  void let_go(unsigned slot, ServerCount why);
  void recover_from(unsigned slot);
  void catch_up(unsigned slot);
  void tell(unsigned slot, unsigned transition_buffer);

  void collect_returned();
  unsigned drain(MessageQueue& queue);
  std::optional<std::int32_t> steal();

  bool ready(unsigned slot) const;
  bool all_quiet() const;
  unsigned connected() const;
  void copy_into(unsigned buffer, std::span<const std::byte> datagram);

  SharedMemoryServerOptions options;
  monitor::Names names;
  monitor::Layout layout;
  ClientDoor door;
  std::optional<MemoryMap> memory;
  std::vector<MessageQueue> queues;  // 0..Q-1 to the clients, Q back to us
  std::optional<MessageQueue> discovery;
  Time port_offered{};

  std::vector<std::optional<ServerClient>> clients;  // by slot
  EventBuffers events;
  TransitionBuffers transitions;
  unsigned next_slot = 0;   // distributed: whose turn it is
  unsigned next_theft = 0;  // whose queue is robbed next
  ServerCounts counts;
};

SharedMemoryServer::SharedMemoryServer(SharedMemoryServerOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

SharedMemoryServer::~SharedMemoryServer() = default;

SharedMemoryServer::State::State(SharedMemoryServerOptions given)
    : options(std::move(given)),
      names(options.tag),
      layout(checked_layout(options)),
      clients(layout.slots),
      events(layout.event_buffers),
      transitions(layout.slots) {
  free_what_was_left(names, options.tag);
  memory = MemoryMap::create(names.shared_memory, layout.memory_size());
  try {
    for (unsigned slot = 0; slot < layout.slots; ++slot)
      queues.push_back(MessageQueue::create(names.events(slot), layout.queue_depth()));
    queues.push_back(MessageQueue::create(names.events(layout.slots), layout.event_buffers));
    // Clients of a dead server wait in its discovery queue: it goes on being used, so that they find us.
    discovery = MessageQueue::create_or_take_over(names.discovery, monitor::discovery_depth);
  } catch (...) {
    for (unsigned index = 0; index <= layout.slots; ++index) MessageQueue::remove(names.events(index));
    MemoryMap::remove(names.shared_memory);
    throw;
  }
  offer_port(std::chrono::steady_clock::now());
}

// Clients that wait for a port are woken with one that refuses them: the queue they wait in is about to go.
SharedMemoryServer::State::~State() {
  door.close();
  for (std::size_t waiting = discovery->waiting(); waiting < monitor::discovery_depth; ++waiting)
    if (!discovery->send(layout.message(door.port()))) break;
  MessageQueue::remove(names.discovery);
  for (unsigned index = 0; index <= layout.slots; ++index) MessageQueue::remove(names.events(index));
  MemoryMap::remove(names.shared_memory);
}

void SharedMemoryServer::attend(std::chrono::milliseconds wait) {
  State& state = *state_;
  state.look_after_clients();
  std::vector<pollfd> on = {{state.door.fd(), POLLIN, 0}, {state.queues.back().fd(), POLLIN, 0}};
  // In the queue of a slot without a client, what the client before it passes on has come back.
  for (unsigned slot = 0; slot < state.layout.slots; ++slot) {
    const auto& client = state.clients[slot];
    on.push_back({client ? client->socket.get() : state.queues[slot].fd(), POLLIN, 0});
  }
  if (poll(on.data(), on.size(), static_cast<int>(wait.count())) > 0) state.look_after_clients();
}

Sent SharedMemoryServer::send(std::span<const std::byte> datagram) {
  State& state = *state_;
  state.look_after_clients();
  const auto header = formats::xtc::read_header(datagram);
  const bool known =
      header && header->size() == datagram.size() &&
      (header->service == Transition::l1_accept || begins(header->service) || ends(header->service));
  if (!known) {
    state.counts.add(ServerCount::malformed);
    return Sent::malformed;
  }
  if (datagram.size() > state.layout.buffer_size) {
    state.counts.add(ServerCount::too_large);
    return Sent::too_large;
  }
  if (header->service == Transition::l1_accept) return state.send_shot(datagram);
  if (begins(header->service) && header->service != Transition::map && state.transitions.kept().empty()) {
    const Sent map = state.send_transition(Transition::map, map_before(*header, datagram));
    if (map != Sent::sent) return map;
  }
  return state.send_transition(header->service, datagram);
}

ServerStatus SharedMemoryServer::status() const {
  const State& state = *state_;
  ServerStatus status{.port = state.door.port(),
                      .clients = state.connected(),
                      .buffers_out = state.events.out(),
                      .counts = state.counts};
  for (unsigned slot = 0; slot < state.layout.slots; ++slot) {
    status.ready += state.ready(slot) ? 1 : 0;
    status.unanswered += state.transitions.unanswered(slot).any() ? 1 : 0;
    status.behind += state.clients[slot] && state.clients[slot]->behind ? 1 : 0;
  }
  return status;
}

// ---- sending

Sent SharedMemoryServer::State::send_transition(Transition kind, std::span<const std::byte> datagram) {
  if (options.lossless && !all_quiet()) return Sent::not_yet;
  const auto buffer = buffer_for_transition();
  if (!buffer) return Sent::not_yet;
  copy_into(layout.event_buffers + *buffer, datagram);
  if (begins(kind))
    for (unsigned slot = 0; slot < layout.slots; ++slot)
      if (clients[slot] && transitions.holds_enable(slot)) clients[slot]->behind = true;
  if (kind == Transition::enable)  // what still waits in the queues is of before
    for (unsigned slot = 0; slot < layout.slots; ++slot)
      counts.add(ServerCount::pulled_back, drain(queues[slot]));
  transitions.note(kind, *buffer);
  counts.add(ServerCount::transitions);
  for (unsigned slot = 0; slot < layout.slots; ++slot)
    if (clients[slot] && !clients[slot]->behind) tell(slot, *buffer);
  return Sent::sent;
}

// Clients that do not answer must not stop the DAQ: the one that holds most is let go.
std::optional<unsigned> SharedMemoryServer::State::buffer_for_transition() {
  for (;;) {
    const auto buffer = transitions.free_one();
    if (buffer || options.lossless) return buffer;
    const auto worst = transitions.worst_client();
    if (!worst) return std::nullopt;
    let_go(*worst, ServerCount::clients_let_go);
  }
}

Sent SharedMemoryServer::State::send_shot(std::span<const std::byte> datagram) {
  bool anyone = false;
  for (unsigned slot = 0; slot < layout.slots; ++slot) anyone = anyone || ready(slot);
  // In a chain, a shot that finds the next queue full passes that client by: no more are out than fit into
  // one.
  const bool chain_full = !layout.distributed && events.out() >= layout.queue_depth();
  if (options.lossless && (!anyone || chain_full)) return Sent::not_yet;
  if (!anyone) {
    counts.add(ServerCount::dropped_no_client);
    return Sent::dropped;
  }
  const auto buffer = buffer_for_shot();
  if (buffer) {
    copy_into(static_cast<unsigned>(*buffer), datagram);
    if (give_to_client(*buffer)) {
      counts.add(ServerCount::shots);
      return Sent::sent;
    }
  }
  if (options.lossless) return Sent::not_yet;
  counts.add(ServerCount::dropped_no_buffer);
  return Sent::dropped;
}

std::optional<std::int32_t> SharedMemoryServer::State::buffer_for_shot() {
  if (const auto free = events.free_one()) return free;
  return options.lossless ? std::nullopt : steal();
}

// Serial: into the first queue of a ready client that has room. Distributed: in turn.
bool SharedMemoryServer::State::give_to_client(std::int32_t buffer) {
  for (unsigned i = 0; i < layout.slots; ++i) {
    const unsigned slot = layout.distributed ? (next_slot + i) % layout.slots : i;
    if (!ready(slot) || !queues[slot].send(layout.message(buffer))) continue;
    events.give(buffer, slot);
    next_slot = (slot + 1) % layout.slots;
    return true;
  }
  return false;
}

void SharedMemoryServer::State::copy_into(unsigned buffer, std::span<const std::byte> datagram) {
  const std::size_t at = std::size_t{buffer} * layout.buffer_size;
  std::memcpy(memory->writable().data() + at, datagram.data(), datagram.size());
}

// ---- buffers that come back

void SharedMemoryServer::State::collect_returned() {
  drain(queues[layout.slots]);
  // A client passes its shots on to the next queue of the chain, whether anybody reads that or not.
  for (unsigned slot = 0; slot < layout.slots; ++slot)
    if (!clients[slot]) drain(queues[slot]);
  counts.add(ServerCount::recovered, events.recover_suspects(std::chrono::steady_clock::now()));
}

// Takes what is in a queue, but no more than it can hold at once: somebody may be filling it with garbage.
unsigned SharedMemoryServer::State::drain(MessageQueue& queue) {
  unsigned taken = 0;
  for (unsigned looked = 0; looked <= layout.event_buffers; ++looked) {
    monitor::Message message;
    const auto got = queue.receive(message);
    if (got == MessageQueue::Got::nothing) break;
    if (got == MessageQueue::Got::message && events.take_back(message.index))
      ++taken;
    else
      counts.add(ServerCount::bad_messages);
  }
  return taken;
}

std::optional<std::int32_t> SharedMemoryServer::State::steal() {
  for (unsigned i = 0; i < layout.slots; ++i) {
    const unsigned slot = (next_theft + i) % layout.slots;
    monitor::Message message;
    for (unsigned looked = 0; looked <= layout.event_buffers; ++looked) {
      const auto got = queues[slot].receive(message);
      if (got == MessageQueue::Got::nothing) break;
      if (got == MessageQueue::Got::message && events.take_back(message.index)) {
        counts.add(ServerCount::stolen);
        next_theft = (slot + 1) % layout.slots;
        return message.index;
      }
      counts.add(ServerCount::bad_messages);
    }
  }
  return std::nullopt;
}

// ---- clients

void SharedMemoryServer::State::look_after_clients() {
  const Time now = std::chrono::steady_clock::now();
  hear_clients();
  collect_returned();
  take_connections(now);
  if (discovery->waiting() == 0 && now - port_offered > port_taken_by_nobody) offer_port(now);
}

void SharedMemoryServer::State::offer_port(Time now) {
  port_offered = now;
  if (discovery->waiting() == 0) discovery->send(layout.message(door.port()));
}

void SharedMemoryServer::State::take_connections(Time now) {
  while (auto socket = door.accept()) {
    take_in(std::move(*socket), now);
    offer_port(now);
  }
}

void SharedMemoryServer::State::take_in(FileDescriptor socket, Time now) {
  const auto slot = slot_for_new_client(now);
  if (!slot) {
    counts.add(ServerCount::clients_refused);
    return;  // and the socket is closed: no free slot
  }
  drain(queues[*slot]);
  ServerClient& client = clients[*slot].emplace();
  client.socket = std::move(socket);
  client.since = now;
  counts.add(ServerCount::clients);
  if (!client.tell(layout.message(static_cast<std::int32_t>(*slot))))
    return let_go(*slot, ServerCount::clients_gone);
  catch_up(*slot);
}

// Whatever connects and says nothing gets a slot as well; it loses it when a client needs one.
std::optional<unsigned> SharedMemoryServer::State::slot_for_new_client(Time now) {
  for (unsigned slot = 0; slot < layout.slots; ++slot)
    if (!clients[slot]) return slot;
  for (unsigned slot = 0; slot < layout.slots; ++slot) {
    const bool asked = transitions.unanswered(slot).any();
    if (!asked || clients[slot]->ever_answered || now - clients[slot]->since < patience_with_silent_clients)
      continue;
    let_go(slot, ServerCount::clients_let_go);
    return slot;
  }
  return std::nullopt;
}

void SharedMemoryServer::State::catch_up(unsigned slot) {
  for (const auto& kept : std::vector(transitions.kept())) {
    tell(slot, kept.buffer);
    if (!clients[slot]) return;
  }
}

void SharedMemoryServer::State::tell(unsigned slot, unsigned transition_buffer) {
  transitions.sent_to(slot, transition_buffer);
  const auto index = static_cast<std::int32_t>(layout.event_buffers + transition_buffer);
  if (!clients[slot]->tell(layout.message(index))) let_go(slot, ServerCount::clients_gone);
}

void SharedMemoryServer::State::hear_clients() {
  for (unsigned slot = 0; slot < layout.slots; ++slot)
    if (clients[slot]) hear(slot);
}

void SharedMemoryServer::State::hear(unsigned slot) {
  constexpr int at_once = 64;  // a client that never stops talking does not stop us
  for (int looked = 0; looked < at_once && clients[slot]; ++looked) {
    monitor::Message message;
    const auto heard = clients[slot]->hear(message);
    if (heard == ServerClient::Heard::gone) return let_go(slot, ServerCount::clients_gone);
    if (heard == ServerClient::Heard::nothing) return;
    const std::int64_t buffer = std::int64_t{message.index} - layout.event_buffers;
    if (buffer < 0 || !transitions.answered_by(slot, static_cast<unsigned>(buffer))) {
      counts.add(ServerCount::bad_messages);
      continue;
    }
    clients[slot]->ever_answered = true;
    if (clients[slot]->behind && transitions.unanswered(slot).none()) {
      clients[slot]->behind = false;
      catch_up(slot);
    }
  }
}

void SharedMemoryServer::State::let_go(unsigned slot, ServerCount why) {
  clients[slot].reset();
  transitions.forget(slot);
  counts.add(why);
  recover_from(slot);
}

// First what it has still returned by itself, so that nothing of it arrives later.
void SharedMemoryServer::State::recover_from(unsigned slot) {
  collect_returned();
  if (layout.distributed) {
    counts.add(ServerCount::recovered, events.recover(slot));
  } else if (connected() == 0) {
    counts.add(ServerCount::recovered, events.recover(std::nullopt));
  } else {
    events.suspect_all(std::chrono::steady_clock::now() + patience_with_a_chain);
  }
}

bool SharedMemoryServer::State::ready(unsigned slot) const {
  return clients[slot] && !clients[slot]->behind && transitions.enabled() &&
         transitions.unanswered(slot).none();
}

bool SharedMemoryServer::State::all_quiet() const {
  if (events.out() != 0) return false;
  for (unsigned slot = 0; slot < layout.slots; ++slot)
    if (clients[slot] && transitions.unanswered(slot).any()) return false;
  return true;
}

unsigned SharedMemoryServer::State::connected() const {
  return static_cast<unsigned>(
      std::count_if(clients.begin(), clients.end(), [](const auto& c) { return c.has_value(); }));
}

// ---- words

namespace {

struct CountWords {
  std::string_view name, words;
};

constexpr std::array<CountWords, static_cast<std::size_t>(ServerCount::count_)> count_words = {{
    {"shots", "shots served"},
    {"transitions", "transitions served"},
    {"dropped_no_client", "shots while no client was ready"},
    {"dropped_no_buffer", "shots while clients held all buffers"},
    {"stolen", "shots taken back from a slow client's queue"},
    {"pulled_back", "shots still in a queue at Enable"},
    {"too_large", "datagrams larger than a buffer"},
    {"malformed", "datagrams that are none"},
    {"bad_messages", "messages from clients that are none of the protocol"},
    {"clients", "clients connected"},
    {"clients_refused", "clients refused, all slots taken"},
    {"clients_gone", "clients gone"},
    {"clients_let_go", "clients let go, they did not answer"},
    {"recovered", "buffers recovered from clients that went"},
}};

}  // namespace

std::string_view name(ServerCount count) { return count_words[static_cast<std::size_t>(count)].name; }
std::string_view in_words(ServerCount count) { return count_words[static_cast<std::size_t>(count)].words; }

}  // namespace jt::sources
