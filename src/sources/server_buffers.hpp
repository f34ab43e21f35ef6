// Which buffers of the shared memory are whose: pure bookkeeping of the server, for shots and for
// transitions. Under `SharedMemoryServer`.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "formats/event.hpp"
#include "sources/monitor_protocol.hpp"

namespace jt::sources {

// The N buffers of shots. A buffer is free, or out: in a queue or in the hands of a client.
class EventBuffers {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit EventBuffers(unsigned count) : buffers_(count) {}

  [[nodiscard]] std::optional<std::int32_t> free_one() const;
  [[nodiscard]] unsigned out() const;
  // Goes out to a client's queue. In serial mode it may pass through others.
  void give(std::int32_t buffer, unsigned slot);
  // Comes back, or is taken from a queue. False when it was not out: nobody may return it.
  bool take_back(std::int32_t buffer);
  // All that are out to `slot` (distributed), or just all that are out; returns how many.
  unsigned recover(std::optional<unsigned> slot);
  // A client of a chain died: whatever is out may have been in its hands, or may come back from another
  // client. What has not come back `patience` later is recovered by recover_suspects().
  void suspect_all(Time until);
  unsigned recover_suspects(Time now);

 private:
  struct Buffer {
    bool out = false;
    unsigned slot = 0;
    std::optional<Time> suspect_until;
  };
  std::vector<Buffer> buffers_;
};

// The 18 buffers of transitions. One is in use while its transition is kept for late comers, or while a
// client has not answered it.
class TransitionBuffers {
 public:
  struct Kept {
    formats::Transition kind;
    unsigned buffer;  // 0..17
  };
  using Set = std::bitset<monitor::transition_buffers>;

  explicit TransitionBuffers(unsigned slots) : unanswered_(slots) {}

  [[nodiscard]] std::optional<unsigned> free_one() const;
  // The begin transitions that hold now, in their order: Map, Configure, BeginRun, BeginCalibCycle, Enable.
  [[nodiscard]] const std::vector<Kept>& kept() const { return kept_; }
  [[nodiscard]] bool enabled() const;
  // A begin transition is kept from now on; an end transition ends its partner and all that it contains.
  void note(formats::Transition kind, unsigned buffer);

  void sent_to(unsigned slot, unsigned buffer) { unanswered_[slot].set(buffer); }
  bool answered_by(unsigned slot, unsigned buffer);  // false when it was not asked
  void forget(unsigned slot) { unanswered_[slot].reset(); }
  [[nodiscard]] const Set& unanswered(unsigned slot) const { return unanswered_[slot]; }
  // Whether it holds an Enable, the present one or one of before.
  [[nodiscard]] bool holds_enable(unsigned slot) const { return (unanswered_[slot] & enables_).any(); }
  // The client that holds most buffers of transitions that are no longer kept.
  [[nodiscard]] std::optional<unsigned> worst_client() const;

 private:
  [[nodiscard]] Set kept_set() const;
  std::vector<Kept> kept_;
  std::vector<Set> unanswered_;  // by client slot
  Set enables_;                  // buffers whose content is (or last was) an Enable
};

// Begin transitions are even, their ends the odd number after them; unknown and Reset are neither.
bool begins(formats::Transition kind);
bool ends(formats::Transition kind);

}  // namespace jt::sources
