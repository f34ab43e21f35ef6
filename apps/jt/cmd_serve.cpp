// `jt serve`: plays a recorded run over the DAQ's shared-memory protocol.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>

#include "apps/jt/commands.hpp"
#include "apps/jt/common_options.hpp"
#include "apps/jt/interrupt.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/run_player.hpp"
#include "apps/jt/run_reader.hpp"
#include "apps/jt/words.hpp"
#include "core/errors.hpp"
#include "sources/joined_datagram.hpp"

namespace jt::app {
namespace {

struct Options {
  CommonOptions common;
  std::vector<std::string> files;
  std::optional<std::string> tag, rate, buffers, buffer_size, clients, wait_for;
  bool loop = false, lossless = false, distributed = false;
};

constexpr double usual_rate_hz = 120;
constexpr std::uint64_t most_buffers = 237, largest_buffer = 256 * 1024 * 1024;

unsigned small_number(const std::optional<std::string>& text, std::string_view option, std::uint64_t low,
                      unsigned otherwise) {
  return text ? static_cast<unsigned>(whole_number(*text, option, low, most_buffers)) : otherwise;
}

double rate_of(const Options& options) {
  if (!options.rate) return options.lossless ? 0 : usual_rate_hz;
  double rate = 0;
  char more = 0;
  if (std::sscanf(options.rate->c_str(), "%lf%c", &rate, &more) != 1 || !(rate >= 0 && rate <= 1e6))
    throw CallError(fmt::format("--rate cannot be '{}'", *options.rate), "it is a number of shots per second",
                    "Give 120, or 0 for as fast as it goes?");
  return rate;
}

sources::SharedMemoryServerOptions server_options(const Options& options, const sources::RunSize& size) {
  if (!options.tag)
    throw CallError("--tag is missing", "clients find the server by it",
                    "Give --tag T, the same that 'jt live --source shmem:T' is given.");
  sources::SharedMemoryServerOptions server{.tag = *options.tag};
  server.buffer_size = static_cast<std::uint32_t>(
      options.buffer_size ? whole_number(*options.buffer_size, "--buffer-size", 40, largest_buffer)
                          : std::min(std::max<std::uint64_t>(size.largest_datagram, 40), largest_buffer));
  server.event_buffers = small_number(options.buffers, "--buffers", 1, 8);
  server.client_slots = small_number(options.clients, "--clients", 1, std::min(4u, server.event_buffers));
  server.distributed = options.distributed;
  server.lossless = options.lossless;
  return server;
}

// "tag psana: 1200 of 5000 shots, 120/s, 2 clients, 3 shots lost to slow clients, 32 s left"
std::string words_of(const PlayProgress& progress, const sources::ServerStatus& server,
                     const Options& options) {
  using sources::ServerCount;
  std::string words = fmt::format("tag {}: ", *options.tag);
  if (progress.passes != 0) words += fmt::format("pass {}, ", progress.passes + 1);
  words += fmt::format("{} of {} shots", progress.played, progress.shots);
  if (progress.rate_hz > 0) words += fmt::format(", {:.0f}/s", progress.rate_hz);
  words += ", " + count_words(server.clients, "client", "clients");
  if (server.clients != server.ready) words += fmt::format(" ({} ready)", server.ready);
  const auto told = [&](ServerCount count, const char* what) {
    if (server.counts[count] != 0) words += fmt::format(", {} {}", server.counts[count], what);
  };
  told(ServerCount::dropped_no_client, "shots without a client");
  told(ServerCount::dropped_no_buffer, "shots without a free buffer");
  told(ServerCount::stolen, "shots taken back from slow clients");
  if (progress.waits_for != nullptr)
    words += fmt::format(", waits for {}", progress.waits_for);
  else if (progress.rate_hz > 0 && progress.shots > progress.played)
    words += fmt::format(", {} left", duration_words(static_cast<double>(progress.shots - progress.played) /
                                                     progress.rate_hz));
  return words;
}

// A live line on a terminal, a line now and then elsewhere.
class ServeLine {
 public:
  explicit ServeLine(const Options& options, const sources::SharedMemoryServer& server)
      : options_(options), server_(server), terminal_(error_output_is_terminal()) {}
  void show(const PlayProgress& progress) {
    const auto now = RunPlayer::Clock::now();
    const bool first_wait = progress.waits_for != nullptr && !said_waiting_;
    said_waiting_ = progress.waits_for != nullptr;
    if (!first_wait && now - last_ < (terminal_ ? std::chrono::milliseconds(250) : std::chrono::seconds(5)))
      return;
    last_ = now;
    const std::string words = words_of(progress, server_.status(), options_);
    fmt::print(stderr, "{}", terminal_ ? fmt::format("\r{}\033[K", words) : words + "\n");
    std::fflush(stderr);
  }
  void end() const {
    if (terminal_) fmt::print(stderr, "\r\033[K");
  }

 private:
  const Options& options_;
  const sources::SharedMemoryServer& server_;
  bool terminal_, said_waiting_ = false;
  RunPlayer::Clock::time_point last_ = RunPlayer::Clock::now();
};

void tell_end(const Options& options, const ChosenRun& chosen, const PlayProgress& progress,
              const sources::ServerCounts& counts, bool whole) {
  const std::string outcome = whole ? "played" : "stopped";
  if (options.common.json) {
    nlohmann::ordered_json json = {{"outcome", outcome},
                                   {"tag", *options.tag},
                                   {"run", chosen.run.value},
                                   {"passes", progress.passes},
                                   {"played", progress.played}};
    for (std::size_t i = 0; i < sources::ServerCounts::size; ++i) {
      const auto count = static_cast<sources::ServerCount>(i);
      json[std::string(name(count))] = counts[count];
    }
    print_json(json);
    return;
  }
  fmt::print(stderr, "{}: {} of {} shots in this pass, {} before\n", outcome, progress.played, progress.shots,
             count_words(progress.passes - (whole ? 1 : 0), "whole pass", "whole passes"));
  counts.each([](sources::ServerCount count, std::uint64_t times) {
    fmt::print(stderr, "{:>10} {}\n", times, in_words(count));
  });
}

int run(const Options& options) {
  const Config config = config_of(options.common);
  const double rate = rate_of(options);
  const unsigned wait_for = small_number(options.wait_for, "--wait-for", 0, options.lossless ? 1 : 0);
  if (!options.tag) server_options(options, {});  // says what is missing before a large run is looked through
  const ChosenRun chosen =
      options.files.empty() ? choose_recorded_run(options.common, config) : choose_files(options.files);
  const sources::RunSize size = sources::size_of(chosen.files);
  const Interrupt interrupt;
  sources::SharedMemoryServer server(server_options(options, size));
  if (const auto slots = server_options(options, size).client_slots; wait_for > slots)
    throw CallError(fmt::format("--wait-for {} can never be", wait_for),
                    fmt::format("there are {} client slots", slots), "Give --clients as well?");
  fmt::print(stderr, "serving run {} with {} shots as tag {} (127.0.0.1:{})\n", chosen.run.value, size.shots,
             *options.tag, server.status().port);
  ServeLine line(options, server);
  RunPlayer player(
      server, {.rate_hz = rate, .wait_for = wait_for, .shots = size.shots},
      [&] { return interrupt.wanted(); }, [&](const PlayProgress& progress) { line.show(progress); });
  bool whole = player.play(chosen.files);
  while (whole && options.loop) whole = player.play(chosen.files);
  if (whole) player.finish();
  line.end();
  tell_end(options, chosen, player.progress(), server.status().counts, whole);
  return whole || options.loop ? 0 : 1;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_common_options(app, options->common);
  app.add_option("--tag", options->tag, "the name that clients ask for")->type_name("T");
  app.add_option("--rate", options->rate, "shots per second (120; with --lossless as fast as they are taken)")
      ->type_name("HZ");
  app.add_flag("--loop", options->loop, "again and again, until Ctrl-C");
  app.add_flag("--lossless", options->lossless,
               "a shot waits for a client and a free buffer; none is dropped");
  app.add_flag("--distributed", options->distributed, "each shot to one client only, in turn");
  app.add_option("--buffers", options->buffers, "buffers of shots (8; above 10 the system must allow it)")
      ->type_name("N");
  app.add_option("--buffer-size", options->buffer_size, "bytes of a buffer (the run's largest datagram)")
      ->type_name("BYTES");
  app.add_option("--clients", options->clients, "client slots (4)")->type_name("Q");
  app.add_option("--wait-for", options->wait_for,
                 "begins when so many clients are there (0; with --lossless 1)")
      ->type_name("K");
  app.add_option("files", options->files, "serve these .xtc files of one run instead")->type_name("FILE.xtc");
  return [options] { return run(*options); };
}

}  // namespace

const Command serve_command = {
    "serve", "--run N --tag T [--rate HZ] [--loop] [--lossless] [--cfg FILE] [--json]",
    "plays a recorded run over the DAQ's shared memory",
    "Plays a recorded run to any client of the DAQ's shared-memory protocol: 'jt live --source shmem:T', "
    "psana\n"
    "with 'shmem=T.0:stop=no', or the facility's own monitors. Slow, dying and too many clients do not "
    "disturb\n"
    "it; what they miss is counted. Memory and queues are removed at the end, also after Ctrl-C.",
    add};

}  // namespace jt::app
