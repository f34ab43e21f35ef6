// libca's data buffers made into samples and details, and values into buffers. Pure: bytes in, values out.
// Beneath `CaChannels`, which gets such buffers in its callbacks.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/pv_value.hpp"

namespace jt::epics {

// DBR_TIME_* in host byte order, `count` elements. libca tells a count, not a size: so the caller says what
// the type and count promise. Nothing for a type or count that is none.
std::optional<PvSample> read_time_sample(long dbr_type, long count, const void* dbr);

// DBR_CTRL_DOUBLE or DBR_CTRL_ENUM; nothing for another.
std::optional<PvDetails> read_details(long dbr_type, const void* dbr);

// The elements as libca takes them: strings as 40 bytes each. Nothing when there is none, or when a string
// does not fit in 39 characters.
std::optional<std::vector<std::byte>> put_buffer(const PvValue& value);

}  // namespace jt::epics
