// The thread that runs the callbacks of channels, one at a time, in the order of their causes; and the clock
// that ends requests without an answer. Between libca's own threads and the users of `CaChannels`.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>

#include "core/channel.hpp"

namespace jt::epics {

// What one channel has to tell. Samples that wait may be merged into the newest, never the last one lost.
class Mailbox {
 public:
  explicit Mailbox(ChannelEvents events) : events_(std::move(events)) {}
  [[nodiscard]] const ChannelEvents& events() const { return events_; }

 private:
  friend class Callbacks;
  using Letter = std::variant<ChannelState, PvSample, std::function<void()>>;
  ChannelEvents events_;
  std::deque<Letter> letters_;
  std::size_t sample_bytes_ = 0;  // of those in letters_
  bool closed_ = false;
};
using SharedMailbox = std::shared_ptr<Mailbox>;

class Callbacks {
 public:
  using Clock = std::chrono::steady_clock;
  using RequestId = std::uint64_t;
  using Answer = std::variant<ChannelOutcome, GetResult, DetailsResult>;
  using Done = std::function<void(const Answer&)>;

  Callbacks();
  ~Callbacks();  // none runs after it

  // From any thread, never waiting for a callback.
  void tell(const SharedMailbox& box, ChannelState state);
  void tell(const SharedMailbox& box, PvSample sample);
  // A request's callback is remembered until the first of finish(), its deadline and close().
  RequestId expect(const SharedMailbox& box, Channel::Timeout timeout, Done done);
  void finish(RequestId id, Answer answer);
  void finish_all_of(const SharedMailbox& box, ChannelOutcome outcome);
  // A request that ends before it has begun.
  void refuse(const SharedMailbox& box, Done done, ChannelOutcome outcome);

  // Nothing of this mailbox runs any more; waits for what is running. Not from a callback.
  void close(const SharedMailbox& box);

 private:
  struct Request {
    SharedMailbox box;
    Done done;
    Clock::time_point deadline;
  };
  using Requests = std::map<RequestId, Request>;

  void run();
  Clock::time_point expire(Clock::time_point now);
  void run_next(std::unique_lock<std::mutex>& lock);
  void post(const SharedMailbox& box, Mailbox::Letter letter);
  void finish(Requests::iterator request, Answer answer);

  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::deque<SharedMailbox> ready_;  // one entry for each letter
  Requests requests_;
  RequestId next_id_ = 1;
  const Mailbox* running_ = nullptr;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace jt::epics
