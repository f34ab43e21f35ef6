// Small helps with words: the nearest known name to a misspelt one, sorted lists for sentences.
// Used wherever a sentence to the user names what there is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jt {

// `names` ordered by edit distance to `wanted` (letter case ignored), nearest first; ties keep their order.
std::vector<std::string> nearest_first(std::string_view wanted, std::span<const std::string> names);

// "a, b and c"; "none" for an empty list.
std::string list_in_words(std::span<const std::string> items);

}  // namespace jt
