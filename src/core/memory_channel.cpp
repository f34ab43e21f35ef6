#include "core/memory_channel.hpp"

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <optional>
#include <thread>

#include "core/pv_convert.hpp"

namespace jt {
namespace {

using Callback = std::function<void()>;

struct Pv {
  PvSample sample;
  PvDetails details;
  MemoryPvs::PutHandler handler;
  bool connected = true, writable = true, hangs = false, holds = false;
  std::vector<PvValue> puts;
};

struct Client {
  std::string pv;
  ChannelEvents events;
};

struct Request {
  std::uint64_t client = 0;
  std::string pv;
  std::chrono::milliseconds deadline{};
  bool held = false;  // a put that arrived and waits for complete()
  std::function<void(ChannelOutcome, const Pv*)> finish;
};

// Something that happens in deliver(): made ready under the lock, its callback runs without it.
struct Task {
  std::uint64_t client = 0;  // dropped when this client is gone; 0: nobody's
  std::string pv;            // waits while this PV hangs; empty: never waits
  std::function<Callback()> prepare;
};

}  // namespace

struct MemoryPvs::World {
  mutable std::mutex mutex;
  std::condition_variable idle;
  std::map<std::string, Pv> pvs;
  std::map<std::uint64_t, Client> clients;
  std::map<std::uint64_t, Request> requests;
  std::deque<Task> tasks;
  std::chrono::milliseconds now{};
  std::uint64_t next_id = 1;
  std::uint64_t running = 0;  // the client whose callback runs
  std::thread::id runner;

  ChannelState state_of(const std::string& name) const;
  void tell_state(std::uint64_t client);
  void tell_sample(std::uint64_t client);
  void tell_all_states(const std::string& name);
  void tell_all_samples(const std::string& name);
  void finish(std::uint64_t request, ChannelOutcome outcome, bool at_once);
  std::uint64_t start(std::uint64_t client, const std::string& pv, Channel::Timeout timeout,
                      std::function<void(ChannelOutcome, const Pv*)> done);
  void arrive(std::uint64_t request, const std::string& name, const PvValue& value);
  Callback take_put(std::uint64_t request, const std::string& name, const PvValue& value);
  std::optional<Task> next_task();
};

class MemoryPvs::Link : public Channel {
 public:
  Link(std::shared_ptr<World> world, std::uint64_t id, std::string name)
      : world_(std::move(world)), id_(id), name_(std::move(name)) {}
  ~Link() override;

  const std::string& name() const override { return name_; }
  ChannelState state() const override {
    const std::lock_guard lock(world_->mutex);
    return world_->state_of(name_);
  }
  ChannelOutcome put(const PvValue& value) override;
  void put_and_complete(const PvValue& value, Timeout timeout, PutDone done) override;
  void get(Timeout timeout, GetDone done) override;
  void get_details(Timeout timeout, DetailsDone done) override;

 private:
  ChannelOutcome check_put(const PvValue& value) const;

  std::shared_ptr<World> world_;
  std::uint64_t id_;
  std::string name_;
};

// -- the world

ChannelState MemoryPvs::World::state_of(const std::string& name) const {
  const auto pv = pvs.find(name);
  ChannelState state;
  if (pv == pvs.end() || !pv->second.connected) return state;
  state.connected = state.readable = true;
  state.writable = pv->second.writable;
  state.type = pv->second.sample.value.type();
  state.count = pv->second.sample.value.count();
  return state;
}

void MemoryPvs::World::tell_state(std::uint64_t client) {
  const Client& it = clients.at(client);
  if (!it.events.on_state) return;
  tasks.push_back({client, {}, [this, client, state = state_of(it.pv)] {
                     return [tell = clients.at(client).events.on_state, state] { tell(state); };
                   }});
}

void MemoryPvs::World::tell_sample(std::uint64_t client) {
  const Client& it = clients.at(client);
  const auto pv = pvs.find(it.pv);
  if (!it.events.on_sample || pv == pvs.end() || !pv->second.connected) return;
  PvSample sample = pv->second.sample;
  if (it.events.sample_as) {
    std::optional<PvValue> value = convert(sample.value, *it.events.sample_as, pv->second.details);
    if (!value) return;
    sample.value = std::move(*value);
  }
  tasks.push_back({client, it.pv, [this, client, sample = std::move(sample)] {
                     return [tell = clients.at(client).events.on_sample, sample] { tell(sample); };
                   }});
}

void MemoryPvs::World::tell_all_states(const std::string& name) {
  for (const auto& [id, client] : clients)
    if (client.pv == name) tell_state(id);
}

void MemoryPvs::World::tell_all_samples(const std::string& name) {
  for (const auto& [id, client] : clients)
    if (client.pv == name) tell_sample(id);
}

std::uint64_t MemoryPvs::World::start(std::uint64_t client, const std::string& pv, Channel::Timeout timeout,
                                      std::function<void(ChannelOutcome, const Pv*)> done) {
  requests[next_id] = {client, pv, now + timeout, false, std::move(done)};
  return next_id++;
}

// The answer travels: it is lost when the request ended otherwise before it arrives.
void MemoryPvs::World::finish(std::uint64_t request, ChannelOutcome outcome, bool at_once) {
  const auto it = requests.find(request);
  if (it == requests.end()) return;
  tasks.push_back(
      {it->second.client, at_once ? std::string() : it->second.pv, [this, request, outcome]() -> Callback {
         const auto found = requests.find(request);
         if (found == requests.end()) return {};
         const auto pv = pvs.find(found->second.pv);
         // What the PV says now is copied here, under the lock.
         auto answer = std::make_shared<std::optional<Pv>>();
         if (pv != pvs.end()) *answer = pv->second;
         Callback call = [finish = found->second.finish, outcome, answer] {
           finish(outcome, answer->has_value() ? &**answer : nullptr);
         };
         requests.erase(found);
         return call;
       }});
}

// A put on its way to the server's side; request 0: nobody waits for it.
void MemoryPvs::World::arrive(std::uint64_t request, const std::string& name, const PvValue& value) {
  tasks.push_back({0, name, [this, request, name, value] { return take_put(request, name, value); }});
}

Callback MemoryPvs::World::take_put(std::uint64_t request, const std::string& name, const PvValue& value) {
  const auto it = pvs.find(name);
  if (it == pvs.end() || !it->second.connected) return {};  // lost on the way; the request ended with it
  Pv& pv = it->second;
  pv.puts.push_back(value);
  if (pv.holds && requests.count(request) != 0) requests[request].held = true;
  if (!pv.handler) {
    std::optional<PvValue> taken = convert(value, pv.sample.value.type(), pv.details);
    if (taken) {
      pv.sample.value = std::move(*taken);
      tell_all_samples(name);
    }
    if (!pv.holds || !taken) finish(request, taken ? ChannelOutcome::done : ChannelOutcome::refused, false);
    return {};
  }
  return [this, request, value, handler = pv.handler, holds = pv.holds] {
    const ChannelOutcome outcome = handler(value);
    const std::lock_guard lock(mutex);
    if (!holds || outcome != ChannelOutcome::done) finish(request, outcome, false);
  };
}

std::optional<Task> MemoryPvs::World::next_task() {
  const auto due = std::find_if(tasks.begin(), tasks.end(), [&](const Task& task) {
    const auto pv = pvs.find(task.pv);
    return pv == pvs.end() || !pv->second.hangs;
  });
  if (due == tasks.end()) return std::nullopt;
  Task task = std::move(*due);
  tasks.erase(due);
  return task;
}

// -- the side of the client

MemoryPvs::Link::~Link() {
  std::unique_lock lock(world_->mutex);
  assert(world_->running != id_ || world_->runner != std::this_thread::get_id());
  world_->clients.erase(id_);
  std::erase_if(world_->requests, [&](const auto& request) { return request.second.client == id_; });
  world_->idle.wait(lock, [&] { return world_->running != id_; });
}

ChannelOutcome MemoryPvs::Link::check_put(const PvValue& value) const {
  const ChannelState state = world_->state_of(name_);
  if (!state.connected) return ChannelOutcome::disconnected;
  if (!value.finite()) return ChannelOutcome::not_finite;
  return state.writable ? ChannelOutcome::done : ChannelOutcome::no_access;
}

ChannelOutcome MemoryPvs::Link::put(const PvValue& value) {
  const std::lock_guard lock(world_->mutex);
  const ChannelOutcome outcome = check_put(value);
  if (outcome == ChannelOutcome::done) world_->arrive(0, name_, value);
  return outcome;
}

void MemoryPvs::Link::put_and_complete(const PvValue& value, Timeout timeout, PutDone done) {
  const std::lock_guard lock(world_->mutex);
  const ChannelOutcome outcome = check_put(value);
  const std::uint64_t request = world_->start(
      id_, name_, timeout, [done = std::move(done)](ChannelOutcome end, const Pv*) { done(end); });
  if (outcome == ChannelOutcome::done)
    world_->arrive(request, name_, value);
  else
    world_->finish(request, outcome, true);
}

void MemoryPvs::Link::get(Timeout timeout, GetDone done) {
  const std::lock_guard lock(world_->mutex);
  const std::uint64_t request =
      world_->start(id_, name_, timeout, [done = std::move(done)](ChannelOutcome end, const Pv* pv) {
        done(end == ChannelOutcome::done ? GetResult{end, pv->sample} : GetResult{end, {}});
      });
  const bool connected = world_->state_of(name_).connected;
  world_->finish(request, connected ? ChannelOutcome::done : ChannelOutcome::disconnected, !connected);
}

void MemoryPvs::Link::get_details(Timeout timeout, DetailsDone done) {
  const std::lock_guard lock(world_->mutex);
  const std::uint64_t request =
      world_->start(id_, name_, timeout, [done = std::move(done)](ChannelOutcome end, const Pv* pv) {
        done(end == ChannelOutcome::done ? DetailsResult{end, pv->details} : DetailsResult{end, {}});
      });
  const bool connected = world_->state_of(name_).connected;
  world_->finish(request, connected ? ChannelOutcome::done : ChannelOutcome::disconnected, !connected);
}

// -- MemoryPvs

MemoryPvs::MemoryPvs() : world_(std::make_shared<World>()) {}
MemoryPvs::~MemoryPvs() = default;

std::unique_ptr<Channel> MemoryPvs::connect(std::string name, ChannelEvents events) {
  const std::lock_guard lock(world_->mutex);
  const std::uint64_t id = world_->next_id++;
  world_->clients[id] = {name, std::move(events)};
  if (world_->state_of(name).connected) {
    world_->tell_state(id);
    world_->tell_sample(id);
  }
  return std::make_unique<Link>(world_, id, std::move(name));
}

void MemoryPvs::define(const std::string& name, PvValue value, PvDetails details) {
  const std::lock_guard lock(world_->mutex);
  Pv& pv = world_->pvs[name];
  pv.sample.value = std::move(value);
  pv.details = std::move(details);
  world_->tell_all_states(name);
  world_->tell_all_samples(name);
}

void MemoryPvs::set(const std::string& name, PvValue value, Alarm alarm, PvTime time) {
  const std::lock_guard lock(world_->mutex);
  if (time == PvTime{}) {
    const auto ms = world_->now.count();
    time = {ms / 1000, static_cast<std::uint32_t>(ms % 1000 * 1000000)};
  }
  world_->pvs.at(name).sample = {std::move(value), alarm, time};
  world_->tell_all_samples(name);
}

void MemoryPvs::on_put(const std::string& name, PutHandler handler) {
  const std::lock_guard lock(world_->mutex);
  world_->pvs.at(name).handler = std::move(handler);
}

void MemoryPvs::hold_completions(const std::string& name, bool hold) {
  const std::lock_guard lock(world_->mutex);
  world_->pvs.at(name).holds = hold;
}

void MemoryPvs::complete(const std::string& name, ChannelOutcome outcome) {
  const std::lock_guard lock(world_->mutex);
  std::vector<std::uint64_t> held;
  for (const auto& [id, request] : world_->requests)
    if (request.held && request.pv == name) held.push_back(id);
  for (const std::uint64_t id : held) world_->finish(id, outcome, false);
}

void MemoryPvs::set_writable(const std::string& name, bool writable) {
  const std::lock_guard lock(world_->mutex);
  world_->pvs.at(name).writable = writable;
  world_->tell_all_states(name);
}

void MemoryPvs::disconnect(const std::string& name) {
  const std::lock_guard lock(world_->mutex);
  world_->pvs.at(name).connected = false;
  std::erase_if(world_->tasks, [&](const Task& task) { return task.pv == name; });  // lost on the way
  std::vector<std::uint64_t> lost;
  for (const auto& [id, request] : world_->requests)
    if (request.pv == name) lost.push_back(id);
  for (const std::uint64_t id : lost) world_->finish(id, ChannelOutcome::disconnected, true);
  world_->tell_all_states(name);
}

void MemoryPvs::reconnect(const std::string& name) {
  const std::lock_guard lock(world_->mutex);
  world_->pvs.at(name).connected = true;
  world_->tell_all_states(name);
  world_->tell_all_samples(name);
}

void MemoryPvs::hang(const std::string& name, bool hangs) {
  const std::lock_guard lock(world_->mutex);
  world_->pvs.at(name).hangs = hangs;
}

PvSample MemoryPvs::sample(const std::string& name) const {
  const std::lock_guard lock(world_->mutex);
  return world_->pvs.at(name).sample;
}

std::vector<PvValue> MemoryPvs::puts(const std::string& name) const {
  const std::lock_guard lock(world_->mutex);
  return world_->pvs.at(name).puts;
}

void MemoryPvs::advance(Channel::Timeout time) {
  const std::lock_guard lock(world_->mutex);
  world_->now += time;
  std::vector<std::uint64_t> late;
  for (const auto& [id, request] : world_->requests)
    if (request.deadline <= world_->now) late.push_back(id);
  for (const std::uint64_t id : late) world_->finish(id, ChannelOutcome::timed_out, true);
}

std::size_t MemoryPvs::deliver() {
  std::size_t ran = 0;
  std::unique_lock lock(world_->mutex);
  while (std::optional<Task> task = world_->next_task()) {
    if (task->client != 0 && world_->clients.count(task->client) == 0) continue;
    const Callback callback = task->prepare();
    if (!callback) continue;
    world_->running = task->client;
    world_->runner = std::this_thread::get_id();
    lock.unlock();
    callback();
    ++ran;
    lock.lock();
    world_->running = 0;
    world_->idle.notify_all();
  }
  return ran;
}

}  // namespace jt
