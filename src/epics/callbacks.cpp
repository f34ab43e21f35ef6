#include "epics/callbacks.hpp"

#include <cassert>
#include <type_traits>
#include <utility>

namespace jt::epics {
namespace {

// Samples of one channel that wait for a slow callback; a camera's picture alone is larger.
constexpr std::size_t most_waiting_bytes = 1 << 20;
constexpr std::chrono::hours nothing_due{1};

std::size_t bytes_of(const PvSample& sample) {
  return sizeof(PvSample) + sample.value.count() * element_size(sample.value.type());
}

}  // namespace

Callbacks::Callbacks() : thread_([this] { run(); }) {}

Callbacks::~Callbacks() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Callbacks::post(const SharedMailbox& box, Mailbox::Letter letter) {
  if (box->closed_) return;
  box->letters_.push_back(std::move(letter));
  ready_.push_back(box);
  wake_.notify_one();
}

void Callbacks::tell(const SharedMailbox& box, ChannelState state) {
  const std::lock_guard lock(mutex_);
  if (box->events_.on_state) post(box, std::move(state));
}

void Callbacks::tell(const SharedMailbox& box, PvSample sample) {
  const std::size_t bytes = bytes_of(sample);
  const std::lock_guard lock(mutex_);
  if (!box->events_.on_sample || box->closed_) return;
  PvSample* last = box->letters_.empty() ? nullptr : std::get_if<PvSample>(&box->letters_.back());
  if (last != nullptr && box->sample_bytes_ + bytes > most_waiting_bytes) {
    box->sample_bytes_ += bytes - bytes_of(*last);
    *last = std::move(sample);
    return;
  }
  box->sample_bytes_ += bytes;
  post(box, std::move(sample));
}

Callbacks::RequestId Callbacks::expect(const SharedMailbox& box, Channel::Timeout timeout, Done done) {
  const std::lock_guard lock(mutex_);
  const RequestId id = next_id_++;
  requests_.emplace(id, Request{box, std::move(done), Clock::now() + timeout});
  wake_.notify_one();
  return id;
}

void Callbacks::finish(Requests::iterator request, Answer answer) {
  Request ended = std::move(request->second);
  requests_.erase(request);
  post(ended.box, [done = std::move(ended.done), answer = std::move(answer)] { done(answer); });
}

void Callbacks::finish(RequestId id, Answer answer) {
  const std::lock_guard lock(mutex_);
  const auto request = requests_.find(id);
  if (request != requests_.end()) finish(request, std::move(answer));  // else it timed out before
}

void Callbacks::finish_all_of(const SharedMailbox& box, ChannelOutcome outcome) {
  const std::lock_guard lock(mutex_);
  for (auto it = requests_.begin(); it != requests_.end();) {
    const auto request = it++;
    if (request->second.box == box) finish(request, outcome);
  }
}

void Callbacks::refuse(const SharedMailbox& box, Done done, ChannelOutcome outcome) {
  const std::lock_guard lock(mutex_);
  post(box, [done = std::move(done), outcome] { done(outcome); });
}

void Callbacks::close(const SharedMailbox& box) {
  assert(std::this_thread::get_id() != thread_.get_id());
  std::deque<Mailbox::Letter> unread;  // what callbacks hold is released without the lock
  std::vector<Done> unasked;
  {
    std::unique_lock lock(mutex_);
    box->closed_ = true;
    unread.swap(box->letters_);
    for (auto it = requests_.begin(); it != requests_.end();) {
      const auto request = it++;
      if (request->second.box != box) continue;
      unasked.push_back(std::move(request->second.done));
      requests_.erase(request);
    }
    idle_.wait(lock, [&] { return running_ != box.get(); });
  }
}

// -- the thread

void Callbacks::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Clock::time_point due = expire(Clock::now());
    if (!ready_.empty())
      run_next(lock);
    else
      wake_.wait_until(lock, due, [&] {
        const Clock::time_point next = expire(Clock::now());  // may make something ready
        return stopping_ || !ready_.empty() || next < due;
      });
  }
}

// Ends what is overdue; when the next one is.
Callbacks::Clock::time_point Callbacks::expire(Clock::time_point now) {
  Clock::time_point next = now + nothing_due;
  for (auto it = requests_.begin(); it != requests_.end();) {
    const auto request = it++;
    if (request->second.deadline <= now)
      finish(request, ChannelOutcome::timed_out);
    else
      next = std::min(next, request->second.deadline);
  }
  return next;
}

void Callbacks::run_next(std::unique_lock<std::mutex>& lock) {
  const SharedMailbox box = std::move(ready_.front());
  ready_.pop_front();
  if (box->closed_ || box->letters_.empty()) return;
  {
    const Mailbox::Letter letter = std::move(box->letters_.front());
    box->letters_.pop_front();
    if (const auto* sample = std::get_if<PvSample>(&letter)) box->sample_bytes_ -= bytes_of(*sample);
    running_ = box.get();
    lock.unlock();
    std::visit(
        [&](const auto& what) {
          using What = std::decay_t<decltype(what)>;
          if constexpr (std::is_same_v<What, ChannelState>)
            box->events_.on_state(what);
          else if constexpr (std::is_same_v<What, PvSample>)
            box->events_.on_sample(what);
          else
            what();
        },
        letter);
  }  // what the letter held is released before anybody learns that it ran
  lock.lock();
  running_ = nullptr;
  idle_.notify_all();
}

}  // namespace jt::epics
