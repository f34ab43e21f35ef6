#include "ca/sockets.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

#include "core/errors.hpp"

namespace jt::ca {
namespace {

sockaddr_in system_address(const Address& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(address.port);
  to.sin_addr.s_addr = htonl(address.ip);
  return to;
}

Address our_address(const sockaddr_in& from) { return {ntohl(from.sin_addr.s_addr), ntohs(from.sin_port)}; }

Descriptor open_socket(int type) {
  Descriptor socket(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket)
    throw SetupError(fmt::format("no socket: {}", std::strerror(errno)), "needed to serve PVs",
                     "Too many open files?");
  return socket;
}

void set_option(const Descriptor& socket, int level, int option) {
  const int on = 1;
  (void)::setsockopt(socket.get(), level, option, &on, sizeof on);
}

void bind_or_throw(const Descriptor& socket, const Address& address, const char* what) {
  const sockaddr_in to = system_address(address);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return;
  throw SetupError(
      fmt::format("cannot bind {} address {}: {}", what, in_words(address), std::strerror(errno)),
      "PVs are served there", "Is another server running on this port, or is the address not of this host?");
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Descriptor::~Descriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string in_words(const Address& a) {
  return fmt::format("{}.{}.{}.{}:{}", a.ip >> 24, (a.ip >> 16) & 255, (a.ip >> 8) & 255, a.ip & 255, a.port);
}

std::optional<Address> parse_address(const std::string& words, std::uint16_t default_port) {
  Address address{0, default_port};
  const std::size_t colon = words.find(':');
  in_addr ip{};
  if (::inet_pton(AF_INET, words.substr(0, colon).c_str(), &ip) != 1) return std::nullopt;
  address.ip = ntohl(ip.s_addr);
  if (colon == std::string::npos) return address;
  const char* end = words.data() + words.size();
  const auto [stop, error] = std::from_chars(words.data() + colon + 1, end, address.port);
  if (error != std::errc() || stop != end) return std::nullopt;
  return address;
}

std::optional<std::uint32_t> broadcast_of(std::uint32_t ip) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return std::nullopt;
  std::optional<std::uint32_t> found;
  const auto ip_of = [](const sockaddr* address) {
    sockaddr_in copy{};
    std::memcpy(&copy, address, sizeof copy);
    return ntohl(copy.sin_addr.s_addr);
  };
  for (const ifaddrs* it = all; it != nullptr; it = it->ifa_next) {
    if (it->ifa_addr == nullptr || it->ifa_addr->sa_family != AF_INET) continue;
    if (ip_of(it->ifa_addr) != ip || (it->ifa_flags & IFF_BROADCAST) == 0 || it->ifa_broadaddr == nullptr)
      continue;
    found = ip_of(it->ifa_broadaddr);
  }
  ::freeifaddrs(all);
  return found;
}

Descriptor bind_udp(const Address& address, bool shared) {
  Descriptor socket = open_socket(SOCK_DGRAM);
  if (shared) set_option(socket, SOL_SOCKET, SO_REUSEADDR);
  set_option(socket, SOL_SOCKET, SO_BROADCAST);
  bind_or_throw(socket, address, "UDP");
  return socket;
}

Descriptor listen_tcp(const Address& address) {
  Descriptor socket = open_socket(SOCK_STREAM);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR);  // after a restart, connections of before may linger
  bind_or_throw(socket, address, "TCP");
  if (::listen(socket.get(), 64) != 0)
    throw SetupError(fmt::format("cannot listen on {}: {}", in_words(address), std::strerror(errno)),
                     "PVs are served there", "Is another server running on this port?");
  return socket;
}

std::uint16_t bound_port(const Descriptor& socket) {
  sockaddr_in own{};
  socklen_t size = sizeof own;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return 0;
  return ntohs(own.sin_port);
}

Descriptor accept_client(const Descriptor& listener, Address& peer) {
  sockaddr_in from{};
  socklen_t size = sizeof from;
  Descriptor socket(
      ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!socket) return socket;
  set_option(socket, IPPROTO_TCP, TCP_NODELAY);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE);
  peer = our_address(from);
  return socket;
}

std::optional<std::size_t> receive_some(const Descriptor& socket, std::span<std::byte> room) {
  const ssize_t got = ::recv(socket.get(), room.data(), room.size(), 0);
  if (got > 0) return static_cast<std::size_t>(got);
  if (got < 0 && would_block()) return 0;
  return std::nullopt;
}

std::optional<std::size_t> send_some(const Descriptor& socket, View bytes) {
  const ssize_t put = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (put >= 0) return static_cast<std::size_t>(put);
  if (would_block()) return 0;
  return std::nullopt;
}

std::optional<std::size_t> receive_datagram(const Descriptor& socket, std::span<std::byte> room,
                                            Address& from) {
  sockaddr_in sender{};
  socklen_t size = sizeof sender;
  const ssize_t got =
      ::recvfrom(socket.get(), room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&sender), &size);
  if (got < 0) return std::nullopt;
  from = our_address(sender);
  return static_cast<std::size_t>(got);
}

void send_datagram(const Descriptor& socket, View bytes, const Address& to) {
  const sockaddr_in system = system_address(to);
  (void)::sendto(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&system), sizeof system);
}

}  // namespace jt::ca
