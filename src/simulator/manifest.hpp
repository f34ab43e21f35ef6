// The truth of a recorded run, written beside it: what was put into every shot.
// For tests, demos and people who want to know how right a calibration is; the product never reads it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/atomic_file.hpp"
#include "simulator/twin.hpp"

namespace jt::simulator {

// JSON: an object with the run's facts and "shots", one line per shot. docs/simulator.md says what is in it.
class Manifest {
 public:
  Manifest(std::filesystem::path file, const Twin& twin, std::uint64_t seed, std::uint64_t shots);
  void add(const TwinShot& shot, const TwinPictures& made, std::uint32_t stream);
  void seal();
  void commit();

 private:
  void flush_when(std::size_t least);

  AtomicFile file_;
  std::string text_;
  bool first_ = true;
};

}  // namespace jt::simulator
