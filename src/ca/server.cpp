#include "ca/server.hpp"

#include <errno.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <condition_variable>
#include <map>
#include <mutex>

#include "ca/name_probe.hpp"
#include "ca/search.hpp"
#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::ca {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds longest_beacon_interval{15000};
constexpr milliseconds stale_check{100};
constexpr int datagrams_per_turn = 64;  // a flood of searches does not stop the rest
constexpr int accepts_per_turn = 64;    // nor does one of connections
constexpr int reads_to_the_end = 2;     // what a client sent before it left, and its end
constexpr std::size_t read_size = 64 << 10;

}  // namespace

struct Server::Client {
  Client(Descriptor s, Database& database, std::uint16_t port, std::string peer, const CircuitLimits& limits)
      : socket(std::move(s)), circuit(database, port, std::move(peer), limits) {}
  Descriptor socket;
  Circuit circuit;
  bool gone = false;
  bool writable = true;  // until a send would block
  std::uint64_t merged = 0;
};

struct Server::Mailbox {
  std::mutex mutex;
  std::vector<std::function<void(Database&)>> messages;
  std::map<std::string, SharedSample, std::less<>> latest;  // posts that may merge: the newest of each PV
  std::vector<std::pair<std::string, SharedSample>> all;    // posts that may not
  std::map<std::string, bool, std::less<>> never_merge;     // of each PV, known since start()
};

Server::Server(ServerSettings settings)
    : settings_(std::move(settings)), mailbox_(std::make_unique<Mailbox>()) {
  const std::optional<Address> address = parse_address(settings_.address, settings_.port);
  if (!address)
    throw CallError(fmt::format("'{}' is no address", settings_.address), "PVs are served on one interface",
                    "Give it as numbers, as 127.0.0.1?");
  address_ = *address;
  bind_sockets();
}

Server::~Server() { stop(); }

void Server::bind_sockets() {
  // On loopback a second server on the same port would silently take our searches: so that is refused.
  udp_.push_back(bind_udp(address_, !address_.loopback()));
  udp_port_ = bound_port(udp_.front());
  if (const auto broadcast = address_.loopback() ? std::nullopt : broadcast_of(address_.ip))
    udp_.push_back(bind_udp({*broadcast, udp_port_}, true));
  try {
    tcp_ = listen_tcp({address_.ip, udp_port_});
  } catch (const SetupError&) {  // taken: any other does, searches tell it
    tcp_ = listen_tcp({address_.ip, 0});
  }
  tcp_port_ = bound_port(tcp_);
  wake_ = Descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_) throw SetupError("no event descriptor", "needed to serve PVs", "Too many open files?");
}

void Server::every(milliseconds period, std::function<void(Clock::time_point)> tick) {
  assert(!thread_.joinable());
  ticks_.push_back({period, std::move(tick), Clock::now() + period});
}

void Server::start() {
  assert(!thread_.joinable());
  refuse_taken_names();
  for (const std::string& name : database_.names())
    mailbox_->never_merge[name] = database_.at(name).setup.never_merge;
  every(stale_check, [this](Clock::time_point now) { database_.mark_stale(now); });
  beacon_due_ = Clock::now();
  thread_ = std::thread([this] { run(); });
}

void Server::refuse_taken_names() {
  const std::vector<TakenName> taken =
      names_taken(database_.names(), settings_.search_first, address_.ip, settings_.search_for);
  if (taken.empty()) return;
  constexpr std::size_t shown = 5;
  std::vector<std::string> names;
  for (const TakenName& it : taken)
    if (names.size() < shown) names.push_back(fmt::format("{} (by {})", it.name, it.by));
  throw SetupError(fmt::format("{} PV name(s) are served already: {}", taken.size(), list_in_words(names)),
                   "two servers of one name answer at random", "Is this program, or the IOC, running twice?");
}

void Server::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
  thread_.join();
  clients_.clear();
  udp_.clear();
  tcp_ = Descriptor();
}

// -- what other threads may do

void Server::send(std::function<void(Database&)> message) {
  {
    const std::lock_guard lock(mailbox_->mutex);
    mailbox_->messages.push_back(std::move(message));
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void Server::call(const std::function<void(Database&)>& message) {
  assert(std::this_thread::get_id() != thread_.get_id());
  if (!thread_.joinable()) return message(database_);
  std::mutex mutex;
  std::condition_variable done;
  bool ran = false;
  send([&](Database& database) {
    message(database);
    const std::lock_guard lock(mutex);
    ran = true;
    done.notify_one();
  });
  std::unique_lock lock(mutex);
  done.wait(lock, [&] { return ran; });
}

void Server::post(std::string_view name, PvValue value, Alarm alarm, std::optional<PvTime> time) {
  auto sample =
      std::make_shared<const PvSample>(PvSample{std::move(value), alarm, time.value_or(wall_time())});
  {
    const std::lock_guard lock(mailbox_->mutex);
    const auto known = mailbox_->never_merge.find(name);
    if (known == mailbox_->never_merge.end()) return;
    if (known->second)
      mailbox_->all.emplace_back(name, std::move(sample));
    else
      mailbox_->latest.insert_or_assign(known->first, std::move(sample));
  }
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

ServerCounts Server::counts() const {
  return {counters_.clients, counters_.accepted, counters_.refused,
          counters_.let_go,  counters_.merged,   counters_.searches};
}

// -- the server's thread

void Server::run() {
  while (!stopping_) {
    wait_for_work(next_due());
    read_mail();
    const Clock::time_point now = Clock::now();
    run_ticks(now);
    send_beacons(now);
    flush_all();
    drop_closed();
  }
  read_mail();  // nobody waits in call() for ever
}

void Server::wait_for_work(Clock::time_point until) {
  std::vector<pollfd> ready = {{wake_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}};
  for (const Descriptor& socket : udp_) ready.push_back({socket.get(), POLLIN, 0});
  const std::size_t first_client = ready.size();
  for (const auto& client : clients_) {
    const int reads = client->circuit.overloaded() ? 0 : POLLIN;
    const int writes = client->circuit.unsent().empty() ? 0 : POLLOUT;
    ready.push_back({client->socket.get(), static_cast<short>(reads | writes), 0});
  }
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
  if (::poll(ready.data(), ready.size(), static_cast<int>(std::max<std::int64_t>(left, 0))) <= 0) return;
  for (std::size_t i = first_client; i < ready.size(); ++i) {
    Client& client = *clients_[i - first_client];
    if ((ready[i].revents & POLLOUT) != 0) client.writable = true;
    if (ready[i].revents != 0) serve(client, (ready[i].revents & ~POLLOUT) != 0);
  }
  for (std::size_t i = 0; i < udp_.size(); ++i)
    if (ready[2 + i].revents != 0) answer_searches(udp_[i]);
  if (ready[1].revents != 0) accept_clients();
  std::uint64_t count = 0;
  (void)!::read(wake_.get(), &count, sizeof count);
}

void Server::answer_searches(const Descriptor& socket) {
  std::array<std::byte, 4096> room;
  Address from;
  for (int i = 0; i < datagrams_per_turn; ++i) {
    const std::optional<std::size_t> size = receive_datagram(socket, room, from);
    if (!size) return;
    counters_.searches += 1;
    const Bytes reply = ca::answer_searches(View(room).first(*size), tcp_port_, [&](std::string_view name) {
      return database_.find(name) != nullptr;
    });
    if (!reply.empty()) send_datagram(udp_.front(), reply, from);
  }
}

void Server::accept_clients() {
  const auto full = [&] { return clients_.size() >= settings_.most_clients; };
  if (full()) notice_departures();
  const bool full_of_living = full();
  Address peer;
  for (int i = 0; i < accepts_per_turn; ++i) {
    if (full() && !full_of_living) return;  // the next turn looks who has left
    Descriptor socket = accept_client(tcp_, peer);
    if (!socket) return;
    if (full_of_living) {
      counters_.refused += 1;
      continue;  // closes it
    }
    counters_.accepted += 1;
    clients_.push_back(
        std::make_unique<Client>(std::move(socket), database_, tcp_port_, in_words(peer), settings_.circuit));
  }
}

// A client that came and went leaves its place to the next, however many wait.
void Server::notice_departures() {
  for (const auto& client : clients_)
    for (int i = 0; i < reads_to_the_end && !client->gone && !client->circuit.overloaded(); ++i)
      serve(*client, true);
  drop_closed();
}

void Server::serve(Client& client, bool readable) {
  thread_local std::vector<std::byte> room(read_size);
  if (!readable) return;
  const std::optional<std::size_t> size = receive_some(client.socket, room);
  if (!size)
    client.gone = true;
  else
    client.circuit.receive(View(room).first(*size));
}

void Server::flush(Client& client) {
  while (!client.gone && client.writable && !client.circuit.unsent().empty()) {
    const View unsent = client.circuit.unsent();
    const std::optional<std::size_t> sent = send_some(client.socket, unsent);
    if (!sent) {
      client.gone = true;
      return;
    }
    client.writable = *sent == unsent.size();
    client.circuit.sent(*sent);
  }
}

void Server::flush_all() {
  for (const auto& client : clients_) flush(*client);
}

void Server::drop_closed() {
  for (const auto& client : clients_) {
    counters_.merged += client->circuit.merged_samples() - client->merged;
    client->merged = client->circuit.merged_samples();
    if (client->circuit.closing() && !client->gone) {
      counters_.let_go += 1;
      client->gone = true;
    }
  }
  std::erase_if(clients_, [](const auto& client) { return client->gone; });
  counters_.clients = clients_.size();
}

void Server::read_mail() {
  std::vector<std::function<void(Database&)>> messages;
  std::map<std::string, SharedSample, std::less<>> latest;
  std::vector<std::pair<std::string, SharedSample>> all;
  {
    const std::lock_guard lock(mailbox_->mutex);
    messages.swap(mailbox_->messages);
    latest.swap(mailbox_->latest);
    all.swap(mailbox_->all);
  }
  for (auto& [name, sample] : all) database_.post(database_.at(name), std::move(sample));
  for (auto& [name, sample] : latest) database_.post(database_.at(name), std::move(sample));
  for (const auto& message : messages) message(database_);
}

void Server::run_ticks(Clock::time_point now) {
  for (Tick& tick : ticks_) {
    if (now < tick.due) continue;
    tick.due = std::max(tick.due + tick.period, now);  // after a pause: once, not once per missed period
    tick.run(now);
  }
}

void Server::send_beacons(Clock::time_point now) {
  if (settings_.beacons_to.empty() || now < beacon_due_) return;
  const Bytes datagram = beacon(tcp_port_, beacons_++);
  for (const Address& to : settings_.beacons_to) send_datagram(udp_.front(), datagram, to);
  beacon_due_ = now + beacon_interval_;
  beacon_interval_ = std::min(2 * beacon_interval_, longest_beacon_interval);
}

Server::Clock::time_point Server::next_due() const {
  Clock::time_point due = Clock::now() + milliseconds(1000);
  for (const Tick& tick : ticks_) due = std::min(due, tick.due);
  if (!settings_.beacons_to.empty()) due = std::min(due, beacon_due_);
  return due;
}

}  // namespace jt::ca
