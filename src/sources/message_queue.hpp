// A POSIX message queue of the monitoring protocol: 16-byte messages, never waited for.
// Below stop 1 of the walk: the shared-memory source and server talk through these.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sources/file_descriptor.hpp"
#include "sources/monitor_protocol.hpp"

namespace jt::sources {

class MessageQueue {
 public:
  enum class For : std::uint8_t { receiving, sending, both };
  // Nothing when it is not there, may not be opened, or holds messages of a size that is not ours (errno
  // tells).
  static std::optional<MessageQueue> open(const std::string& name, For use);
  // A new one, open to every user; what had the name is removed. Throws SetupError.
  static MessageQueue create(const std::string& name, std::size_t depth);
  // The same, but one that is there and fits stays, emptied: someone may be waiting in it.
  static MessageQueue create_or_take_over(const std::string& name, std::size_t depth);
  static void remove(const std::string& name);

  enum class Got : std::uint8_t { message, garbage, nothing };
  Got receive(monitor::Message& into);
  // False when it is full.
  bool send(const monitor::Message& message);
  [[nodiscard]] std::size_t waiting() const;          // messages in it
  [[nodiscard]] int fd() const { return fd_.get(); }  // for poll()

 private:
  MessageQueue(FileDescriptor fd, std::size_t message_size) : fd_(std::move(fd)), buffer_(message_size) {}
  FileDescriptor fd_;
  std::vector<std::byte> buffer_;
};

}  // namespace jt::sources
