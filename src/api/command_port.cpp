#include "api/command_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <zmq.hpp>

#include "api/socket_setup.hpp"
#include "core/errors.hpp"

namespace jt::api {
namespace {

constexpr std::int64_t most_reply_bytes = 4 << 20;
constexpr int look_again_ms = 100;

void require_loopback_or_keys(const Endpoint& endpoint, bool keys) {
  if (keys || is_loopback(endpoint.host)) return;
  throw SetupError(fmt::format("commands at {} need keys", endpoint.host),
                   "anybody on the network could give them otherwise",
                   "Make keys with 'jt ctl keygen --keys DIR' and set api_msg.keys?");
}

// All parts of one message; more parts than a message of ours has are thrown away.
std::vector<std::string> receive_parts(zmq::socket_t& socket) {
  std::vector<std::string> parts;
  zmq::message_t part;
  do {
    if (!socket.recv(part)) return {};
    if (parts.size() < 16) parts.push_back(part.to_string());
  } while (part.more());
  return parts;
}

std::string z85(const std::string& key) {
  std::array<char, 41> text{};
  if (key.size() != 32) return "";
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(key.data()), key.size());
  return text.data();
}

// Who may connect (ZeroMQ asks at this address, RFC 27): clients whose public key is on the list.
class Doorman {
 public:
  Doorman(zmq::context_t& context, std::vector<std::string> allowed)
      : socket_(context, zmq::socket_type::rep), allowed_(std::move(allowed)) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.bind("inproc://zeromq.zap.01");
  }
  zmq::socket_t& socket() { return socket_; }

  void answer() {
    const auto asked = receive_parts(socket_);
    const bool fits = asked.size() >= 7 && asked[5] == "CURVE";
    const bool known = fits && std::find(allowed_.begin(), allowed_.end(), z85(asked[6])) != allowed_.end();
    const std::array<std::string, 6> reply = {
        "1.0", asked.size() > 1 ? asked[1] : "", known ? "200" : "400", known ? "OK" : "unknown key", "", ""};
    for (std::size_t i = 0; i < reply.size(); ++i)
      socket_.send(zmq::buffer(reply[i]),
                   i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::dontwait);
  }

 private:
  zmq::socket_t socket_;
  std::vector<std::string> allowed_;
};

std::string peer_of(zmq::message_t& message) {
  try {
    const char* peer = message.gets("Peer-Address");
    return peer == nullptr ? "" : peer;
  } catch (const zmq::error_t&) {
    return "";
  }
}

}  // namespace

struct CommandServer::Parts {
  zmq::context_t context{1};
  std::optional<Doorman> doorman;
  zmq::socket_t socket{context, zmq::socket_type::rep};
  Receiver receiver = Receiver::live;
  Handler handler;
  int port = 0;
  std::atomic<bool> ended{false};
  std::atomic<std::uint64_t> answered{0}, refused{0};
  std::thread thread;

  Reply reply_to(zmq::message_t& message, bool alone) {
    ParsedCommand parsed = parse_command(message.to_string_view(), receiver);
    if (!alone) parsed = {std::nullopt, "it has several parts"};
    if (!parsed.command) {
      ++refused;
      return {false, fmt::format("this is no command: {}", parsed.problem), ""};
    }
    parsed.command->peer = peer_of(message);
    ++answered;
    return handler(*parsed.command);
  }

  void serve_one() {
    zmq::message_t message;
    if (!socket.recv(message, zmq::recv_flags::dontwait)) return;
    zmq::message_t rest;
    bool more = message.more();
    const bool alone = !more;
    while (more && socket.recv(rest)) more = rest.more();
    socket.send(zmq::buffer(to_text(reply_to(message, alone))), zmq::send_flags::dontwait);
  }

  void serve() {
    std::vector<zmq::pollitem_t> items = {{socket.handle(), 0, ZMQ_POLLIN, 0}};
    if (doorman) items.push_back({doorman->socket().handle(), 0, ZMQ_POLLIN, 0});
    while (!ended) {
      zmq::poll(items, std::chrono::milliseconds(look_again_ms));
      try {
        if ((items[0].revents & ZMQ_POLLIN) != 0) serve_one();
        if (doorman && (items[1].revents & ZMQ_POLLIN) != 0) doorman->answer();
      } catch (const zmq::error_t&) {  // a client that went away in the middle
      }
    }
  }
};

CommandServer::CommandServer(const Endpoint& endpoint, Receiver receiver,
                             const std::optional<ServerKeys>& keys, Handler handler)
    : parts_(std::make_unique<Parts>()) {
  require_loopback_or_keys(endpoint, keys.has_value());
  Parts& parts = *parts_;
  parts.receiver = receiver;
  parts.handler = std::move(handler);
  parts.socket.set(zmq::sockopt::linger, 200);
  parts.socket.set(zmq::sockopt::rcvhwm, 100);
  parts.socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(max_command_bytes));
  if (keys) {
    parts.doorman.emplace(parts.context, keys->clients);
    parts.socket.set(zmq::sockopt::curve_server, true);
    parts.socket.set(zmq::sockopt::curve_secretkey, keys->own.secret_key);
  }
  parts.port = bind_socket(parts.socket, endpoint, "the command port", "api_msg.port");
  parts.thread = std::thread([&parts] { parts.serve(); });
}

CommandServer::~CommandServer() {
  parts_->ended = true;
  if (parts_->thread.joinable()) parts_->thread.join();
}

int CommandServer::port() const { return parts_->port; }
CommandCounts CommandServer::counts() const { return {parts_->answered, parts_->refused}; }

std::optional<Reply> ask(const Endpoint& endpoint, const std::optional<ClientKeys>& keys,
                         const Command& command, std::chrono::milliseconds patience) {
  require_loopback_or_keys(endpoint, keys.has_value());
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::req};
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, most_reply_bytes);
  socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
  socket.set(zmq::sockopt::sndtimeo, static_cast<int>(patience.count()));
  if (keys) {
    socket.set(zmq::sockopt::curve_serverkey, keys->server_public);
    socket.set(zmq::sockopt::curve_publickey, keys->own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, keys->own.secret_key);
  }
  connect_socket(socket, endpoint, "the command port", "api_msg.host");
  if (!socket.send(zmq::buffer(to_text(command)), zmq::send_flags::none)) return std::nullopt;
  zmq::message_t answer;
  if (!socket.recv(answer)) return std::nullopt;
  return parse_reply(answer.to_string_view());
}

}  // namespace jt::api
