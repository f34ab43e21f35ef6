#include "sources/server_buffers.hpp"

#include <algorithm>

namespace jt::sources {

using formats::Transition;

std::optional<std::int32_t> EventBuffers::free_one() const {
  const auto found = std::find_if(buffers_.begin(), buffers_.end(), [](const Buffer& b) { return !b.out; });
  if (found == buffers_.end()) return std::nullopt;
  return static_cast<std::int32_t>(found - buffers_.begin());
}

unsigned EventBuffers::out() const {
  return static_cast<unsigned>(
      std::count_if(buffers_.begin(), buffers_.end(), [](const Buffer& b) { return b.out; }));
}

void EventBuffers::give(std::int32_t buffer, unsigned slot) {
  buffers_[static_cast<std::size_t>(buffer)] = {true, slot, std::nullopt};
}

bool EventBuffers::take_back(std::int32_t buffer) {
  if (buffer < 0 || static_cast<std::size_t>(buffer) >= buffers_.size()) return false;
  Buffer& one = buffers_[static_cast<std::size_t>(buffer)];
  if (!one.out) return false;
  one = {};
  return true;
}

unsigned EventBuffers::recover(std::optional<unsigned> slot) {
  unsigned recovered = 0;
  for (Buffer& one : buffers_)
    if (one.out && (!slot || one.slot == *slot)) {
      one = {};
      ++recovered;
    }
  return recovered;
}

void EventBuffers::suspect_all(Time until) {
  for (Buffer& one : buffers_)
    if (one.out && !one.suspect_until) one.suspect_until = until;
}

unsigned EventBuffers::recover_suspects(Time now) {
  unsigned recovered = 0;
  for (Buffer& one : buffers_)
    if (one.suspect_until && now >= *one.suspect_until) {
      one = {};
      ++recovered;
    }
  return recovered;
}

bool begins(Transition kind) {
  const auto number = static_cast<unsigned>(kind);
  return number % 2 == 0 && kind >= Transition::map && kind <= Transition::enable;
}

bool ends(Transition kind) {
  const auto number = static_cast<unsigned>(kind);
  return number % 2 == 1 && kind >= Transition::unmap && kind <= Transition::disable;
}

TransitionBuffers::Set TransitionBuffers::kept_set() const {
  Set set;
  for (const Kept& kept : kept_) set.set(kept.buffer);
  return set;
}

std::optional<unsigned> TransitionBuffers::free_one() const {
  Set used = kept_set();
  for (const Set& set : unanswered_) used |= set;
  for (unsigned buffer = 0; buffer < used.size(); ++buffer)
    if (!used[buffer]) return buffer;
  return std::nullopt;
}

bool TransitionBuffers::enabled() const { return !kept_.empty() && kept_.back().kind == Transition::enable; }

// What a transition contains has a higher number: Configure 4 contains BeginRun 6 contains BeginCalibCycle 8.
void TransitionBuffers::note(Transition kind, unsigned buffer) {
  const auto outermost = static_cast<unsigned>(kind) & ~1u;
  std::erase_if(kept_, [&](const Kept& kept) { return static_cast<unsigned>(kept.kind) >= outermost; });
  if (begins(kind)) kept_.push_back({kind, buffer});
  enables_.set(buffer, kind == Transition::enable);
}

bool TransitionBuffers::answered_by(unsigned slot, unsigned buffer) {
  if (buffer >= monitor::transition_buffers || !unanswered_[slot][buffer]) return false;
  unanswered_[slot].reset(buffer);
  return true;
}

std::optional<unsigned> TransitionBuffers::worst_client() const {
  const Set past = ~kept_set();
  std::optional<unsigned> worst;
  std::size_t most = 0;
  for (unsigned slot = 0; slot < unanswered_.size(); ++slot)
    if (const std::size_t holds = (unanswered_[slot] & past).count(); holds > most) {
      most = holds;
      worst = slot;
    }
  return worst;
}

}  // namespace jt::sources
