#include "epics/ca_channels.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "epics/ca_network.hpp"

namespace jt::epics {
namespace {

class CaChannel : public Channel {
 public:
  CaChannel(CaNetwork& network, std::string name, ChannelEvents events)
      : network_(network), link_(network.open(std::move(name), std::move(events))) {}
  ~CaChannel() override { network_.close(link_); }

  [[nodiscard]] const std::string& name() const override { return link_->name; }
  [[nodiscard]] ChannelState state() const override { return network_.state(*link_); }
  ChannelOutcome put(const PvValue& value) override { return network_.put(link_, value); }
  void put_and_complete(const PvValue& value, Timeout timeout, PutDone done) override {
    network_.put_and_complete(link_, value, timeout, std::move(done));
  }
  void get(Timeout timeout, GetDone done) override { network_.get(link_, timeout, std::move(done)); }
  void get_details(Timeout timeout, DetailsDone done) override {
    network_.get_details(link_, timeout, std::move(done));
  }

 private:
  CaNetwork& network_;
  SharedLink link_;
};

}  // namespace

CaChannels::CaChannels() : network_(std::make_shared<CaNetwork>()) { network_->start(); }
CaChannels::~CaChannels() { network_->end(); }

std::unique_ptr<Channel> CaChannels::connect(std::string name, ChannelEvents events) {
  return std::make_unique<CaChannel>(*network_, std::move(name), std::move(events));
}

void keep_on_loopback(std::uint16_t server_port) {
  constexpr int replace = 1;
  ::setenv("EPICS_CA_AUTO_ADDR_LIST", "NO", replace);
  ::setenv("EPICS_CA_ADDR_LIST", "127.0.0.1", replace);
  ::setenv("EPICS_CA_SERVER_PORT", fmt::to_string(server_port).c_str(), replace);
  ::unsetenv("EPICS_CA_NAME_SERVERS");
}

}  // namespace jt::epics
