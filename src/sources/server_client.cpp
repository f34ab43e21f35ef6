#include "sources/server_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "core/errors.hpp"

namespace jt::sources {

ServerClient::Heard ServerClient::hear(monitor::Message& message) {
  const ssize_t got =
      recv(socket.get(), heard.data() + heard_bytes, heard.size() - heard_bytes, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return Heard::nothing;
  if (got <= 0) return Heard::gone;
  heard_bytes += static_cast<std::size_t>(got);
  if (heard_bytes < heard.size()) return Heard::nothing;
  heard_bytes = 0;
  message = *monitor::decode(heard);
  return Heard::message;
}

bool ServerClient::tell(const monitor::Message& message) {
  const monitor::MessageBytes bytes = monitor::encode(message);
  return send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(bytes.size());
}

ClientDoor::ClientDoor() {
  constexpr int waiting_room = 16;
  for (unsigned port = monitor::first_port; port <= 65535; ++port) {
    // Bound without SO_REUSEADDR: after a quick restart the next port is taken, and no old connection is
    // mixed up.
    FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!socket) break;
    if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(socket.get(), waiting_room) != 0)
      continue;
    socket_ = std::move(socket);
    port_ = static_cast<std::uint16_t>(port);
    return;
  }
  throw SetupError("no TCP port to take clients on",
                   std::generic_category().message(errno) + "; 127.0.0.1 was tried from 32768 up",
                   "Does this machine have a loopback interface?");
}

std::optional<FileDescriptor> ClientDoor::accept() {
  FileDescriptor client(accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!client) return std::nullopt;
  const int on = 1;
  setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return client;
}

}  // namespace jt::sources
