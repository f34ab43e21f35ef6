#include "sources/message_queue.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <mqueue.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "core/errors.hpp"

namespace jt::sources {

namespace {

constexpr long largest_message = 65536;  // the system's limit is 8192; a queue of others may be anything
constexpr mode_t for_everybody = 0666;

int flags_for(MessageQueue::For use) {
  const int access = use == MessageQueue::For::receiving ? O_RDONLY
                     : use == MessageQueue::For::sending ? O_WRONLY
                                                         : O_RDWR;
  return access | O_NONBLOCK | O_CLOEXEC;
}

[[noreturn]] void cannot_create(const std::string& name, std::size_t depth) {
  const int error = errno;
  std::string suggestion = "Is another process of another user serving the same tag?";
  if (error == EINVAL)
    suggestion = fmt::format(
        "Are fewer buffers enough? The system allows /proc/sys/fs/mqueue/msg_max messages in a queue");
  if (error == EMFILE || error == ENOSPC)
    suggestion = "Are there many queues of dead servers (see 'ls /dev/mqueue' where it is mounted)?";
  throw SetupError(fmt::format("cannot make the message queue {} for {} messages", name, depth),
                   std::generic_category().message(error), suggestion);
}

}  // namespace

std::optional<MessageQueue> MessageQueue::open(const std::string& name, For use) {
  FileDescriptor fd(mq_open(name.c_str(), flags_for(use)));
  mq_attr attributes{};
  if (!fd || mq_getattr(fd.get(), &attributes) != 0) return std::nullopt;
  if (attributes.mq_msgsize < static_cast<long>(monitor::message_size) ||
      attributes.mq_msgsize > largest_message) {
    errno = EMSGSIZE;
    return std::nullopt;
  }
  return MessageQueue(std::move(fd), static_cast<std::size_t>(attributes.mq_msgsize));
}

MessageQueue MessageQueue::create(const std::string& name, std::size_t depth) {
  remove(name);
  mq_attr attributes{};
  attributes.mq_maxmsg = static_cast<long>(depth);
  attributes.mq_msgsize = static_cast<long>(monitor::message_size);
  FileDescriptor fd(
      mq_open(name.c_str(), flags_for(For::both) | O_CREAT | O_EXCL, for_everybody, &attributes));
  // The umask took the others' right to write, and is not ours to change.
  if (!fd || fchmod(fd.get(), for_everybody) != 0) cannot_create(name, depth);
  return {std::move(fd), monitor::message_size};
}

MessageQueue MessageQueue::create_or_take_over(const std::string& name, std::size_t depth) {
  std::optional<MessageQueue> there = open(name, For::both);
  mq_attr attributes{};
  if (!there || mq_getattr(there->fd(), &attributes) != 0 ||
      attributes.mq_msgsize != static_cast<long>(monitor::message_size))
    return create(name, depth);
  monitor::Message old;
  while (there->receive(old) != Got::nothing) {
  }
  return std::move(*there);
}

void MessageQueue::remove(const std::string& name) { mq_unlink(name.c_str()); }

MessageQueue::Got MessageQueue::receive(monitor::Message& into) {
  ssize_t got = 0;
  do {
    got = mq_receive(fd_.get(), reinterpret_cast<char*>(buffer_.data()), buffer_.size(), nullptr);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Got::nothing;
  const auto message = monitor::decode({buffer_.data(), static_cast<std::size_t>(got)});
  if (!message) return Got::garbage;
  into = *message;
  return Got::message;
}

bool MessageQueue::send(const monitor::Message& message) {
  const monitor::MessageBytes bytes = monitor::encode(message);
  int done = 0;
  do {
    done = mq_send(fd_.get(), reinterpret_cast<const char*>(bytes.data()), bytes.size(), 0);
  } while (done != 0 && errno == EINTR);
  return done == 0;
}

std::size_t MessageQueue::waiting() const {
  mq_attr attributes{};
  return mq_getattr(fd_.get(), &attributes) == 0 ? static_cast<std::size_t>(attributes.mq_curmsgs) : 0;
}

}  // namespace jt::sources
