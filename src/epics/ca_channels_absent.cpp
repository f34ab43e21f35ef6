// What stands in for ca_channels.cpp in a program that is built without libca.
#include <memory>

#include "core/errors.hpp"
#include "epics/ca_channels.hpp"

namespace jt::epics {

class CaNetwork {};

CaChannels::CaChannels() {
  throw SetupError("this program was built without EPICS (JT_WITH_EPICS is off)",
                   "the motor and all PVs are reached through it", "Build it with libca4.13.5 installed?");
}
CaChannels::~CaChannels() = default;
std::unique_ptr<Channel> CaChannels::connect(std::string, ChannelEvents) { return nullptr; }
void keep_on_loopback(std::uint16_t) {}

}  // namespace jt::epics
