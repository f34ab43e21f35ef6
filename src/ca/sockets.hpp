// The few socket calls that Channel Access needs, with errors as sentences and descriptors that close
// themselves. IPv4 only, as Channel Access is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ca/protocol.hpp"

namespace jt::ca {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  [[nodiscard]] int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

struct Address {
  std::uint32_t ip = 0x7F000001;  // host order; loopback
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
  [[nodiscard]] bool loopback() const { return (ip >> 24) == 127; }
};
std::string in_words(const Address& address);  // "127.0.0.1:5064"
// "a.b.c.d", "a.b.c.d:port"; nothing when it is none (host names are not looked up).
std::optional<Address> parse_address(const std::string& words, std::uint16_t default_port);

// The broadcast address of the interface that has this address, if there is one.
std::optional<std::uint32_t> broadcast_of(std::uint32_t ip);

// Non-blocking sockets. `shared`: others on this host may bind the same address (several servers that all get
// broadcasts). They throw SetupError when the address cannot be had.
Descriptor bind_udp(const Address& address, bool shared);
Descriptor listen_tcp(const Address& address);
std::uint16_t bound_port(const Descriptor& socket);
// A client that waits, with TCP_NODELAY and SO_KEEPALIVE; nothing when none waits.
Descriptor accept_client(const Descriptor& listener, Address& peer);

// Bytes received or sent; 0: would block; nothing: the connection is over.
std::optional<std::size_t> receive_some(const Descriptor& socket, std::span<std::byte> room);
std::optional<std::size_t> send_some(const Descriptor& socket, View bytes);

// A datagram into `room` (cut when longer); nothing when none waits.
std::optional<std::size_t> receive_datagram(const Descriptor& socket, std::span<std::byte> room,
                                            Address& from);
void send_datagram(const Descriptor& socket, View bytes, const Address& to);  // losses are normal

}  // namespace jt::ca
