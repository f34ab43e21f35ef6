// Which of two datagrams of different streams comes first: the order in which the DAQ took them.
// Under `sources`: pure comparisons, the heart of the merge in recorded_run.cpp.
#pragma once

#include <cstdint>

#include "formats/xtc/datagram.hpp"

namespace jt::sources {

// A datagram and where its stream stands.
struct Position {
  const formats::xtc::DatagramHeader* header = nullptr;
  std::uint32_t block = 0;  // EndCalibCycles before it in its stream
  bool block_known = true;  // false once a part of the stream was lost
  std::uint32_t stream = 0;
};

// Shots whose clocks differ by this much are of different turns of the fiducial counter (364 s), or of
// different runs; below it the fiducial decides, because the clocks of different recorders may differ.
inline constexpr double clock_limit_s = 85;

// Shots of one pulse: the same valid fiducial and clocks within the limit.
bool same_shot(const formats::xtc::DatagramHeader& a, const formats::xtc::DatagramHeader& b);
// Shots: by fiducial, over its wrap, or by clock where fiducials cannot tell.
bool shot_before(const formats::xtc::DatagramHeader& a, const formats::xtc::DatagramHeader& b);
// Enable, BeginRun ... come before the shots of their block, Disable, EndRun ... after.
bool is_begin(formats::Transition transition);

// Does `a` go first? Shots against shots as above. Transitions against others by blocks (calib cycles),
// because the clock of a control stream may be seconds off; by clock where blocks are unknown or equal.
bool goes_before(const Position& a, const Position& b);

}  // namespace jt::sources
