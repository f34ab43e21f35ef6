// The datagrams of Channel Access: who serves this name? - and the beacons of a server.
// Before any PV travels: how clients find the server, and how the server sees that a name is taken.
#pragma once

#include <functional>
#include <string>

#include "ca/protocol.hpp"

namespace jt::ca {

// Replies to the searches of one datagram, as one datagram; empty when nothing is to be said. `serves` tells
// whether a name is ours. A datagram that does not begin with VERSION is ignored, as the reference server
// does.
Bytes answer_searches(View datagram, std::uint16_t tcp_port,
                      const std::function<bool(std::string_view)>& serves);

// One search for `names`, ids 0, 1, ... from `first_id` on: as many as fit; `next` becomes the first that did
// not.
Bytes search_datagram(std::span<const std::string> names, std::size_t& next, std::uint32_t first_id = 0);
// The ids that a reply datagram answers.
std::vector<std::uint32_t> answered_ids(View datagram);

Bytes beacon(std::uint16_t tcp_port, std::uint32_t number);

}  // namespace jt::ca
