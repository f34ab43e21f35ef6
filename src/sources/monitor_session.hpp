// One connection of a client to the DAQ's monitoring server: the socket, the memory, the queues of its slot.
// Under `SharedMemorySource`; lives on while a worker still holds one of its buffers.
#pragma once

#include <atomic>
#include <bitset>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sources/file_descriptor.hpp"
#include "sources/memory_map.hpp"
#include "sources/message_queue.hpp"
#include "sources/monitor_protocol.hpp"

namespace jt::sources {

class MonitorSession {
 public:
  // Connects to 127.0.0.1 without waiting for it. `number` is given on to the events.
  MonitorSession(std::uint16_t port, std::uint64_t number);

  // What the socket has for us.
  enum class Heard : std::uint8_t { nothing, message, garbage, gone };
  enum class Connected : std::uint8_t { not_yet, yes, refused };
  Connected connected();
  Heard hear(monitor::Message& message);
  // Sends the same 16 bytes back: a transition is done with. False when the server is gone.
  bool answer();

  // Maps the memory and opens the queues that the greeting names; a sentence of what is wrong otherwise.
  std::optional<std::string> attach(const monitor::Names& names, const monitor::Layout& layout);

  // The rest after attach().
  [[nodiscard]] const monitor::Layout& layout() const { return layout_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] int queue() const { return in_->fd(); }
  [[nodiscard]] std::span<const std::byte> buffer(std::int32_t index) const;
  MessageQueue::Got receive(monitor::Message& message) { return in_->receive(message); }

  // A buffer of events that the queue gave us is ours until pass_on(). False when we hold it already.
  bool take(std::int32_t buffer);
  // On to the next client of the chain or back to the server; from any thread. Returns whether it went: one
  // that found all queues full waits for pass_on_waiting().
  bool pass_on(std::int32_t buffer);
  void pass_on_waiting();
  [[nodiscard]] bool has_waiting() const { return waiting_count_ != 0; }
  [[nodiscard]] unsigned held() const { return held_; }

  // The server is gone: buffers are given back to nobody.
  void close() { open_ = false; }
  // Readable when a buffer was given back; for a reader that waits for one.
  [[nodiscard]] int given_back() const { return given_back_.get(); }
  void clear_given_back();

  std::atomic<std::uint64_t> changed_while_read{0}, nowhere_to_return{0};  // as LiveTrouble

 private:
  bool send_on(std::int32_t buffer);

  std::uint64_t number_;
  FileDescriptor socket_;
  monitor::MessageBytes heard_{};
  std::size_t heard_bytes_ = 0;
  bool refused_ = false;
  monitor::Layout layout_;
  std::optional<MemoryMap> memory_;
  std::optional<MessageQueue> in_;
  FileDescriptor given_back_;

  std::atomic<bool> open_{true};
  std::atomic<unsigned> held_{0};
  std::atomic<std::size_t> waiting_count_{0};
  std::mutex mutex_;               // of the following
  std::vector<MessageQueue> out_;  // in the order in which they are tried
  std::bitset<monitor::most_buffers> ours_;
  std::vector<std::int32_t> waiting_;  // found all queues full
};

}  // namespace jt::sources
