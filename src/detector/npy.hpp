// Masks that numpy.save() wrote (.npy): arrays of bool or bytes.
// Below read_mask(); nothing of it runs per shot.
#pragma once

#include <cstdint>
#include <string_view>

#include "detector/array.hpp"

namespace jt::detector {

bool is_npy(std::string_view bytes);

// Reads format versions 1 to 3 with dtype bool, uint8 or int8 in C order. Values are as stored.
// Throws Unreadable for anything else, or when the size is not what the header says.
Array<std::uint8_t> parse_npy(std::string_view bytes);

}  // namespace jt::detector
