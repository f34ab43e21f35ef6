// What a decoder must have been given before it can read a shot: the configurations in force.
// Made by the reader at Configure (stop 1 of the walk), handed to the workers with every shot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/ids.hpp"

namespace jt::pipeline {

using ConfigureBytes = std::vector<std::vector<std::byte>>;  // datagrams: the run's, then control streams'

// Never changed once made.
struct RunEpoch {
  std::uint64_t number = 0;  // a new one: decoders forget everything
  std::uint64_t step = 0;    // counts BeginCalibCycles within it
  std::shared_ptr<const ConfigureBytes> configure;
  std::shared_ptr<const ConfigureBytes> cycle;  // of the newest BeginCalibCycle; may be null
  RunNumber run;                                // 0: not known
  bool sim = false;                             // Configure carries the alias jt_sim
};

}  // namespace jt::pipeline
