#include "sources/monitor_connector.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "sources/message_queue.hpp"

namespace jt::sources {

using namespace std::chrono_literals;

namespace {

constexpr auto look_every = 100ms;
constexpr auto after_refusal = 1s;  // as the DAQ's own client: the port is for others to have meanwhile
constexpr auto patience = 5s;       // with a server that takes the connection and says nothing

}  // namespace

std::shared_ptr<MonitorSession> MonitorConnector::step(Time now) {
  if (stage_ == Stage::seeking && now >= next_look_) seek(now);
  if (stage_ == Stage::connecting) await_connection(now);
  return stage_ == Stage::greeting ? await_greeting(now) : nullptr;
}

void MonitorConnector::try_again(Time when, std::string words, LiveState state) {
  stage_ = Stage::seeking;
  pending_.reset();
  next_look_ = when;
  words_ = std::move(words);
  state_ = state;
}

// The queue is opened anew each time: a restarted server may have made another one.
void MonitorConnector::seek(Time now) {
  auto discovery = MessageQueue::open(names_.discovery, MessageQueue::For::receiving);
  if (!discovery) {
    if (errno == ENOENT)
      return try_again(
          now + look_every,
          fmt::format("no server for the shared-memory tag '{}' on this machine yet. Is the DAQ's "
                      "monitoring server running here, and is this its tag?",
                      tag_));
    return try_again(now + after_refusal,
                     fmt::format("the queue {} is there and cannot be read. Does it belong to another user?",
                                 names_.discovery));
  }
  monitor::Message message;
  const auto got = discovery->receive(message);
  if (got == MessageQueue::Got::nothing) {
    // Between two clients the queue is empty for a moment: what was said before stays true until then.
    const bool first = words_.empty();
    next_look_ = now + look_every;
    if (first)
      try_again(next_look_,
                fmt::format("the server of the shared-memory tag '{}' offers no connection: it was "
                            "killed, or another client is just being served",
                            tag_));
    return;
  }
  if (got == MessageQueue::Got::garbage || message.index < 1 || message.index > 65535) {
    troubles_.add(LiveTrouble::bad_message);
    return try_again(now + look_every, fmt::format("the queue {} holds something that is no port of a server",
                                                   names_.discovery));
  }
  pending_ = std::make_shared<MonitorSession>(static_cast<std::uint16_t>(message.index), sessions_ + 1);
  stage_ = Stage::connecting;
  give_up_ = next_look_ = now + patience;
}

void MonitorConnector::await_connection(Time now) {
  const auto connected = pending_->connected();
  if (connected == MonitorSession::Connected::yes) {
    stage_ = Stage::greeting;
  } else if (connected == MonitorSession::Connected::refused || now >= give_up_) {
    try_again(
        now + after_refusal,
        fmt::format("the server of the shared-memory tag '{}' left its port behind and is gone: waiting for "
                    "the next one",
                    tag_));
  }
}

std::shared_ptr<MonitorSession> MonitorConnector::await_greeting(Time now) {
  monitor::Message message;
  const auto heard = pending_->hear(message);
  if (heard == MonitorSession::Heard::gone) {
    try_again(
        now + after_refusal,
        fmt::format("the server of the shared-memory tag '{}' has no free client slot. Is another monitor to "
                    "be closed?",
                    tag_),
        LiveState::no_free_slot);
    return nullptr;
  }
  if (heard == MonitorSession::Heard::nothing) {
    if (now >= give_up_)
      try_again(now + after_refusal,
                fmt::format("the server of the shared-memory tag '{}' does not answer", tag_));
    return nullptr;
  }
  const auto layout = monitor::layout_of(message);
  std::optional<std::string> wrong = "the server's first message cannot be one";
  if (layout) wrong = pending_->attach(names_, *layout);
  if (wrong) {
    troubles_.add(LiveTrouble::bad_greeting);
    try_again(now + after_refusal, std::move(*wrong));
    return nullptr;
  }
  ++sessions_;
  stage_ = Stage::seeking;
  next_look_ = now;
  words_.clear();
  return std::exchange(pending_, nullptr);
}

}  // namespace jt::sources
