#include "sources/merge_order.hpp"

#include <cmath>

namespace jt::sources {

using formats::Transition;
using formats::xtc::DatagramHeader;

namespace {

bool clocks_far_apart(const DatagramHeader& a, const DatagramHeader& b) {
  return std::abs(seconds_between(a.time, b.time)) >= clock_limit_s;
}

bool is_shot(const Position& position) { return position.header->service == Transition::l1_accept; }

bool shot_before_transition(const Position& shot, const Position& transition) {
  if (shot.lossy || transition.lossy) return shot.header->time < transition.header->time;
  return !is_begin(transition.header->service);
}

bool strictly_before(const Position& a, const Position& b) {
  if (is_shot(a) && is_shot(b)) return shot_before(*a.header, *b.header);
  if (is_shot(a)) return shot_before_transition(a, b);
  if (is_shot(b)) return !shot_before_transition(b, a);
  return a.header->time < b.header->time;
}

}  // namespace

bool is_begin(Transition transition) { return (static_cast<unsigned>(transition) & 1u) == 0; }

bool same_shot(const DatagramHeader& a, const DatagramHeader& b) {
  return a.fiducial.valid() && a.fiducial == b.fiducial && !clocks_far_apart(a, b);
}

bool shot_before(const DatagramHeader& a, const DatagramHeader& b) {
  if (!a.fiducial.valid() || !b.fiducial.valid() || clocks_far_apart(a, b)) return a.time < b.time;
  const std::uint32_t ahead = (b.fiducial.value + Fiducial::modulus - a.fiducial.value) % Fiducial::modulus;
  return ahead != 0 && ahead < Fiducial::modulus / 2;
}

bool goes_before(const Position& a, const Position& b) {
  if (strictly_before(a, b)) return true;
  if (strictly_before(b, a)) return false;
  return a.stream < b.stream;
}

}  // namespace jt::sources
