// Which damaged contributions are used: exactly those that psana uses.
// Asked by `decode()` for each leaf before it is read.
#pragma once

#include <optional>

#include "formats/event.hpp"
#include "formats/xtc/datagram.hpp"

namespace jt::formats::xtc {

// The cause that a damage word names; nothing when it is 0. With several bits set, the first of: dropped,
// incomplete, uninitialized, out of order, out of synch, user, contains incomplete, unknown.
std::optional<Refusal> damage_cause(std::uint32_t damage);

// A configuration is used only undamaged.
std::optional<Refusal> refused_configuration(const XtcHeader& leaf);

// A shot's leaf is used when undamaged; an EBeam also with its own damage bits (and only those).
std::optional<Refusal> refused_contribution(const XtcHeader& leaf);

// True for a leaf that is used although its user damage is set.
bool is_kept_with_user_damage(const XtcHeader& leaf);

}  // namespace jt::formats::xtc
