// Counts the shots that the DAQ made between two of ours: a monitoring node sees only its share.
// Beside stop 1 of the walk, live: a gap is "not ours", never a loss.
#pragma once

#include <cstdint>
#include <optional>

#include "core/ids.hpp"

namespace jt::sources {

class ShotGaps {
 public:
  // A shot of ours: its event vector (15 bits, counts the DAQ's events since Configure) and fiducial. Where
  // the vector stands still, fiducials tell: 3 from one shot of a 120 Hz machine to the next.
  void add(std::uint32_t vector, Fiducial fiducial);
  // Configure: the event vector begins anew.
  void restart();
  // Another transition: fiducials go on without shots.
  void pause() { last_fiducial_.reset(); }

  [[nodiscard]] std::uint64_t not_ours() const { return not_ours_; }
  [[nodiscard]] std::uint64_t out_of_order() const { return out_of_order_; }

 private:
  std::optional<std::uint32_t> last_vector_;
  std::optional<Fiducial> last_fiducial_;
  std::uint64_t not_ours_ = 0, out_of_order_ = 0;
};

}  // namespace jt::sources
