// Words for people while the program works, on standard error; `--json` output never passes here.
// Used at the edges only: pure code returns values instead.
#pragma once

#include <string_view>

namespace jt::log {

void info(std::string_view words);
void warning(std::string_view words);

// Shows only warnings from now on.
void set_quiet();

}  // namespace jt::log
