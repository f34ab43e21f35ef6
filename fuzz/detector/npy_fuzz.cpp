// Any bytes as a mask that numpy wrote: refused in words, or the values are the last bytes of the file.
#include <cstdint>
#include <cstring>
#include <string_view>

#include "detector/npy.hpp"
#include "fuzz/detector/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jt::detector;
  Array<std::uint8_t> array;
  try {
    array = parse_npy({reinterpret_cast<const char*>(data), size});
  } catch (const Unreadable&) {
    return 0;
  }
  std::size_t count = 1;
  for (const std::size_t dim : array.shape) count *= dim;
  require(count == array.values.size() && count < size, "the shape is not the number of values\n");
  require(std::memcmp(array.values.data(), data + size - count, count) == 0, "other values\n");
  return 0;
}
