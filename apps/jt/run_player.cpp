#include "apps/jt/run_player.hpp"

#include <algorithm>
#include <cstring>

#include "core/errors.hpp"
#include "formats/xtc/datagram.hpp"
#include "sources/joined_datagram.hpp"

namespace jt::app {

using formats::Transition;
using namespace std::chrono_literals;
using Sent = sources::SharedMemoryServer::Sent;

namespace {

constexpr auto look_often = 50ms;
constexpr auto no_limit = std::chrono::hours(24 * 365);

std::vector<std::byte> header_only(Transition kind, std::span<const std::byte> like) {
  std::vector<std::byte> bytes(like.begin(), like.begin() + formats::xtc::datagram_header_size);
  const auto ticks = formats::xtc::load<std::uint32_t>(like, 8) & 0xffffff;
  const auto store = [&](std::size_t offset, std::uint32_t value) {
    std::memcpy(bytes.data() + offset, &value, 4);
  };
  store(8, static_cast<std::uint32_t>(kind) << 24 | ticks);
  store(16, 0);                              // env
  store(20, 0);                              // damage
  store(36, formats::xtc::xtc_header_size);  // extent: nothing inside
  return bytes;
}

Transition end_of(Transition begin) { return static_cast<Transition>(static_cast<unsigned>(begin) | 1u); }

}  // namespace

RunPlayer::RunPlayer(sources::SharedMemoryServer& server, PlayOptions options,
                     std::function<bool()> wanted_to_stop, std::function<void(const PlayProgress&)> show)
    : server_(server), options_(options), wanted_to_stop_(std::move(wanted_to_stop)), show_(std::move(show)) {
  progress_.shots = options.shots;
}

bool RunPlayer::play(const sources::RunFiles& files) {
  sources::RecordedRun run(files);
  progress_.played = rate_played_ = 0;
  next_shot_ = rate_since_ = Clock::now();
  if (!wait_for_clients()) return false;
  while (const sources::RawEvent* event = run.next())
    if (!serve(sources::joined_datagram(*event, room_))) return false;
  if (last_header_.empty())
    throw SetupError("there is nothing to serve in this run", "its files hold no whole datagram",
                     "'jt info' tells what is in them.");
  if (!end(Transition::configure)) return false;
  ++progress_.passes;
  return true;
}

void RunPlayer::finish() {
  if (last_header_.empty()) return;
  const auto patience = 5s;
  const auto unmap = header_only(Transition::unmap, last_header_);
  attend_until([&] { return server_.send(unmap) != Sent::not_yet; }, patience, "clients to finish");
  // A client that has not read the last words yet would lose them with the connection.
  attend_until([&] { return server_.status().buffers_out == 0 && server_.status().unanswered == 0; },
               patience, "clients to finish");
}

bool RunPlayer::wait_for_clients() {
  return attend_until([&] { return server_.status().clients >= options_.wait_for; }, no_limit,
                      "clients to connect");
}

bool RunPlayer::serve(std::span<const std::byte> datagram) {
  const auto header = formats::xtc::read_header(datagram);
  if (!header) return true;
  last_header_.assign(datagram.begin(), datagram.begin() + formats::xtc::datagram_header_size);
  if (header->service == Transition::l1_accept) return serve_shot(datagram);
  const auto number = static_cast<unsigned>(header->service);
  if (number % 2 == 0) {
    begun_.push_back(header->service);
  } else {
    std::erase_if(begun_, [&](Transition begun) { return static_cast<unsigned>(begun) + 1 >= number; });
  }
  return serve_transition(datagram);
}

bool RunPlayer::serve_transition(std::span<const std::byte> datagram) {
  const auto header = formats::xtc::read_header(datagram);
  // Transitions overtake shots: at a rate there is time to let the last ones be read.
  if (header->service == Transition::disable &&
      !attend_until([&] { return server_.status().buffers_out == 0; }, 1s, "the last shots to be read"))
    return false;
  if (!attend_until([&] { return server_.send(datagram) != Sent::not_yet; }, no_limit, "clients to answer"))
    return false;
  if (header->service != Transition::enable) return true;
  next_shot_ = Clock::now();
  const auto all_ready = [&] {
    const auto status = server_.status();
    return status.ready >= std::min(options_.wait_for, status.clients);
  };
  return attend_until(all_ready, no_limit, "clients to be ready");
}

bool RunPlayer::serve_shot(std::span<const std::byte> datagram) {
  if (!keep_pace()) return false;
  if (!attend_until([&] { return server_.send(datagram) != Sent::not_yet; }, no_limit, "a free buffer"))
    return false;
  ++progress_.played;
  return true;
}

// Ends what is begun, from the innermost to `outermost`.
bool RunPlayer::end(Transition outermost) {
  std::sort(begun_.begin(), begun_.end());
  while (!begun_.empty() && begun_.back() >= outermost) {
    const Transition begun = begun_.back();
    begun_.pop_back();
    if (!serve_transition(header_only(end_of(begun), last_header_))) return false;
  }
  begun_.clear();
  return true;
}

// Shots at their distance; time that was lost is not made up for in a burst.
bool RunPlayer::keep_pace() {
  if (options_.rate_hz <= 0) return !wanted_to_stop_();
  const auto period =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / options_.rate_hz));
  while (Clock::now() < next_shot_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_shot_ - Clock::now());
    server_.attend(std::clamp<std::chrono::milliseconds>(left, 0ms, look_often));
    if (!attend(nullptr)) return false;
  }
  constexpr auto most_behind = 100ms;
  next_shot_ = std::max(next_shot_ + period, Clock::now() - most_behind);
  return !wanted_to_stop_();
}

bool RunPlayer::attend_until(const std::function<bool()>& done, Clock::duration at_most,
                             const char* waits_for) {
  const auto began = Clock::now();
  while (!done()) {
    const auto waited = Clock::now() - began;
    if (waited > at_most) return true;
    server_.attend(look_often);
    if (!attend(waited > 1s ? waits_for : nullptr)) return false;
  }
  return attend(nullptr);
}

// Tells how far it is; false when it is to stop.
bool RunPlayer::attend(const char* waits_for) {
  const auto now = Clock::now();
  progress_.waits_for = waits_for;
  if (const double seconds = std::chrono::duration<double>(now - rate_since_).count(); seconds > 2) {
    progress_.rate_hz = static_cast<double>(progress_.played - rate_played_) / seconds;
    rate_since_ = now;
    rate_played_ = progress_.played;
  }
  show_(progress_);
  return !wanted_to_stop_();
}

}  // namespace jt::app
