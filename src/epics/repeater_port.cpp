#include "epics/repeater_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace jt::epics {
namespace {

constexpr std::uint16_t default_port = 5065;

bool is_on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (std::string_view left = path == nullptr ? "" : path; !left.empty();) {
    const std::string_view folder = left.substr(0, left.find(':'));
    left.remove_prefix(std::min(left.size(), folder.size() + 1));
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::path(folder) / program, ignored)) return true;
  }
  return false;
}

std::uint16_t repeater_port() {
  const char* said = std::getenv("EPICS_CA_REPEATER_PORT");
  const int port = said == nullptr ? 0 : std::atoi(said);
  return port > 0 && port < 65536 ? static_cast<std::uint16_t>(port) : default_port;
}

}  // namespace

RepeaterPort::RepeaterPort() {
  if (is_on_path("caRepeater")) return;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(repeater_port());
  socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  // Taken: then there is a repeater already.
  if (socket_ >= 0) (void)::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RepeaterPort::~RepeaterPort() {
  if (socket_ >= 0) ::close(socket_);
}

}  // namespace jt::epics
