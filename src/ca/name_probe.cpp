#include "ca/name_probe.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <map>

#include "ca/search.hpp"

namespace jt::ca {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int rounds = 3;  // datagrams get lost

void ask(const Descriptor& socket, const std::vector<std::string>& names, const std::vector<Address>& where) {
  for (std::size_t next = 0; next < names.size();) {
    const Bytes datagram = search_datagram(names, next);
    for (const Address& to : where) send_datagram(socket, datagram, to);
  }
}

void listen(const Descriptor& socket, Clock::time_point until,
            std::map<std::uint32_t, std::string>& answers) {
  std::array<std::byte, 2048> room;
  for (auto left = until - Clock::now(); left.count() > 0; left = until - Clock::now()) {
    pollfd ready{socket.get(), POLLIN, 0};
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1;
    if (::poll(&ready, 1, static_cast<int>(ms)) <= 0) continue;
    Address from;
    while (const auto size = receive_datagram(socket, room, from))
      for (const std::uint32_t id : answered_ids(View(room).first(*size)))
        answers.emplace(id, in_words(from));
  }
}

}  // namespace

std::vector<TakenName> names_taken(const std::vector<std::string>& names, const std::vector<Address>& where,
                                   std::uint32_t from_ip, std::chrono::milliseconds wait) {
  std::map<std::uint32_t, std::string> answers;
  if (where.empty() || names.empty()) return {};
  const Descriptor socket = bind_udp({from_ip, 0}, false);
  for (int round = 0; round < rounds; ++round) {
    ask(socket, names, where);
    listen(socket, Clock::now() + wait / rounds, answers);
    if (!answers.empty()) break;
  }
  std::vector<TakenName> taken;
  for (const auto& [id, by] : answers)
    if (id < names.size()) taken.push_back({names[id], by});
  return taken;
}

}  // namespace jt::ca
