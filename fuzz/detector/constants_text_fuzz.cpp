// Any text as an array of constants: what is accepted is what the C library reads in the same words, fills
// its shape, and comes back from the writer unchanged. The first byte chooses the number type.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "detector/text_array.hpp"
#include "fuzz/detector/require.hpp"

namespace {

using namespace jt::detector;

template <class T>
bool same(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof a) == 0;
}

// The numbers of the text by strtod, in order. Only called for texts that were accepted.
template <class T>
std::vector<T> read_plainly(const std::string& text) {
  std::vector<T> values;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with('#')) continue;
    constexpr const char* blanks = " \t\r\v\f";
    for (std::size_t word = line.find_first_not_of(blanks); word != std::string::npos;
         word = line.find_first_not_of(blanks, word)) {
      const std::string number = line.substr(word, line.find_first_of(blanks, word) - word);
      word += number.size();
      char* stop = nullptr;
      if constexpr (sizeof(T) == 8 && std::is_integral_v<T>) {
        if (number.find_first_not_of("0123456789") == std::string::npos) {  // beyond what a double can tell
          values.push_back(std::strtoull(number.c_str(), nullptr, 10));
          continue;
        }
      }
      const double value = std::strtod(number.c_str(), &stop);
      require(stop == number.c_str() + number.size(), "a word was taken that strtod refuses\n");
      values.push_back(static_cast<T>(value));
    }
  }
  return values;
}

template <class T>
void check(const std::string& text) {
  Array<T> array;
  try {
    array = parse_text_array<T>(text);
  } catch (const Unreadable&) {
    return;
  }
  std::size_t count = 1;
  for (const std::size_t dim : array.shape) count *= dim;
  require(count == array.values.size() && count > 0, "the shape is not the number of values\n");
  const std::vector<T> plain = read_plainly<T>(text);
  require(plain.size() == count, "another number of values\n");
  for (std::size_t i = 0; i < count; ++i) require(same(plain[i], array.values[i]), "another value\n");
  const Array<T> back = parse_text_array<T>(format_text_array(array, "fuzz"));
  // One line is 1-d when read.
  if (array.shape.size() != 2 || array.shape[0] != 1) require(back.shape == array.shape, "another shape\n");
  require(back.values.size() == count, "another number of values came back\n");
  for (std::size_t i = 0; i < count; ++i)
    require(same(back.values[i], array.values[i]), "another value came back\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      check<float>(text);
      break;
    case 1:
      check<double>(text);
      break;
    case 2:
      check<std::uint8_t>(text);
      break;
    case 3:
      check<std::uint16_t>(text);
      break;
    default:
      check<std::uint64_t>(text);
  }
  return 0;
}
