#include "api/curve_keys.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/errors.hpp"

namespace jt::api {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t z85_length = 40;
constexpr auto why = "commands from other hosts are accepted with keys only";

[[noreturn]] void cannot_write(const fs::path& file, int error) {
  throw SetupError(fmt::format("{} cannot be written: {}", file.string(), std::strerror(error)), why,
                   "Give another folder?");
}

// Never over a file that is there, and never readable by others, not even for a moment.
void write_key(const fs::path& file, const std::string& text, mode_t mode) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) cannot_write(file, errno);
  const std::string line = text + "\n";
  const bool whole = write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int error = errno;
  close(descriptor);
  if (!whole) cannot_write(file, error);
}

std::vector<std::string> read_words(const fs::path& file, std::size_t count) {
  std::ifstream in(file);
  std::vector<std::string> words(count);
  for (std::string& word : words) {
    in >> word;
    if (word.size() != z85_length)
      throw SetupError(fmt::format("{} holds no key", file.string()), why,
                       "Make keys with 'jt ctl keygen --keys DIR', or copy them here?");
  }
  return words;
}

CurvePair read_pair(const fs::path& file) {
  struct stat about {};
  if (stat(file.c_str(), &about) == 0 && (about.st_mode & 077) != 0)
    throw SetupError(fmt::format("{} can be read by others", file.string()), "a secret key must be secret",
                     fmt::format("chmod 600 {}?", file.string()));
  const auto words = read_words(file, 2);
  return {words[0], words[1]};
}

}  // namespace

CurvePair make_curve_pair() {
  std::array<char, z85_length + 1> open_key{}, secret{};
  if (zmq_curve_keypair(open_key.data(), secret.data()) != 0)
    throw SetupError("this machine's ZeroMQ has no CURVE", why, "Use Debian's libzmq5?");
  return {open_key.data(), secret.data()};
}

void write_new_keys(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / "clients", error);
  if (error) cannot_write(folder, error.value());
  const CurvePair server = make_curve_pair(), client = make_curve_pair();
  write_key(folder / "server.key", server.public_key + "\n" + server.secret_key, 0600);
  write_key(folder / "client.key", client.public_key + "\n" + client.secret_key, 0600);
  write_key(folder / "server.pub", server.public_key, 0644);
  write_key(folder / "clients" / "client.pub", client.public_key, 0644);
}

ServerKeys read_server_keys(const fs::path& folder) {
  ServerKeys keys{read_pair(folder / "server.key"), {}};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "clients", error))
    if (entry.path().extension() == ".pub") keys.clients.push_back(read_words(entry.path(), 1).front());
  std::sort(keys.clients.begin(), keys.clients.end());
  if (keys.clients.empty())
    throw SetupError(fmt::format("{} names no client", (folder / "clients").string()), why,
                     "Put the clients' .pub files there?");
  return keys;
}

ClientKeys read_client_keys(const fs::path& folder) {
  return {read_pair(folder / "client.key"), read_words(folder / "server.pub", 1).front()};
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace jt::api
