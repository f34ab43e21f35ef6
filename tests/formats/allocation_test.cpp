// Decoding allocates nothing once warm: the program runs for days at 120 Hz beside the DAQ.
// A program of its own, because it replaces operator new.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "formats/golden.hpp"

namespace {
std::atomic<std::size_t> allocations = 0;
}  // namespace

// g++ inlines these two apart from each other, and then takes the one for a mistake of the other.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#pragma GCC diagnostic pop

namespace jt::formats::xtc {
namespace {

// How often memory was asked for while each shot was decoded once more, after two passes to warm up.
std::size_t allocations_once_warm(const std::filesystem::path& file) {
  const auto bytes = test::read_bytes(file);
  Decoder decoder;
  Event event;
  std::vector<Bytes> shots;
  for (const Bytes datagram : test::datagrams(bytes)) {
    const Transition service = read_header(datagram)->service;
    if (service == Transition::configure) decoder.configure(datagram);
    if (service == Transition::l1_accept) shots.push_back(datagram);
  }
  EXPECT_FALSE(shots.empty());
  for (int pass = 0; pass < 2; ++pass)
    for (const Bytes shot : shots) decoder.decode(shot, event);
  const std::size_t before = allocations;
  for (const Bytes shot : shots) decoder.decode(shot, event);
  return allocations - before;
}

TEST(Decoder, allocates_nothing_once_warm) {
  const auto folder = test::committed_runs() / "xcs/xcsjt1236/xtc";
  const std::size_t before = allocations;
  EXPECT_NE(std::make_unique<int>(1), nullptr);
  EXPECT_GT(allocations, before) << "allocations are counted";
  for (const char* file : {"e1236-r0020-s00-c00.xtc",                 // cameras, monitors, PVs
                           "e1236-r0023-s00-c00.xtc",                 // damage
                           "e1236-r0033-s00-c00.xtc",                 // Hist16
                           "e1236-r0034-s00-c00.xtc",                 // HistN
                           "smalldata/e1236-r0020-s00-c00.smd.xtc"})  // the index
    EXPECT_EQ(allocations_once_warm(folder / file), 0u) << file;
}

TEST(Decoder, allocates_nothing_once_warm_for_panel_detectors) {
  JT_NEEDS_LARGE_GOLDEN();
  const auto root = *test::large_golden() / "xtc";
  for (const char* file :
       {"mfx/mfxjt1234/xtc/e1234-r0012-s00-c00.xtc", "cxi/cxijt1235/xtc/e1235-r0013-s00-c00.xtc",
        "cxi/cxijt1235/xtc/e1235-r0016-s00-c00.xtc"})
    EXPECT_EQ(allocations_once_warm(root / file), 0u) << file;
}

}  // namespace
}  // namespace jt::formats::xtc
