// The thread that runs callbacks, without any network.
#include "epics/callbacks.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace jt::epics {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// What one mailbox has told, in order, on the callbacks' own thread.
struct Told {
  std::vector<std::string> words;
  ChannelEvents events() {
    return {[this](const ChannelState& state) { words.emplace_back(state.connected ? "up" : "down"); },
            [this](const PvSample& sample) { words.push_back(sample.value.text()); },
            {}};
  }
};

ChannelState up() {
  ChannelState state;
  state.connected = true;
  return state;
}
PvSample sample(double number) { return {number, {}, {}}; }

// Holds the callbacks' thread until it is let go.
class Held {
 public:
  Held(Callbacks& callbacks, const SharedMailbox& box) {
    callbacks.refuse(
        box,
        [this, go = go_.get_future().share()](const Callbacks::Answer&) {
          there_.set_value();
          go.wait();
        },
        ChannelOutcome::done);
    there_.get_future().wait();
  }
  void let_go() { go_.set_value(); }

 private:
  std::promise<void> go_, there_;
};

// Everything told so far has run.
void settle(Callbacks& callbacks, const SharedMailbox& box) {
  Held(callbacks, box).let_go();
  callbacks.close(box);
}

TEST(Callbacks, run_in_the_order_of_their_causes) {
  Callbacks callbacks;
  Told told;
  const auto box = std::make_shared<Mailbox>(told.events());
  callbacks.tell(box, up());
  callbacks.tell(box, sample(1));
  const auto id =
      callbacks.expect(box, 60s, [&](const Callbacks::Answer&) { told.words.emplace_back("answer"); });
  callbacks.finish(id, ChannelOutcome::done);
  callbacks.tell(box, sample(2));
  callbacks.tell(box, ChannelState{});
  settle(callbacks, box);
  EXPECT_THAT(told.words, ElementsAre("up", "1", "answer", "2", "down"));
}

TEST(Callbacks, samples_that_wait_are_merged_into_the_newest) {
  Callbacks callbacks;
  Told told;
  const auto box = std::make_shared<Mailbox>(told.events());
  const auto other = std::make_shared<Mailbox>(ChannelEvents{});
  Held held(callbacks, other);
  const std::vector<double> large(100'000, 0.5);  // 0.8 MB: two do not fit in what may wait
  callbacks.tell(box, sample(1));
  for (int i = 0; i < 10; ++i) {
    std::vector<double> array = large;
    array.front() = i;
    callbacks.tell(box, {array, {}, {}});
  }
  callbacks.tell(box, up());
  callbacks.tell(box, sample(7));
  held.let_go();
  settle(callbacks, box);
  EXPECT_THAT(told.words, ElementsAre("1", "9", "up", "7"));
}

TEST(Callbacks, a_request_ends_by_its_answer_or_its_deadline_and_once) {
  Callbacks callbacks;
  const auto box = std::make_shared<Mailbox>(ChannelEvents{});
  std::promise<ChannelOutcome> late;
  std::vector<ChannelOutcome> ends;
  const auto note = [&](const Callbacks::Answer& answer) {
    ends.push_back(std::get<ChannelOutcome>(answer));
  };
  const auto answered = callbacks.expect(box, 600s, note);
  callbacks.finish(answered, ChannelOutcome::refused);
  callbacks.finish(answered, ChannelOutcome::done);
  const auto overdue = callbacks.expect(
      box, 1ms, [&](const Callbacks::Answer& answer) { late.set_value(std::get<ChannelOutcome>(answer)); });
  EXPECT_EQ(late.get_future().get(), ChannelOutcome::timed_out);
  callbacks.finish(overdue, ChannelOutcome::done);  // would throw: the promise is kept
  callbacks.expect(box, 600s, note);
  callbacks.expect(box, 600s, note);
  callbacks.finish_all_of(box, ChannelOutcome::disconnected);
  settle(callbacks, box);
  EXPECT_THAT(
      ends, ElementsAre(ChannelOutcome::refused, ChannelOutcome::disconnected, ChannelOutcome::disconnected));
}

TEST(Callbacks, a_deadline_set_later_may_come_first) {
  Callbacks callbacks;
  const auto box = std::make_shared<Mailbox>(ChannelEvents{});
  std::promise<void> first;
  callbacks.expect(box, 600s, [](const Callbacks::Answer&) {});
  std::this_thread::yield();
  callbacks.expect(box, 1ms, [&](const Callbacks::Answer&) { first.set_value(); });
  EXPECT_EQ(first.get_future().wait_for(60s), std::future_status::ready);
  callbacks.close(box);
}

TEST(Callbacks, closing_waits_for_the_one_that_runs_and_lets_none_after_it) {
  Callbacks callbacks;
  std::atomic<int> running = 0, ran = 0;
  for (int round = 0; round < 200; ++round) {
    ChannelEvents events;
    events.on_sample = [&](const PvSample&) {
      ++running;
      std::this_thread::yield();
      ++ran;
      --running;
    };
    const auto box = std::make_shared<Mailbox>(std::move(events));
    std::thread teller([&] {
      for (int i = 0; i < 50; ++i) callbacks.tell(box, sample(i));
    });
    callbacks.expect(box, 600s, [&](const Callbacks::Answer&) { ++ran; });
    callbacks.close(box);
    const int ran_before = ran;
    EXPECT_EQ(running, 0);
    teller.join();
    callbacks.tell(box, sample(1));
    EXPECT_EQ(ran, ran_before);
  }
}

TEST(Callbacks, what_a_request_held_is_released_when_its_mailbox_closes) {
  Callbacks callbacks;
  const auto box = std::make_shared<Mailbox>(ChannelEvents{});
  auto owned = std::make_shared<int>(1);
  callbacks.expect(box, 600s, [owned](const Callbacks::Answer&) {});
  EXPECT_EQ(owned.use_count(), 2);
  callbacks.close(box);
  EXPECT_EQ(owned.use_count(), 1);
}

}  // namespace
}  // namespace jt::epics
