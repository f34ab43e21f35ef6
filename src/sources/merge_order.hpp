// Which of two datagrams of different streams comes first: the order in which the DAQ took them.
// Under `sources`: pure comparisons, the heart of the merge in recorded_run.cpp.
#pragma once

#include <cstdint>

#include "formats/xtc/datagram.hpp"

namespace jt::sources {

// The datagram that a stream stands at.
struct Position {
  const formats::xtc::DatagramHeader* header = nullptr;
  std::uint32_t stream = 0;
  bool lossy = false;  // a part of the stream before it was lost
};

// Shots whose clocks differ by this much are of different turns of the fiducial counter (364 s), or of
// different runs; below it the fiducial decides, because the clocks of different recorders may differ.
inline constexpr double clock_limit_s = 85;

// Shots of one pulse: the same valid fiducial and clocks within the limit.
bool same_shot(const formats::xtc::DatagramHeader& a, const formats::xtc::DatagramHeader& b);
// Shots: by fiducial, over its wrap, or by clock where fiducials cannot tell.
bool shot_before(const formats::xtc::DatagramHeader& a, const formats::xtc::DatagramHeader& b);
// Enable, BeginRun ... come before shots, Disable, EndRun ... after.
bool is_begin(formats::Transition transition);

// Does `a` go first? Shots against shots as above, transitions among themselves by clock (one clock stamps
// them all). All streams have all transitions and stop at each until the others are there, so a shot goes
// after a begin and before an end, whatever its own clock says: a control stream's may be seconds off. Only
// where a part of a stream was lost must the clock decide (docs/decisions/0020).
bool goes_before(const Position& a, const Position& b);

}  // namespace jt::sources
