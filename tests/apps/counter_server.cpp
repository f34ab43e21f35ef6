#include "apps/counter_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace jt::test {

CounterServer::CounterServer(int status) : status_(status), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(socket_, 8) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no port on 127.0.0.1");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

CounterServer::~CounterServer() {
  ending_ = true;
  thread_.join();
  close(socket_);
}

std::string CounterServer::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/counters"; }

std::vector<std::string> CounterServer::posts() const {
  const std::lock_guard lock(mutex_);
  return posts_;
}

void CounterServer::serve() {
  while (!ending_) {
    pollfd waiting{socket_, POLLIN, 0};
    if (poll(&waiting, 1, 50) <= 0) continue;
    const int connection = accept(socket_, nullptr, nullptr);
    if (connection < 0) continue;
    answer(connection);
    close(connection);
  }
}

void CounterServer::answer(int connection) {
  std::string request;
  std::size_t wanted = std::string::npos;
  char buffer[4096];
  while (request.size() < wanted) {
    const ssize_t got = read(connection, buffer, sizeof buffer);
    if (got <= 0) return;
    request.append(buffer, static_cast<std::size_t>(got));
    const std::size_t head = request.find("\r\n\r\n");
    const std::size_t length = request.find("Content-Length: ");
    if (head != std::string::npos && length != std::string::npos)
      wanted = head + 4 + std::stoul(request.substr(length + 16));
  }
  {
    const std::lock_guard lock(mutex_);
    posts_.push_back(request.substr(request.find("\r\n\r\n") + 4));
  }
  const std::string reply =
      "HTTP/1.1 " + std::to_string(status_) + " x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  if (write(connection, reply.data(), reply.size()) < 0) return;
}

}  // namespace jt::test
