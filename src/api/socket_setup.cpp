#include "api/socket_setup.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string>

#include "core/errors.hpp"

namespace jt::api {
namespace {

std::string address(const Endpoint& endpoint) {
  return fmt::format("tcp://{}:{}", endpoint.host, endpoint.port == 0 ? "*" : std::to_string(endpoint.port));
}

}  // namespace

int bind_socket(zmq::socket_t& socket, const Endpoint& endpoint, std::string_view what,
                std::string_view key) {
  try {
    if (endpoint.host.find(':') != std::string::npos) socket.set(zmq::sockopt::ipv6, 1);
    socket.bind(address(endpoint));
  } catch (const zmq::error_t& error) {
    throw SetupError(fmt::format("{} cannot listen on {}: {}", what, address(endpoint), error.what()),
                     "others are to reach us there",
                     fmt::format("Is another jt running, or is {} wrong?", key));
  }
  const std::string bound = socket.get(zmq::sockopt::last_endpoint);
  const std::size_t colon = bound.rfind(':');
  int port = endpoint.port;
  if (colon != std::string::npos)
    std::from_chars(bound.data() + colon + 1, bound.data() + bound.size(), port);
  return port;
}

void connect_socket(zmq::socket_t& socket, const Endpoint& endpoint, std::string_view what,
                    std::string_view key) {
  try {
    if (endpoint.host.find(':') != std::string::npos) socket.set(zmq::sockopt::ipv6, 1);
    socket.connect(address(endpoint));
  } catch (const zmq::error_t& error) {
    throw SetupError(fmt::format("{} cannot be looked for at {}: {}", what, address(endpoint), error.what()),
                     "this is no address", fmt::format("Correct {}?", key));
  }
}

}  // namespace jt::api
