#include "api/stream_socket.hpp"

#include <fmt/format.h>

#include <zmq.hpp>

#include "api/socket_setup.hpp"
#include "core/errors.hpp"

namespace jt::api {
namespace {

// A slow subscriber may fall behind by a minute of 120 Hz before it loses messages.
constexpr int most_queued = 8192;

}  // namespace

struct ShotPublisher::Parts {
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::xpub};
  int port = 0, readers = 0;
};

ShotPublisher::ShotPublisher(const Endpoint& endpoint) : parts_(std::make_unique<Parts>()) {
  parts_->socket.set(zmq::sockopt::linger, 2000);
  parts_->socket.set(zmq::sockopt::xpub_verboser, 1);
  parts_->socket.set(zmq::sockopt::sndhwm, most_queued);
  parts_->port = bind_socket(parts_->socket, endpoint, "the shot stream", "stream.host or api_msg.port");
}

ShotPublisher::~ShotPublisher() = default;

void ShotPublisher::send(const std::string& message) {
  readers();  // their comings and goings must not pile up
  parts_->socket.send(zmq::buffer(message), zmq::send_flags::dontwait);
}

int ShotPublisher::port() const { return parts_->port; }

// A subscription comes as a message that begins with 1, its end as one that begins with 0.
int ShotPublisher::readers() {
  zmq::message_t message;
  while (parts_->socket.recv(message, zmq::recv_flags::dontwait))
    if (message.size() > 0) parts_->readers += *message.data<char>() == 1 ? 1 : -1;
  return parts_->readers;
}

struct ShotSubscriber::Parts {
  zmq::context_t context{1};
  zmq::socket_t socket{context, zmq::socket_type::sub};
};

ShotSubscriber::ShotSubscriber(const Endpoint& endpoint) : parts_(std::make_unique<Parts>()) {
  parts_->socket.set(zmq::sockopt::linger, 0);
  parts_->socket.set(zmq::sockopt::rcvhwm, most_queued);
  parts_->socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(max_shot_bytes));
  parts_->socket.set(zmq::sockopt::subscribe, "");
  connect_socket(parts_->socket, endpoint, "the shot stream", "stream.host");
}

ShotSubscriber::~ShotSubscriber() = default;

void ShotSubscriber::count_gap(std::uint64_t seq) {
  if (last_seq_ && seq > *last_seq_ + 1) missed_ += seq - *last_seq_ - 1;
  last_seq_ = seq;
}

std::optional<ShotMessage> ShotSubscriber::receive(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  zmq::message_t message;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    parts_->socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (!parts_->socket.recv(message)) return std::nullopt;
    ParsedShot parsed = parse_shot(message.to_string_view());
    const bool alone = !message.more();
    while (message.more() && parts_->socket.recv(message)) {  // a part of ours is a whole message
    }
    if (parsed.message && alone) {
      count_gap(parsed.message->seq);
      return std::move(parsed.message);
    }
    ++malformed_;
  }
}

}  // namespace jt::api
