#include "core/channel.hpp"

#include <array>

namespace jt {

std::string_view name(ChannelOutcome outcome) {
  constexpr std::array<std::string_view, 6> names = {"done",      "disconnected", "timed out",
                                                     "no access", "refused",      "not finite"};
  return names[static_cast<std::size_t>(outcome)];
}

}  // namespace jt
