// `jt help [COMMAND]`: what the program can do.
#include <fmt/format.h>

#include <memory>
#include <optional>

#include "apps/jt/commands.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/words.hpp"

namespace jt::app {
namespace {

std::string overview() {
  Table table({"command", "does"});
  for (const Command* command : commands())
    table.add({fmt::format("jt {}", command->name), std::string(command->does)});
  return "jt keeps a liquid jet in an X-ray beam: it reads what the beamline's data acquisition records\n"
         "and measures how much of the beam hits the jet.\n\n" +
         table.text() +
         "\n'jt <command> --help' shows a command's options; 'jt --version' the version.\n"
         "Exit codes: 0 done, 1 the work failed or its answer is no, 2 the call was wrong.\n";
}

Run add(CLI::App& app) {
  auto name = std::make_shared<std::vector<std::string>>();
  app.add_option("command", *name, "the command to explain");
  return [name] {
    std::string words;
    for (const std::string& word : *name) words += (words.empty() ? "" : " ") + word;
    print(words.empty() ? overview() : help_of(find_command(words)));
    return 0;
  };
}

}  // namespace

const Command help_command = {"help", "[COMMAND]", "explains the commands", "Explains the commands.", add};

}  // namespace jt::app
