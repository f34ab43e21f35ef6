// Many shots from a server to a client: none is lost that is not counted, and neither process grows.
// A few thousand in every test run; scripts/soak sets JT_SOAK_SHOTS and JT_SOAK_RATE for long ones.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "monitor_bench.hpp"

namespace jt::test {
namespace {

using sources::ServerCount;
using sources::SharedMemoryServer;
using sources::SharedMemorySource;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_tells = false;  // a sanitizer keeps what is freed
#else
constexpr bool memory_tells = true;
#endif

struct Footprint {
  long resident_kb = 0;
  long descriptors = 0;
};
Footprint footprint() {
  Footprint now;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:"))
      now.resident_kb = std::atol(line.c_str() + 8);  // without the shared buffers
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd"))
    ++now.descriptors;
  return now;
}

// Growth since the first tenth of the way; "kb descriptors".
class Growth {
 public:
  void look(std::uint64_t done, std::uint64_t all) {
    if (done != all / 10) return;
    begin_ = footprint();
  }
  [[nodiscard]] Footprint grown() const {
    const Footprint end = footprint();
    return {end.resident_kb - begin_.resident_kb, end.descriptors - begin_.descriptors};
  }

 private:
  Footprint begin_;
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(SharedMemorySoak, no_shot_is_lost_that_is_not_counted_and_nothing_grows) {
  const std::uint64_t shots = number_from("JT_SOAK_SHOTS", 5000), rate = number_from("JT_SOAK_RATE", 0);
  const std::string tag = fresh_tag();
  const auto began = Clock::now();
  // At a rate as the DAQ: nothing waits. Without one as fast as it goes, nothing lost.
  Child server_process([&](int pipe) {
    SharedMemoryServer server({.tag = tag, .buffer_size = 65536, .client_slots = 1, .lossless = rate == 0});
    wait_for_ready(server, 0);
    attend_until(server, [&] { return server.status().clients == 1; });
    serve_begin(server);
    attend_until(server, [&] { return server.status().ready == 1; });
    Growth growth;
    auto next = Clock::now();
    for (std::uint64_t i = 0; i < shots; ++i) {
      while (rate != 0 && Clock::now() < next) server.attend(1ms);
      if (rate != 0) next += std::chrono::nanoseconds(1'000'000'000 / rate);
      serve(server, live_shot(static_cast<std::uint32_t>(i), 4096));
      growth.look(i, shots);
    }
    attend_until(server, [&] { return server.status().buffers_out == 0; });
    serve_end(server);
    const auto grown = growth.grown();
    const auto& counts = server.status().counts;
    write_line(pipe, fmt::format("{} {} {} {}", counts[ServerCount::shots],
                                 counts[ServerCount::stolen] + counts[ServerCount::dropped_no_buffer] +
                                     counts[ServerCount::dropped_no_client],
                                 grown.resident_kb, grown.descriptors));
    attend_until(server, [&] { return server.status().clients == 0; });
  });
  SharedMemorySource source({.tag = tag, .end_on = Transition::unmap});
  Growth growth;
  std::uint64_t got = 0, last = 0, backwards = 0;
  while (!source.ended()) {
    const auto event = source.next(1s);
    if (!event || !event->is_shot()) {
      ASSERT_LT(Clock::now() - began,
                long_enough + std::chrono::seconds(rate != 0 ? shots / rate : shots / 100));
      continue;
    }
    const std::uint64_t number = number_of(event->raw().main.bytes);
    backwards += got != 0 && number <= last ? 1 : 0;
    last = number;
    growth.look(got++, shots);
  }
  const auto grown = growth.grown();
  source.stop();
  std::uint64_t served = 0, lost = 0;
  long server_kb = 0, server_descriptors = 0;
  ASSERT_EQ(std::sscanf(server_process.line().c_str(), "%lu %lu %ld %ld", &served, &lost, &server_kb,
                        &server_descriptors),
            4);
  server_process.all_words();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  fmt::print(stderr,
             "soak: {} shots in {:.1f} s ({:.0f}/s), {} read, {} counted as lost; grown: server {} kB and {} "
             "descriptors, "
             "client {} kB and {} descriptors\n",
             shots, seconds, static_cast<double>(shots) / seconds, got, lost, server_kb, server_descriptors,
             grown.resident_kb, grown.descriptors);
  EXPECT_EQ(backwards, 0u);
  EXPECT_EQ(got + lost, shots);
  if (rate == 0) {
    EXPECT_EQ(got, shots);
  }
  EXPECT_EQ(source.status().troubles.total(), 0u);
  EXPECT_LE(server_descriptors, 0);
  EXPECT_LE(grown.descriptors, 0);
  constexpr long some_pages_kb = 512;
  if (memory_tells) {
    EXPECT_LE(std::max(server_kb, grown.resident_kb), some_pages_kb);
  }
}

}  // namespace
}  // namespace jt::test
