// Binding and connecting ZeroMQ sockets with sentences for what can go wrong.
// Under the stream and the command port.
#pragma once

#include <string_view>

#include <zmq.hpp>

#include "api/stream_socket.hpp"

namespace jt::api {

// Returns the port it got. Throws SetupError; `what` ("the shot stream") and the config's `key` are for it.
int bind_socket(zmq::socket_t& socket, const Endpoint& endpoint, std::string_view what, std::string_view key);
void connect_socket(zmq::socket_t& socket, const Endpoint& endpoint, std::string_view what,
                    std::string_view key);

}  // namespace jt::api
