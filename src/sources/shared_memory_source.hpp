// The DAQ's shared memory as a source of shots: one client slot, any number of threads, buffers borrowed.
// Stop 1 of the walk, live: a worker takes a shot, takes its numbers, gives the buffer back. The protocol's
// bytes are in monitor_protocol.hpp, the other end in shared_memory_server.hpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/counters.hpp"
#include "core/ids.hpp"
#include "sources/event_source.hpp"
#include "sources/monitor_protocol.hpp"

namespace jt::sources {

// Where the connection to the DAQ's server stands.
enum class LiveState : std::uint8_t {
  waiting_for_server,  // nobody serves this tag (looked for every 0.1 s), or it does not answer
  no_free_slot,        // the server is there and turned us away: too many clients (asked again every second)
  not_configured,      // connected, but there was no Configure yet: shots cannot be read
  between_runs,        // configured, not Enabled
  running,             // Enabled: shots come
  ended,               // stop() was called, or the transition of `end_on` came
};
std::string_view name(LiveState state);  // "waiting for server", ...

// What came from the server and was not used, by cause. Buffers are passed on in every case.
enum class LiveTrouble : std::uint8_t {
  bad_message,         // no message of the protocol, or an index that is no buffer
  bad_header,          // a buffer whose first bytes cannot be a datagram
  too_large,           // a datagram that says it is larger than its buffer
  wrong_kind,          // a transition among the shots, or a shot among the transitions
  no_configure,        // a shot before any Configure of this server
  not_enabled,         // a shot outside Enable .. Disable (normal at a transition: those overtake shots)
  changed_while_read,  // a buffer whose header was written to while a worker held it
  nowhere_to_return,   // all queues full: kept and tried again (counted once for each buffer)
  bad_greeting,        // the server's first message, its memory or its queues do not fit together
  count_,
};
std::string_view name(LiveTrouble trouble);
std::string_view in_words(LiveTrouble trouble);  // after a number of times, for people
using LiveCounts = CauseCounts<LiveTrouble>;

// A snapshot for `status` pages.
struct LiveStatus {
  LiveState state = LiveState::waiting_for_server;
  // For people, a sentence: what is waited for, or what is wrong and what to do. "the DAQ's server of tag
  // 'psana' came back without Configure (shots cannot be read without it). Configure the DAQ again?"
  std::string words;
  std::uint64_t sessions = 0;                          // connections made so far; the current one's number
  std::optional<formats::Transition> last_transition;  // of this session
  std::uint64_t shots = 0;                             // given out
  std::uint64_t transitions = 0;                       // given out
  // Shots that the DAQ made and gave to others (or to nobody): gaps in the event vector, or in the fiducials
  // where the vector stands still. Not a loss: a monitoring node sees its share.
  std::uint64_t not_ours = 0;
  std::uint64_t out_of_order = 0;  // shots that came after a later one (possible behind a serial client)
  unsigned held = 0;               // buffers that workers hold now
  std::optional<monitor::Layout> layout;  // of the current session
  LiveCounts troubles;
};

struct SharedMemoryOptions {
  std::string tag;  // "psana"
  std::optional<formats::Transition> end_on =
      {};  // ends after this transition; default: never, as live wants
  // next() gives out no further shot while so many are held. 0: all but one of the buffers, at least one.
  unsigned most_held = 0;
  // Told of every change of state, in words, from within next().
  std::function<void(std::string_view)> say = {};
};
// "psana", "psana.0" or psana's "psana.0:stop=no" (stop: no, none, endcalibcycle, endrun, unconfigure, unmap;
// without it: never). Throws CallError.
SharedMemoryOptions shared_memory_options(std::string_view place);

class MonitorSession;

// One shot or transition. A shot's bytes lie in the DAQ's buffer until it is given back or goes away; a
// transition's bytes are a copy of our own. May be moved to, and given back by, another thread.
class HeldEvent {
 public:
  HeldEvent(HeldEvent&&) noexcept = default;
  HeldEvent& operator=(HeldEvent&& other) noexcept;
  HeldEvent(const HeldEvent&) = delete;
  HeldEvent& operator=(const HeldEvent&) = delete;
  ~HeldEvent();

  [[nodiscard]] const RawEvent& raw() const { return raw_; }
  [[nodiscard]] const formats::xtc::DatagramHeader& header() const { return seen_.header; }
  [[nodiscard]] bool is_shot() const { return raw_.service == formats::Transition::l1_accept; }
  // Counts shots and transitions in the order in which they were given out, from 0; over all sessions.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  // Which connection it came by: a change means that everything known of the run is void (Map and Configure
  // come again).
  [[nodiscard]] std::uint64_t session() const { return session_number_; }

  // The buffer goes back to the DAQ, and raw() is empty from here on. False when the header was written to
  // while it was held: what was read of it is not to be trusted (it is counted).
  bool give_back();

 private:
  friend class SharedMemorySource;
  HeldEvent() = default;
  RawEvent raw_;
  monitor::InBuffer seen_;
  std::shared_ptr<const std::vector<std::byte>> copy_;  // of a transition
  std::shared_ptr<MonitorSession> session_;             // of a shot, until it is given back
  std::int32_t buffer_ = -1;
  std::uint64_t number_ = 0;
  std::uint64_t session_number_ = 0;
};

// The client. It connects by itself, waits for a server that is not there, and connects again when the server
// goes away: next() then simply has nothing for a while. All calls from any thread.
class SharedMemorySource {
 public:
  // Throws CallError for a tag that cannot be one. Does not connect yet.
  explicit SharedMemorySource(SharedMemoryOptions options);
  ~SharedMemorySource();
  SharedMemorySource(const SharedMemorySource&) = delete;
  SharedMemorySource& operator=(const SharedMemorySource&) = delete;

  // The next shot or transition; nothing when none came within `wait`, or it has ended. Several threads may
  // call it at once; each event is given to one of them. Transitions are given out in order, and no shot of
  // before a transition is given out after it, but other threads may still hold some.
  std::optional<HeldEvent> next(std::chrono::milliseconds wait);
  // Ends the connection and wakes every thread in next(). What is held may still be read and given back.
  void stop();
  [[nodiscard]] bool ended() const;
  [[nodiscard]] LiveStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The same behind EventSource, for one thread that reads one shot at a time: next() gives the last one back
// and waits for the next one, without an end until stop() or `end_on`.
class SharedMemoryEvents : public EventSource {
 public:
  explicit SharedMemoryEvents(SharedMemoryOptions options) : source_(std::move(options)) {}
  const RawEvent* next() override;
  [[nodiscard]] SharedMemorySource& source() { return source_; }

 private:
  SharedMemorySource source_;
  std::optional<HeldEvent> held_;
};

}  // namespace jt::sources
