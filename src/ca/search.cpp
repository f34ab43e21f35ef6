#include "ca/search.hpp"

#include <algorithm>
#include <array>

namespace jt::ca {
namespace {

constexpr std::size_t largest_datagram = 1400;  // below an Ethernet frame
constexpr std::uint16_t only_when_found = 5;    // DONT_REPLY: silence means no

void append_version(Bytes& out) {
  append_message(out, {.command = Command::version, .count = minor_version}, 0);
}

void append_found(Bytes& out, std::uint16_t tcp_port, std::uint32_t id) {
  constexpr std::array<std::byte, 8> version = {std::byte{0}, std::byte{minor_version}};
  append_message(out, {.command = Command::search, .type = tcp_port, .p1 = any_address, .p2 = id},
                 View(version));
}

}  // namespace

Bytes answer_searches(View datagram, std::uint16_t tcp_port,
                      const std::function<bool(std::string_view)>& serves) {
  Bytes reply;
  Message message;
  bool versioned = false;
  while (take_message(datagram, message, longest_name + 8) == Found::message) {
    if (message.header.command == Command::version) versioned = true;
    if (!versioned) return {};
    if (message.header.command != Command::search) continue;
    const std::string_view name = words_of(message.payload);
    if (name.empty() || name.size() == message.payload.size() || name.size() > longest_name) continue;
    if (!serves(name)) continue;
    if (reply.empty()) append_version(reply);
    append_found(reply, tcp_port, message.header.p2);
    if (reply.size() + 24 > largest_datagram) break;  // the client asks again for what is missing
  }
  return reply;
}

Bytes search_datagram(std::span<const std::string> names, std::size_t& next, std::uint32_t first_id) {
  Bytes out;
  append_version(out);
  for (; next < names.size(); ++next) {
    const std::string& name = names[next];
    if (out.size() + 16 + padded(name.size() + 1) > largest_datagram && out.size() > 16) break;
    const std::uint32_t id = first_id + static_cast<std::uint32_t>(next);
    append_message(
        out,
        {.command = Command::search, .type = only_when_found, .count = minor_version, .p1 = id, .p2 = id},
        std::as_bytes(std::span(name.c_str(), name.size() + 1)));
  }
  return out;
}

std::vector<std::uint32_t> answered_ids(View datagram) {
  std::vector<std::uint32_t> ids;
  Message message;
  while (take_message(datagram, message, longest_name) == Found::message)
    if (message.header.command == Command::search) ids.push_back(message.header.p2);
  return ids;
}

Bytes beacon(std::uint16_t tcp_port, std::uint32_t number) {
  Bytes out;
  append_message(out, {.command = Command::beacon, .type = minor_version, .count = tcp_port, .p1 = number},
                 0);
  return out;
}

}  // namespace jt::ca
