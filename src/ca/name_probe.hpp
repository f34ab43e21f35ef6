// Does anybody on the network serve these names already? Asked before this program serves them itself, so
// that no PV ever has two masters.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ca/sockets.hpp"

namespace jt::ca {

struct TakenName {
  std::string name;
  std::string by;  // address of who answered
};

// Searches for `names` at `where` three times within `wait`, and returns those that were answered. `from_ip`
// is the address to ask from. Throws SetupError when no socket can be had.
std::vector<TakenName> names_taken(const std::vector<std::string>& names, const std::vector<Address>& where,
                                   std::uint32_t from_ip, std::chrono::milliseconds wait);

}  // namespace jt::ca
