// The keys that let commands come from other hosts: CURVE pairs in files, and who may connect.
// Beside the walk, under the command port: without keys it listens on loopback only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace jt::api {

struct CurvePair {
  std::string public_key, secret_key;  // Z85, 40 characters each
};

CurvePair make_curve_pair();  // throws SetupError when libzmq was built without CURVE

// A folder of keys as `jt ctl keygen` makes it: server.key and client.key (secret, mode 0600), server.pub,
// and clients/*.pub: those who may connect. Copy client.key and server.pub to the console.
void write_new_keys(const std::filesystem::path& folder);  // throws SetupError: exists, not writable

struct ServerKeys {
  CurvePair own;
  std::vector<std::string> clients;  // public keys that may connect
};
struct ClientKeys {
  CurvePair own;
  std::string server_public;
};
// Throw SetupError: missing, malformed, or readable by others.
ServerKeys read_server_keys(const std::filesystem::path& folder);
ClientKeys read_client_keys(const std::filesystem::path& folder);

// 127.0.0.0/8, ::1 or localhost.
bool is_loopback(std::string_view host);

}  // namespace jt::api
