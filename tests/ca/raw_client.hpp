// A client of a few lines on plain sockets, for what a proper client would never do.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "ca/protocol.hpp"

namespace jt::ca::test {

class RawSocket {
 public:
  RawSocket(int type, std::uint16_t port) : socket_(::socket(AF_INET, type, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~RawSocket() { ::close(socket_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(View bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // What comes within `wait_s`; empty: nothing came, or the end.
  Bytes receive(double wait_s = 20) const {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(wait_s * 1000)) <= 0) return {};
    Bytes room(1 << 20);
    const ssize_t got = ::recv(socket_, room.data(), room.size(), 0);
    room.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return room;
  }
  // Reads messages until one of this command comes; empty: it never did.
  Bytes until(Command command) {
    for (;;) {
      View rest = input_;
      Message message;
      while (take_message(rest, message) == Found::message) {
        if (message.header.command != command) continue;
        Bytes whole(message.raw_header.begin(), message.raw_header.end());
        whole.insert(whole.end(), message.payload.begin(), message.payload.end());
        input_.erase(input_.begin(), input_.end() - static_cast<std::ptrdiff_t>(rest.size()));
        return whole;
      }
      const Bytes more = receive();
      if (more.empty()) return {};
      input_.insert(input_.end(), more.begin(), more.end());
    }
  }

 private:
  int socket_;
  bool connected_ = false;
  Bytes input_;
};

inline Bytes create_channel(std::uint32_t id, const std::string& name) {
  Bytes out;
  append_message(out, {.command = Command::create_channel, .p1 = id, .p2 = minor_version},
                 std::as_bytes(std::span(name.c_str(), name.size() + 1)));
  return out;
}
inline Bytes subscribe(std::uint32_t sid, std::uint32_t id, std::uint16_t dbr) {
  Bytes payload(16);
  payload[13] = std::byte{5};  // the mask: value and alarm
  Bytes out;
  append_message(out, {.command = Command::event_add, .type = dbr, .count = 0, .p1 = sid, .p2 = id}, payload);
  return out;
}

}  // namespace jt::ca::test
