// `jt watch`: a view of the running live process in a terminal; lines once a second without one.
#include <fmt/format.h>
#include <ncurses.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <thread>

#include "apps/jt/commands.hpp"
#include "apps/jt/interrupt.hpp"
#include "apps/jt/live_setup.hpp"
#include "apps/jt/output.hpp"
#include "apps/jt/watch_view.hpp"

namespace jt::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

struct Options {
  CommonOptions common;
  bool plain = false;
  std::optional<std::string> lines;
};

constexpr std::size_t most_at_once = 2000;  // messages between two pictures

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Asks for the state once a second on a thread of its own, so that a live process that does not answer holds
// up no key.
class StatePoll {
 public:
  StatePoll(api::Endpoint there, std::optional<api::ClientKeys> keys)
      : there_(std::move(there)), keys_(std::move(keys)), thread_([this] { run(); }) {}
  ~StatePoll() {
    ended_ = true;
    thread_.join();
  }
  json state() {
    const std::lock_guard lock(mutex_);
    return state_;
  }

 private:
  void run() {
    while (!ended_) {
      json state;
      if (const auto reply = api::ask(there_, keys_, {"status", {}, user_name(), host_name(), ""}, 1000ms))
        state = json::parse(reply->state, nullptr, false);
      {
        const std::lock_guard lock(mutex_);
        state_ = std::move(state);
      }
      for (int i = 0; i < 20 && !ended_; ++i) std::this_thread::sleep_for(50ms);
    }
  }
  const api::Endpoint there_;
  const std::optional<api::ClientKeys> keys_;
  std::mutex mutex_;
  json state_;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

// The whole terminal while it lives.
class Terminal {
 public:
  Terminal() {
    initscr();
    cbreak();
    noecho();
    curs_set(0);
    nodelay(stdscr, TRUE);
  }
  ~Terminal() { endwin(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void show(const WatchScreen& screen) const {
    erase();
    const auto rows = static_cast<std::size_t>(std::max(LINES, 1));
    int row = 0;
    for (const std::string& line : watch_lines(screen, rows, static_cast<std::size_t>(std::max(COLS, 1)))) {
      if (row == 0) attron(A_REVERSE);
      mvaddnstr(row++, 0, line.data(), static_cast<int>(line.size()));
      attroff(A_REVERSE);
    }
    refresh();
  }
  [[nodiscard]] bool wants_to_quit() const {
    for (int key = getch(); key != ERR; key = getch())
      if (key == 'q' || key == 'Q') return true;
    return false;
  }
};

// Takes what the stream has, for a moment.
void take_shots(api::ShotSubscriber& stream, WatchedShots& shots) {
  const auto until = std::chrono::steady_clock::now() + 200ms;
  for (std::size_t i = 0; i < most_at_once; ++i) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left <= 0ms) return;
    if (const auto shot = stream.receive(left)) shots.add(*shot, seconds_now());
  }
}

int run(const Options& options) {
  const std::uint64_t most_lines =
      options.lines ? whole_number(*options.lines, "--lines", 1, 1'000'000'000) : 0;
  const Interrupt interrupt(3000ms);
  const Config config = config_of(options.common);
  const LivePorts ports = live_ports(config);
  std::optional<api::ClientKeys> keys;
  if (config.api_keys) keys = api::read_client_keys(config.api_keys->string());
  api::ShotSubscriber stream(ports.stream);
  StatePoll poll(ports.command, keys);
  const bool full_screen =
      !options.plain && most_lines == 0 && isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1;
  std::unique_ptr<Terminal> terminal;
  if (full_screen) terminal = std::make_unique<Terminal>();
  WatchedShots shots;
  std::uint64_t lines = 0;
  double shown = seconds_now();
  while (!interrupt.wanted()) {
    take_shots(stream, shots);
    const json state = poll.state();
    const WatchScreen screen{shots, state, seconds_now(), stream.missed()};
    if (terminal) {
      terminal->show(screen);
      if (terminal->wants_to_quit()) return 0;
    } else if (screen.now_s - shown >= 1) {
      shown = screen.now_s;
      print(watch_line(screen) + "\n");
      finish_output();
      if (++lines == most_lines) return 0;
    }
  }
  return 0;
}

Run add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_common_options(app, options->common);
  app.add_flag("--plain", options->plain, "one line a second instead of the full screen");
  app.add_option("--lines", options->lines, "ends after so many lines")->type_name("N");
  return [options] { return run(*options); };
}

}  // namespace

const Command watch_command = {
    "watch", "--cfg FILE [--plain] [--lines N]", "shows a running 'jt live' in the terminal",
    "Shows how it goes: lamp, causes, ratio of the last shots, profile, counters. It reads the shot stream "
    "and\n"
    "asks for the status like everybody else, and never slows the data. 'q' or Ctrl-C ends it. Without a\n"
    "terminal it prints a line a second.",
    add};

}  // namespace jt::app
