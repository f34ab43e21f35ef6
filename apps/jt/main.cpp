// `jt`, the program of all commands: finds the command, runs it, turns what went wrong into one sentence.
#include <string>
#include <vector>

#include "apps/jt/commands.hpp"

int main(int argc, char** argv) {
  return jt::app::run_program(std::vector<std::string>(argv + 1, argv + argc));
}
