// One PV type made into another, by the rules that EPICS servers follow; used by the Channel Access server
// and by the in-process channels.
#pragma once

#include <optional>

#include "core/pv_value.hpp"

namespace jt {

// At most `count` elements of `value` as `type`; nothing when one has no meaning there: words that are no
// number, a choice that is not among `details.choices`, NaN as an integer.
// Numbers to strings with `details.precision`; choices to and from strings by name, else by index; integers
// to narrower ones keep their low bits (16-bit pixels travel so), reals to integers lose the fraction and
// stay inside the range. Numbers to choices: the index, which must be one of them.
std::optional<PvValue> convert(const PvValue& value, PvType type, const PvDetails& details,
                               std::size_t count = static_cast<std::size_t>(-1));

}  // namespace jt
