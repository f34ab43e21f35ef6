#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <new>

#include "apps/jt/commands.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/version.hpp"
#include "core/errors.hpp"

namespace jt::app {
namespace {

int dispatch(const std::vector<std::string>& words) {
  const std::string first = words.empty() ? "" : words.front();
  const std::size_t named = words.empty() ? 0 : command_words(words);
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(named), words.end());
  if (first == "--version") {
    print(fmt::format("jt {}\n", version));
    return 0;
  }
  if (first.empty())
    throw CallError("no command was given", "jt does one thing at a time", "'jt help' lists the commands.");
  if (first == "--help" || first == "-h") return run_command(help_command, rest);
  if (first.starts_with("-"))
    throw CallError(fmt::format("'{}' comes before a command", first), "the command comes first",
                    "'jt help' lists the commands.");
  return run_command(find_command(named == 2 ? first + " " + words[1] : first), rest);
}

int sentence(std::string_view words, int code) {
  std::fflush(stdout);
  fmt::print(stderr, "jt: {}\n", words);
  return code;
}

}  // namespace

int run_program(const std::vector<std::string>& words) {
  try {
    const int code = dispatch(words);
    finish_output();
    return code;
  } catch (const CallError& error) {
    return sentence(error.what(), 2);
  } catch (const SetupError& error) {
    return sentence(error.what(), 1);
  } catch (const Interrupted& error) {
    return sentence(error.what(), 1);
  } catch (const std::bad_alloc&) {
    return sentence(
        "out of memory (a run is read shot by shot, so this machine is very full). Free some memory?", 1);
  } catch (const std::exception& error) {
    return sentence(
        fmt::format("{} (this was not foreseen). Please report it with the command you gave.", error.what()),
        1);
  }
}

}  // namespace jt::app
