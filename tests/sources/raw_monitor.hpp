// Both ends of the DAQ's shared-memory protocol written out with plain system calls and byte offsets,
// independent of the code under test: what the protocol's description says, and nothing else.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "hand_made.hpp"

namespace jt::test {

using Sixteen = std::array<unsigned char, 16>;

// 16 bytes, little endian: index | N+18, Q, return queue, 0 | size | 0.
inline Sixteen sixteen(std::int32_t index, unsigned all_buffers, unsigned slots, unsigned return_queue,
                       std::uint32_t size) {
  const auto i = static_cast<std::uint32_t>(index);
  const auto byte = [](std::uint32_t word, int number) {
    return static_cast<unsigned char>(word >> (8 * number) & 0xff);
  };
  return {byte(i, 0),
          byte(i, 1),
          byte(i, 2),
          byte(i, 3),
          static_cast<unsigned char>(all_buffers),
          static_cast<unsigned char>(slots),
          static_cast<unsigned char>(return_queue),
          0,
          byte(size, 0),
          byte(size, 1),
          byte(size, 2),
          byte(size, 3),
          0,
          0,
          0,
          0};
}
inline std::int32_t index_of(const Sixteen& m) {
  return static_cast<std::int32_t>(m[0] | m[1] << 8 | m[2] << 16 | static_cast<std::uint32_t>(m[3]) << 24);
}

[[noreturn]] inline void broken(const std::string& what) {
  throw std::runtime_error(what + ": " + strerror(errno));
}

inline mqd_t raw_open(const std::string& name, int flags) {
  const mqd_t queue = mq_open(name.c_str(), flags | O_NONBLOCK);
  if (queue < 0) broken("mq_open " + name);
  return queue;
}
inline void raw_send(mqd_t queue, const Sixteen& message) {
  if (mq_send(queue, reinterpret_cast<const char*>(message.data()), 16, 0) != 0) broken("mq_send");
}
inline bool raw_receive(mqd_t queue, Sixteen& message) {
  return mq_receive(queue, reinterpret_cast<char*>(message.data()), 16, nullptr) == 16;
}
// What a name in the message-queue file system is: attributes and mode.
struct QueueFacts {
  long depth = 0, message_size = 0, waiting = 0;
  unsigned mode = 0;
};
inline QueueFacts facts_of(const std::string& name) {
  const mqd_t queue = raw_open(name, O_RDONLY);
  mq_attr attributes{};
  struct stat status {};
  mq_getattr(queue, &attributes);
  fstat(queue, &status);
  mq_close(queue);
  return {attributes.mq_maxmsg, attributes.mq_msgsize, attributes.mq_curmsgs, status.st_mode & 0777u};
}
inline bool queue_exists(const std::string& name) {
  const mqd_t queue = mq_open(name.c_str(), O_RDONLY | O_NONBLOCK);
  if (queue >= 0) mq_close(queue);
  return queue >= 0;
}
inline bool memory_exists(const std::string& tag) {
  return access(("/dev/shm/PdsMonitorSharedMemory_" + tag).c_str(), F_OK) == 0;
}

// A client that does what it is told, one step at a time.
class RawClient {
 public:
  explicit RawClient(std::string tag) : tag_(std::move(tag)) {}
  ~RawClient() { hang_up(); }
  RawClient(const RawClient&) = delete;

  // Takes the port from the discovery queue; 0 when there is none.
  int port() const {
    const mqd_t queue = raw_open("/PdsFromMonitorDiscovery_" + tag_, O_RDONLY);
    Sixteen message{};
    const bool got = raw_receive(queue, message);
    mq_close(queue);
    return got ? index_of(message) : 0;
  }
  void connect_to(int port) {
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) broken("connect");
  }
  // The next 16 bytes of the socket, if they are there: call after the server was attended to.
  bool hear(Sixteen& message) const { return recv(socket_, message.data(), 16, MSG_DONTWAIT) == 16; }
  [[nodiscard]] bool hung_up_on() const {
    char one = 0;
    return recv(socket_, &one, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  }
  void say(const Sixteen& message) const { say_bytes(message.data(), message.size()); }
  void say_bytes(const void* bytes, std::size_t size) const {
    if (send(socket_, bytes, size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) broken("send");
  }
  void hang_up() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

 private:
  std::string tag_;
  int socket_ = -1;
};

// A server that does what it is told: N buffers of S bytes, Q slots.
class RawServer {
 public:
  RawServer(std::string tag, unsigned buffers, unsigned slots, std::uint32_t size, bool distributed = false)
      : tag_(std::move(tag)), buffers_(buffers), slots_(slots), size_(size), distributed_(distributed) {
    const std::string memory = "/PdsMonitorSharedMemory_" + tag_;
    const std::size_t bytes = (std::size_t{buffers} + 18) * size;
    const int file = shm_open(memory.c_str(), O_CREAT | O_RDWR, 0666);
    if (file < 0 || ftruncate(file, static_cast<off_t>(bytes)) != 0) broken("shm_open");
    memory_ = static_cast<std::byte*>(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    close(file);
    discovery_ = make("/PdsFromMonitorDiscovery_" + tag_, 2);
    for (unsigned i = 0; i < slots; ++i) queues_.push_back(make(queue_name(i), buffers / slots));
    queues_.push_back(make(queue_name(slots), buffers));
    listen_ = socket(AF_INET, SOCK_STREAM, 0);
    for (int port = 32768; port < 65536; ++port) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (bind(listen_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
      port_ = port;
      break;
    }
    if (listen(listen_, 5) != 0) broken("listen");
    offer_port();
  }
  ~RawServer() {
    hang_up();
    close(listen_);
    for (const mqd_t queue : queues_) mq_close(queue);
    mq_close(discovery_);
    mq_unlink(("/PdsFromMonitorDiscovery_" + tag_).c_str());
    for (unsigned i = 0; i <= slots_; ++i) mq_unlink(queue_name(i).c_str());
    shm_unlink(("/PdsMonitorSharedMemory_" + tag_).c_str());
    munmap(memory_, (std::size_t{buffers_} + 18) * size_);
  }
  RawServer(const RawServer&) = delete;

  void offer_port() const { raw_send(discovery_, message(port_)); }
  void offer_bytes(const std::string& bytes) const { mq_send(discovery_, bytes.data(), bytes.size(), 0); }
  // Waits for a client, greets it (with `greeting` instead of the right one).
  void take_client(int slot = 0) { take_client_with(message(slot)); }
  void take_client_with(const Sixteen& greeting) {
    client_ = accept(listen_, nullptr, nullptr);
    if (client_ < 0) broken("accept");
    say(greeting);
  }
  void refuse_client() const { close(accept(listen_, nullptr, nullptr)); }
  void hang_up() {
    if (client_ >= 0) close(client_);
    client_ = -1;
  }
  void put(unsigned buffer, const ByteVector& bytes) { put_at(std::size_t{buffer} * size_, bytes); }
  void put_at(std::size_t offset, const ByteVector& bytes) {
    std::memcpy(memory_ + offset, bytes.data(), bytes.size());
  }
  // A transition in buffer N + number.
  void tell(unsigned number, const ByteVector& datagram) {
    put(buffers_ + number, datagram);
    say(message(static_cast<std::int32_t>(buffers_ + number)));
  }
  void say(const Sixteen& bytes) const {
    if (send(client_, bytes.data(), 16, MSG_NOSIGNAL) != 16) broken("send");
  }
  // The client's answer; waits for it.
  [[nodiscard]] Sixteen answer() const {
    Sixteen bytes{};
    if (recv(client_, bytes.data(), 16, MSG_WAITALL) != 16) broken("recv");
    return bytes;
  }
  void give(std::int32_t buffer, unsigned slot = 0) const { raw_send(queues_[slot], message(buffer)); }
  void give_bytes(const std::string& bytes, unsigned slot = 0) const {
    if (mq_send(queues_[slot], bytes.data(), bytes.size(), 0) != 0) broken("mq_send");
  }
  // What a client passed on into queue `number` (slots: back to us); -1 when nothing is there.
  [[nodiscard]] std::int32_t passed_on(unsigned number) const {
    Sixteen bytes{};
    return raw_receive(queues_[number], bytes) ? index_of(bytes) : -1;
  }
  [[nodiscard]] Sixteen message(std::int32_t index) const {
    return sixteen(index, buffers_ + 18, slots_, distributed_ ? slots_ : 0, size_);
  }
  [[nodiscard]] std::byte* memory(unsigned buffer) const { return memory_ + std::size_t{buffer} * size_; }

 private:
  std::string queue_name(unsigned i) const {
    return "/PdsToMonitorEvQueue_" + tag_ + "_" + std::to_string(i);
  }
  static mqd_t make(const std::string& name, long depth) {
    mq_attr attributes{};
    attributes.mq_maxmsg = depth;
    attributes.mq_msgsize = 16;
    const mqd_t queue = mq_open(name.c_str(), O_CREAT | O_RDWR | O_NONBLOCK, 0666, &attributes);
    if (queue < 0) broken("mq_open " + name);
    return queue;
  }
  std::string tag_;
  unsigned buffers_, slots_;
  std::uint32_t size_;
  bool distributed_;
  std::byte* memory_ = nullptr;
  mqd_t discovery_ = -1;
  std::vector<mqd_t> queues_;
  int listen_ = -1, client_ = -1, port_ = 0;
};

}  // namespace jt::test
