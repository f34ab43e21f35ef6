// `Channel` over Channel Access, by libca: how PVs of the beamline are watched, read and put.
// The motor, the cameras and the publisher are given such channels; core/channel.hpp says what they promise.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/channel.hpp"

namespace jt::epics {

class CaNetwork;

// One libca context with two threads of its own: one speaks to libca, whose calls may wait for a server that
// hangs, the other runs the callbacks. Servers are found as the environment says (EPICS_CA_ADDR_LIST and its
// kin, read when this is made). Channels for different purposes - the motor, what is published - belong to
// different providers, so that neither waits for the other's servers.
class CaChannels : public ChannelProvider {
 public:
  // Throws SetupError when libca cannot start, or when this program was built without it.
  CaChannels();
  // Its channels are gone before. Waits until what was put has left, up to two seconds for servers that hang.
  ~CaChannels() override;

  std::unique_ptr<Channel> connect(std::string name, ChannelEvents events) override;

 private:
  std::shared_ptr<CaNetwork> network_;
};

// From now on the process asks only 127.0.0.1 for PVs, on this port: for demos, replays and tests. Sets the
// environment, so call it before there are threads and before the first CaChannels.
void keep_on_loopback(std::uint16_t server_port);

}  // namespace jt::epics
