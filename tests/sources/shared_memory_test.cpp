// The DAQ's shared-memory protocol between real processes: server here, clients as children, and the other
// way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor_bench.hpp"

namespace jt::test {
namespace {

using sources::ServerCount;
using sources::SharedMemoryServer;
using Sent = SharedMemoryServer::Sent;
using ::testing::ElementsAre;

constexpr std::uint32_t buffer_size = 8192;

std::vector<int> first_numbers(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

TEST(SharedMemory, a_client_sees_every_transition_and_every_shot_in_order) {
  const std::string tag = fresh_tag();
  SharedMemoryServer server({.tag = tag, .buffer_size = buffer_size, .lossless = true});
  Child client(client_of(tag));
  ASSERT_TRUE(attend_until(server, [&] { return server.status().clients == 1; }));
  serve_begin(server);
  for (std::uint32_t i = 0; i < 500; ++i) ASSERT_EQ(serve(server, live_shot(i)), Sent::sent);
  serve_end(server);
  const auto lines = lines_of(client.all_words());
  ASSERT_EQ(lines.size(), 510u);
  EXPECT_THAT(std::vector(lines.begin(), lines.begin() + 5),
              ElementsAre("Map", "Configure", "BeginRun", "BeginCalibCycle", "Enable"));
  EXPECT_THAT(std::vector(lines.end() - 5, lines.end()),
              ElementsAre("Disable", "EndCalibCycle", "EndRun", "Unconfigure", "Unmap"));
  EXPECT_EQ(shot_numbers(lines), first_numbers(500));
  EXPECT_EQ(server.status().buffers_out, 0u);
}

}  // namespace
}  // namespace jt::test
