// Any bytes as a search datagram, and as the reply to one.
#include <cstdint>
#include <cstdlib>

#include "ca/search.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jt::ca;
  const View input = std::as_bytes(std::span(data, size));
  const Bytes reply =
      answer_searches(input, 5064, [](std::string_view name) { return name.size() % 2 == 0; });
  if (reply.size() > 1472) std::abort();
  (void)answered_ids(input);
  return 0;
}
