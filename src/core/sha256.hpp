// The SHA-256 digest of some bytes: names a configuration in a result, a script in a report's policy.
// Used at the edges of the walk, where results are written.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace jt {

using Sha256 = std::array<std::uint8_t, 32>;

// FIPS 180-4.
Sha256 sha256(std::string_view bytes);

// 64 lower-case hexadecimal digits.
std::string hex(const Sha256& digest);

}  // namespace jt
