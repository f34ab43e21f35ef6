#include "sources/live_words.hpp"

#include <fmt/core.h>

#include <array>
#include <string>
#include <utility>

#include "core/errors.hpp"

namespace jt::sources {

using formats::Transition;

std::string_view name(LiveState state) {
  switch (state) {
    case LiveState::waiting_for_server:
      return "waiting for server";
    case LiveState::no_free_slot:
      return "no free slot";
    case LiveState::not_configured:
      return "not configured";
    case LiveState::between_runs:
      return "between runs";
    case LiveState::running:
      return "running";
    case LiveState::ended:
      return "ended";
  }
  return "?";
}

namespace {

struct TroubleWords {
  std::string_view name, words;
};

constexpr std::array<TroubleWords, static_cast<std::size_t>(LiveTrouble::count_)> trouble_words = {{
    {"bad_message", "messages in the DAQ's queues that are none of the protocol"},
    {"bad_header", "buffers that do not begin with a datagram"},
    {"too_large", "datagrams that say they are larger than their buffer"},
    {"wrong_kind", "transitions among the shots, or shots among the transitions"},
    {"no_configure", "shots before any Configure"},
    {"not_enabled", "shots outside Enable .. Disable"},
    {"changed_while_read", "buffers that were written to while they were read"},
    {"nowhere_to_return", "buffers that found all queues full and were given back later"},
    {"bad_greeting", "servers whose sizes, memory or queues do not fit together"},
}};

}  // namespace

std::string_view name(LiveTrouble trouble) { return trouble_words[static_cast<std::size_t>(trouble)].name; }
std::string_view in_words(LiveTrouble trouble) {
  return trouble_words[static_cast<std::size_t>(trouble)].words;
}

std::string live_words(LiveState state, std::string_view tag, std::optional<Transition> last,
                       bool configured_before) {
  switch (state) {
    case LiveState::not_configured:
      if (last == Transition::unconfigure || last == Transition::unmap)
        return fmt::format("the DAQ of tag '{}' was unconfigured. Shots come after the next Configure", tag);
      return configured_before
                 ? fmt::format(
                       "the DAQ's server of tag '{}' came back without Configure (shots cannot be read "
                       "without "
                       "it). Configure the DAQ again?",
                       tag)
                 : fmt::format(
                       "connected to the DAQ's server of tag '{}', which has sent no Configure yet (shots "
                       "cannot be read without it). Is the DAQ configured?",
                       tag);
    case LiveState::between_runs:
      return fmt::format("connected to tag '{}', configured; no run is going on", tag);
    case LiveState::running:
      return fmt::format("connected to tag '{}', running", tag);
    case LiveState::ended:
      return fmt::format("the connection to tag '{}' was ended", tag);
    default:
      return fmt::format("not connected to tag '{}'", tag);
  }
}

// "psana.0:stop=no"; the index after the point is of a protocol that is no longer spoken.
SharedMemoryOptions shared_memory_options(std::string_view place) {
  const auto wrong = [&](std::string_view what) {
    return CallError(
        fmt::format("'{}' is no place in shared memory: {}", place, what),
        "the source of the shots is named by it",
        "Write shmem:TAG, or shmem:TAG.0:stop=endrun (no, endcalibcycle, endrun, unconfigure, unmap)?");
  };
  SharedMemoryOptions options;
  const std::size_t colon = place.find(':');
  options.tag = place.substr(0, colon);
  if (const std::size_t dot = options.tag.rfind('.');
      dot != std::string::npos && options.tag.find_first_not_of("0123456789", dot + 1) == std::string::npos)
    options.tag.resize(dot);
  if (options.tag.empty()) throw wrong("there is no tag");
  if (colon == std::string_view::npos) return options;
  const std::string_view rest = place.substr(colon + 1);
  if (!rest.starts_with("stop=")) throw wrong(fmt::format("'{}' is not known", rest));
  constexpr std::array<std::pair<std::string_view, Transition>, 4> stops = {
      {{"endcalibcycle", Transition::end_calib_cycle},
       {"endrun", Transition::end_run},
       {"unconfigure", Transition::unconfigure},
       {"unmap", Transition::unmap}}};
  const std::string_view stop = rest.substr(5);
  if (stop == "no" || stop == "none") return options;
  for (const auto& [word, transition] : stops)
    if (word == stop) options.end_on = transition;
  if (!options.end_on) throw wrong(fmt::format("stop cannot be '{}'", stop));
  return options;
}

}  // namespace jt::sources
