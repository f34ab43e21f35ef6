#include "sources/monitor_session.hpp"

#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cassert>
#include <cerrno>

namespace jt::sources {

MonitorSession::MonitorSession(std::uint16_t port, std::uint64_t number)
    : number_(number),
      socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      given_back_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  refused_ = connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
             errno != EINPROGRESS;
}

MonitorSession::Connected MonitorSession::connected() {
  if (refused_) return Connected::refused;
  pollfd look{socket_.get(), POLLOUT, 0};
  if (poll(&look, 1, 0) <= 0) return Connected::not_yet;
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? Connected::yes : Connected::refused;
}

MonitorSession::Heard MonitorSession::hear(monitor::Message& message) {
  if (heard_bytes_ == heard_.size()) heard_bytes_ = 0;  // the last one was answered, or needed no answer
  const ssize_t got = recv(socket_.get(), heard_.data() + heard_bytes_, heard_.size() - heard_bytes_, 0);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Heard::nothing;
  if (got <= 0) return Heard::gone;
  heard_bytes_ += static_cast<std::size_t>(got);
  if (heard_bytes_ < heard_.size()) return Heard::nothing;
  message = *monitor::decode(heard_);
  return Heard::message;
}

bool MonitorSession::answer() {
  return send(socket_.get(), heard_.data(), heard_.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(heard_.size());
}

std::optional<std::string> MonitorSession::attach(const monitor::Names& names,
                                                  const monitor::Layout& layout) {
  layout_ = layout;
  memory_ = MemoryMap::open_to_read(names.shared_memory, layout.memory_size());
  if (!memory_)
    return fmt::format(
        "the shared memory {} is not there, is not ours to read, or is smaller than the {} buffers "
        "of {} bytes that the server told of",
        names.shared_memory, layout.buffers(), layout.buffer_size);
  in_ = MessageQueue::open(names.events(layout.slot), MessageQueue::For::receiving);
  if (!in_) return fmt::format("the message queue {} cannot be opened", names.events(layout.slot));
  const unsigned first = layout.distributed ? layout.slots : layout.slot + 1;
  for (unsigned index = first; index <= layout.slots; ++index)
    if (auto queue = MessageQueue::open(names.events(index), MessageQueue::For::sending))
      out_.push_back(std::move(*queue));
    else if (index == layout.slots)
      return fmt::format("the message queue {} back to the server cannot be opened", names.events(index));
  return std::nullopt;
}

std::span<const std::byte> MonitorSession::buffer(std::int32_t index) const {
  assert(index >= 0 && static_cast<unsigned>(index) < layout_.buffers());
  return memory_->bytes().subspan(static_cast<std::size_t>(index) * layout_.buffer_size, layout_.buffer_size);
}

bool MonitorSession::take(std::int32_t buffer) {
  const std::scoped_lock lock(mutex_);
  const auto bit = static_cast<std::size_t>(buffer);
  if (ours_[bit]) return false;
  ours_[bit] = true;
  ++held_;
  return true;
}

bool MonitorSession::pass_on(std::int32_t buffer) {
  const std::scoped_lock lock(mutex_);
  assert(ours_[static_cast<std::size_t>(buffer)]);
  const bool went = !open_ || send_on(buffer);
  if (went) {
    ours_[static_cast<std::size_t>(buffer)] = false;
  } else {
    waiting_.push_back(buffer);
    waiting_count_ = waiting_.size();
    ++nowhere_to_return;
  }
  --held_;
  eventfd_write(given_back_.get(), 1);
  return went;
}

void MonitorSession::pass_on_waiting() {
  const std::scoped_lock lock(mutex_);
  std::erase_if(waiting_, [this](std::int32_t buffer) {
    const bool went = !open_ || send_on(buffer);
    if (went) ours_[static_cast<std::size_t>(buffer)] = false;
    return went;
  });
  waiting_count_ = waiting_.size();
}

bool MonitorSession::send_on(std::int32_t buffer) {
  const monitor::Message message = layout_.message(buffer);
  for (MessageQueue& queue : out_)
    if (queue.send(message)) return true;
  return false;
}

void MonitorSession::clear_given_back() {
  eventfd_t count = 0;
  eventfd_read(given_back_.get(), &count);
}

}  // namespace jt::sources
