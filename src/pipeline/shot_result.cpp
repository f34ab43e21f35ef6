#include "pipeline/shot_result.hpp"

namespace jt::pipeline {

std::string_view name(Trouble trouble) {
  switch (trouble) {
    case Trouble::no_calibration:
      return "no calibration";
    case Trouble::setup_cannot_work:
      return "set-up cannot work";
    case Trouble::bad_datagram:
      return "bad datagram";
    case Trouble::changed_while_read:
      return "changed while read";
    case Trouble::queue_full:
      return "queue full";
    case Trouble::worker_failed:
      return "worker failed";
    case Trouble::worker_hung:
      return "worker hung";
    case Trouble::worker_gone:
      return "worker gone";
    case Trouble::count_:
      break;
  }
  return "unknown";
}

std::string_view ShotResult::cause() const {
  if (trouble) return name(*trouble);
  return lost ? reduction::name(*lost) : std::string_view{};
}

bool ShotResult::dropped() const {
  using reduction::Lost;
  if (trouble) return true;
  return lost && *lost != Lost::other_event_code && *lost != Lost::no_event_codes && *lost != Lost::no_frame;
}

}  // namespace jt::pipeline
