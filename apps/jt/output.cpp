#include "apps/jt/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/errors.hpp"

namespace jt::app {
namespace {

[[noreturn]] void cannot_write() {
  throw SetupError(std::string("cannot write to standard output: ") + std::strerror(errno),
                   "the result would be incomplete", "Is the disk full?");
}

}  // namespace

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) cannot_write();
}

std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

void print_json(const nlohmann::ordered_json& json) { print(json_line(json)); }

void finish_output() {
  if (std::fflush(stdout) != 0) cannot_write();
}

bool error_output_is_terminal() { return isatty(STDERR_FILENO) == 1; }

}  // namespace jt::app
