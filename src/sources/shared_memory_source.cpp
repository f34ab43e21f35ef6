#include "sources/shared_memory_source.hpp"

#include <fmt/core.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "sources/live_words.hpp"
#include "sources/monitor_connector.hpp"
#include "sources/monitor_session.hpp"
#include "sources/shot_gaps.hpp"

namespace jt::sources {

using formats::Transition;
using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

// ---- what was given out

HeldEvent::~HeldEvent() { give_back(); }

HeldEvent& HeldEvent::operator=(HeldEvent&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  raw_ = std::move(other.raw_);
  seen_ = other.seen_;
  copy_ = std::move(other.copy_);
  session_ = std::move(other.session_);
  buffer_ = other.buffer_;
  number_ = other.number_;
  session_number_ = other.session_number_;
  return *this;
}

bool HeldEvent::give_back() {
  if (!session_) return true;
  const bool good = monitor::unchanged(seen_);
  if (!good) ++session_->changed_while_read;
  raw_.main.bytes = {};
  seen_.bytes = {};
  session_->pass_on(buffer_);
  session_.reset();
  return good;
}

// ---- the client

struct SharedMemorySource::State {
  explicit State(SharedMemoryOptions given)
      : options(std::move(given)),
        names(options.tag),
        connector(names, options.tag),
        stopped(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  // What next() waits for with poll(), outside of the lock; the session is kept so that its sockets stay.
  struct Wait {
    std::vector<pollfd> on;
    Time until;
    std::shared_ptr<MonitorSession> session;
  };

  std::optional<HeldEvent> step(Time now);
  Wait what_to_wait_for(Time now, Time deadline) const;
  std::string changed_words(Time now);

  void connect(Time now);
  void lose(Time now);
  std::optional<HeldEvent> hear(Time now);
  std::optional<HeldEvent> take_transition(const monitor::Message& message);
  void note_transition(Transition kind);
  std::optional<HeldEvent> take_from_queue(Time now);
  std::optional<HeldEvent> take_shot(const monitor::Message& message);
  bool too_many_held() const;
  LiveState state() const;
  std::string words() const;
  HeldEvent held_event(const monitor::InBuffer& seen);

  SharedMemoryOptions options;
  monitor::Names names;
  mutable std::mutex mutex;  // of all below
  MonitorConnector connector;
  std::shared_ptr<MonitorSession> session;
  std::optional<monitor::Message>
      stashed;  // a shot that came before we heard of Enable: heard once more first
  FileDescriptor stopped;
  bool ended = false;
  bool more = false;  // there may be more without waiting

  bool configured = false, enabled = false;
  bool configured_before = false;  // by an earlier server
  Time connected_at{};
  std::string said;

  LiveStatus counts;  // what is counted here; the rest is filled in by status()
  ShotGaps gaps;
  LiveCounts of_past_sessions;
};

SharedMemorySource::SharedMemorySource(SharedMemoryOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

SharedMemorySource::~SharedMemorySource() = default;

std::optional<HeldEvent> SharedMemorySource::next(std::chrono::milliseconds wait) {
  const Time deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    const Time now = std::chrono::steady_clock::now();
    std::optional<HeldEvent> event;
    std::string news;
    State::Wait pause;
    bool more = false;
    {
      const std::scoped_lock lock(state_->mutex);
      if (state_->ended) return std::nullopt;
      event = state_->step(now);
      news = state_->changed_words(now);
      more = state_->more;
      pause = state_->what_to_wait_for(now, deadline);
    }
    if (!news.empty() && state_->options.say) state_->options.say(news);
    if (event || now >= deadline) return event;
    if (more) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(pause.until - now).count();
    poll(pause.on.data(), pause.on.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
  }
}

void SharedMemorySource::stop() {
  const std::scoped_lock lock(state_->mutex);
  state_->ended = true;
  state_->session.reset();
  eventfd_write(state_->stopped.get(), 1);
}

bool SharedMemorySource::ended() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->ended;
}

LiveStatus SharedMemorySource::status() const {
  const std::scoped_lock lock(state_->mutex);
  LiveStatus status = state_->counts;
  status.state = state_->state();
  status.words = state_->words();
  status.not_ours = state_->gaps.not_ours();
  status.out_of_order = state_->gaps.out_of_order();
  status.troubles.add(state_->connector.troubles());
  status.troubles.add(state_->of_past_sessions);
  if (const auto& session = state_->session) {
    status.held = session->held();
    status.layout = session->layout();
    status.troubles.add(LiveTrouble::changed_while_read, session->changed_while_read);
    status.troubles.add(LiveTrouble::nowhere_to_return, session->nowhere_to_return);
  }
  return status;
}

// ---- one step, without waiting

std::optional<HeldEvent> SharedMemorySource::State::step(Time now) {
  more = false;
  if (!session) connect(now);
  if (!session) return std::nullopt;
  session->clear_given_back();
  session->pass_on_waiting();
  if (auto transition = hear(now)) return transition;
  return session ? take_from_queue(now) : std::nullopt;
}

void SharedMemorySource::State::connect(Time now) {
  session = connector.step(now);
  if (!session) return;
  connected_at = now;
  configured = enabled = false;
  counts.sessions = session->number();
  counts.last_transition.reset();
  gaps.restart();
}

void SharedMemorySource::State::lose(Time) {
  of_past_sessions.add(LiveTrouble::changed_while_read, session->changed_while_read);
  of_past_sessions.add(LiveTrouble::nowhere_to_return, session->nowhere_to_return);
  session->close();
  session.reset();
  stashed.reset();
  configured_before = configured_before || configured;
  configured = enabled = false;
  more = true;  // look for the next server at once
}

// Transitions come by the socket and overtake shots.
std::optional<HeldEvent> SharedMemorySource::State::hear(Time now) {
  monitor::Message message;
  switch (session->hear(message)) {
    case MonitorSession::Heard::gone:
      lose(now);
      return std::nullopt;
    case MonitorSession::Heard::message: {
      more = true;
      auto event = take_transition(message);
      if (!session->answer()) lose(now);
      return event;
    }
    default:
      return std::nullopt;
  }
}

std::optional<HeldEvent> SharedMemorySource::State::take_transition(const monitor::Message& message) {
  const auto& layout = session->layout();
  if (message.index < static_cast<std::int32_t>(layout.event_buffers) ||
      message.index >= static_cast<std::int32_t>(layout.buffers())) {
    counts.troubles.add(LiveTrouble::bad_message);
    return std::nullopt;
  }
  monitor::InBuffer seen = monitor::look_into(session->buffer(message.index));
  if (seen.bad) {
    counts.troubles.add(*seen.bad == monitor::BadBuffer::too_large ? LiveTrouble::too_large
                                                                   : LiveTrouble::bad_header);
    return std::nullopt;
  }
  if (seen.header.service == Transition::l1_accept) {
    counts.troubles.add(LiveTrouble::wrong_kind);
    return std::nullopt;
  }
  auto copy = std::make_shared<std::vector<std::byte>>(seen.bytes.begin(), seen.bytes.end());
  std::copy(seen.header_bytes.begin(), seen.header_bytes.end(),
            copy->begin());  // what was checked, for certain
  seen.bytes = *copy;
  HeldEvent event = held_event(seen);
  event.copy_ = std::move(copy);
  ++counts.transitions;
  note_transition(seen.header.service);
  return event;
}

void SharedMemorySource::State::note_transition(Transition kind) {
  counts.last_transition = kind;
  enabled = kind == Transition::enable;
  if (kind == Transition::configure) configured = true;
  if (kind == Transition::map || kind == Transition::unmap || kind == Transition::unconfigure)
    configured = false;
  if (kind == Transition::configure || kind == Transition::map) gaps.restart();
  gaps.pause();
  // The ends, from the innermost outwards: EndCalibCycle 9, EndRun 7, Unconfigure 5, Unmap 3. An outer end
  // than the one asked for ends as well.
  const auto rank = static_cast<unsigned>(kind);
  const bool is_end = rank % 2 == 1 && rank >= 3 && rank <= 9;
  if (options.end_on && is_end && rank <= static_cast<unsigned>(*options.end_on)) ended = true;
}

// A queue full of garbage must not hold us here: a few messages, then the caller looks at its clock.
std::optional<HeldEvent> SharedMemorySource::State::take_from_queue(Time) {
  constexpr int at_once = 16;
  for (int looked = 0; looked < at_once; ++looked) {
    if (too_many_held()) return std::nullopt;
    monitor::Message message;
    if (stashed) {
      message = *std::exchange(stashed, std::nullopt);
    } else {
      const auto got = session->receive(message);
      if (got == MessageQueue::Got::nothing) return std::nullopt;
      const bool bad = got == MessageQueue::Got::garbage || message.index < 0 ||
                       message.index >= static_cast<std::int32_t>(session->layout().event_buffers) ||
                       !session->take(message.index);
      if (bad) {
        counts.troubles.add(LiveTrouble::bad_message);
        continue;
      }
      if (!enabled) {
        // Enable was sent before this shot, on the other way: it may have arrived since we listened.
        stashed = message;
        more = true;
        return std::nullopt;
      }
    }
    if (auto shot = take_shot(message)) return shot;
  }
  more = true;
  return std::nullopt;
}

// Counts why it is not given out, and passes it on then.
std::optional<HeldEvent> SharedMemorySource::State::take_shot(const monitor::Message& message) {
  const auto refuse = [&](LiveTrouble cause) {
    counts.troubles.add(cause);
    session->pass_on(message.index);
    return std::nullopt;
  };
  if (!configured) return refuse(LiveTrouble::no_configure);
  if (!enabled) return refuse(LiveTrouble::not_enabled);
  const monitor::InBuffer seen = monitor::look_into(session->buffer(message.index));
  if (seen.bad)
    return refuse(*seen.bad == monitor::BadBuffer::too_large ? LiveTrouble::too_large
                                                             : LiveTrouble::bad_header);
  if (seen.header.service != Transition::l1_accept) return refuse(LiveTrouble::wrong_kind);
  gaps.add(seen.header.vector, seen.header.fiducial);
  ++counts.shots;
  HeldEvent event = held_event(seen);
  event.session_ = session;
  event.buffer_ = message.index;
  return event;
}

HeldEvent SharedMemorySource::State::held_event(const monitor::InBuffer& seen) {
  HeldEvent event;
  event.seen_ = seen;
  event.raw_.service = seen.header.service;
  event.raw_.main.bytes = seen.bytes;
  event.number_ = counts.shots + counts.transitions - (seen.header.service == Transition::l1_accept ? 1 : 0);
  event.session_number_ = session->number();
  return event;
}

bool SharedMemorySource::State::too_many_held() const {
  const unsigned all = session->layout().event_buffers;
  const unsigned most = options.most_held != 0 ? options.most_held : std::max(1u, all - 1);
  return session->held() - (stashed ? 1u : 0u) >= most;
}

// ---- where it stands

LiveState SharedMemorySource::State::state() const {
  if (ended) return LiveState::ended;
  if (!session) return connector.state();
  if (!configured) return LiveState::not_configured;
  return enabled ? LiveState::running : LiveState::between_runs;
}

std::string SharedMemorySource::State::words() const {
  if (!session && !ended) return connector.words();
  return live_words(state(), options.tag, counts.last_transition, configured_before);
}

// What there is to tell since the last time. A connection without Configure is told of after a while only:
// Configure normally follows at once.
std::string SharedMemorySource::State::changed_words(Time now) {
  constexpr auto normally_there = 2s;
  if (session && !configured && !enabled && now - connected_at < normally_there) return {};
  std::string now_said = words();
  if (now_said == said) return {};
  said = now_said;
  return now_said;
}

SharedMemorySource::State::Wait SharedMemorySource::State::what_to_wait_for(Time now, Time deadline) const {
  constexpr auto look_again = 100ms;  // at buffers that found all queues full; at what is to be said
  Wait wait{{{stopped.get(), POLLIN, 0}}, deadline, session ? session : connector.pending()};
  const auto readable = [&](int fd) { wait.on.push_back({fd, POLLIN, 0}); };
  if (!session) {
    wait.until = std::min(deadline, connector.next_look());
    if (wait.session)
      wait.on.push_back(
          {wait.session->socket(), static_cast<short>(connector.waits_to_write() ? POLLOUT : POLLIN), 0});
    return wait;
  }
  readable(session->socket());
  readable(too_many_held() ? session->given_back() : session->queue());
  if (session->has_waiting() || !configured) wait.until = std::min(deadline, now + look_again);
  return wait;
}

// ---- for one thread

const RawEvent* SharedMemoryEvents::next() {
  held_.reset();
  while (!held_ && !source_.ended()) held_ = source_.next(1s);
  return held_ ? &held_->raw() : nullptr;
}

}  // namespace jt::sources
