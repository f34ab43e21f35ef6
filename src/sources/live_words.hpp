// Where the live connection stands, and what went wrong with it, in words for people.
// Beside stop 1 of the walk, live; shown by `jt ctl status` and `jt watch`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sources/shared_memory_source.hpp"

namespace jt::sources {

// The sentence of LiveStatus::words once there is a connection, or at the end. `configured_before`: an
// earlier server of this tag had sent Configure.
std::string live_words(LiveState state, std::string_view tag, std::optional<formats::Transition> last,
                       bool configured_before);

}  // namespace jt::sources
