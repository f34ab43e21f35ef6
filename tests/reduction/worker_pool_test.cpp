#include "reduction/worker_pool.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

TEST(worker_pool, every_part_is_done_exactly_once_in_every_job) {
  jt::reduction::WorkerPool pool(4);
  EXPECT_EQ(pool.threads(), 4u);
  for (std::size_t parts = 0; parts < 200; ++parts) {
    std::vector<int> done(parts, 0);
    pool.run(parts, [&](std::size_t part) { ++done[part]; });
    for (const int times : done) EXPECT_EQ(times, 1);
  }
}

TEST(worker_pool, one_thread_is_enough) {
  jt::reduction::WorkerPool pool(1);
  int sum = 0;
  pool.run(5, [&](std::size_t part) { sum += static_cast<int>(part); });
  EXPECT_EQ(sum, 10);
}

}  // namespace
