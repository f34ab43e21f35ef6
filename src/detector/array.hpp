// A small n-dimensional array of constants as a file holds it: its shape and its values.
// Made by the file readers below `detector`, gone once a detector is ready for shots.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jt::detector {

// Row-major (C order) values; the product of `shape` is the number of values.
template <class T>
struct Array {
  std::vector<std::size_t> shape;
  std::vector<T> values;
};

// "7 x 16 x 352 x 384"; "nothing" for an empty shape.
std::string shape_in_words(const std::vector<std::size_t>& shape);

// A word out of a file, fit for a sentence: at most 20 characters, all of them printable.
std::string shortened(std::string_view word);

// Why a file's bytes are not what they should be: "line 3: 'x' is not a number". Whoever knows the path
// and the purpose turns it into a SetupError.
class Unreadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace jt::detector
