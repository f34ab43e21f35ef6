// What the tests of the shared-memory protocol share: tags of their own, clients as processes, hand-made
// shots.
#pragma once

#include <fmt/core.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "hand_made.hpp"
#include "sources/shared_memory_server.hpp"
#include "sources/shared_memory_source.hpp"

namespace jt::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
inline constexpr auto long_enough = 60s;  // a deadline that only a broken test reaches

// A tag that no other test process uses.
inline std::string fresh_tag() {
  static int count = 0;
  return fmt::format("jt_test_{}_{}", getpid(), count++);
}

// A shot with an event vector, which the DAQ counts from Configure.
inline ByteVector live_shot(std::uint32_t number, std::uint32_t payload_size = 64) {
  HandMade made{Transition::l1_accept,
                {1000 + number / 120, (number % 120) * 8333333},
                (300 + 3 * number) % Fiducial::modulus,
                payload_size,
                number};
  ByteVector bytes = datagram(made);
  const std::uint32_t stamp_high = made.fiducial | (number + 1) % 32768 << 17;
  std::memcpy(bytes.data() + 12, &stamp_high, 4);
  return bytes;
}

inline ByteVector transition(Transition kind) { return datagram({kind, {990, 0}, 10}); }

// Calls `step` until it says true; false when that takes too long.
inline bool until(const std::function<bool()>& step) {
  const auto deadline = Clock::now() + long_enough;
  while (!step())
    if (Clock::now() > deadline) return false;
  return true;
}

// Serves, and looks after the clients until it could be.
inline sources::SharedMemoryServer::Sent serve(sources::SharedMemoryServer& server, const ByteVector& bytes) {
  using Sent = sources::SharedMemoryServer::Sent;
  auto sent = Sent::not_yet;
  until([&] {
    sent = server.send(bytes);
    if (sent == Sent::not_yet) server.attend(20ms);
    return sent != Sent::not_yet;
  });
  return sent;
}

// Map is made by the server.
inline void serve_begin(sources::SharedMemoryServer& server) {
  for (const auto kind :
       {Transition::configure, Transition::begin_run, Transition::begin_calib_cycle, Transition::enable})
    serve(server, transition(kind));
}
inline void serve_end(sources::SharedMemoryServer& server) {
  for (const auto kind : {Transition::disable, Transition::end_calib_cycle, Transition::end_run,
                          Transition::unconfigure, Transition::unmap})
    serve(server, transition(kind));
}

inline bool attend_until(sources::SharedMemoryServer& server, const std::function<bool()>& done) {
  return until([&] {
    if (done()) return true;
    server.attend(20ms);
    return done();
  });
}
inline bool wait_for_ready(sources::SharedMemoryServer& server, unsigned clients) {
  return attend_until(server, [&] { return server.status().ready >= clients; });
}

// A child process, killed at the end at the latest. `work` writes what it found to the pipe.
class Child {
 public:
  using Work = std::function<void(int pipe)>;
  explicit Child(const Work& work) {
    int ends[2] = {-1, -1};
    if (pipe(ends) != 0) abort();
    pid_ = fork();
    if (pid_ == 0) {
      close(ends[0]);
      work(ends[1]);
      _exit(0);
    }
    close(ends[1]);
    pipe_ = ends[0];
  }
  ~Child() {
    kill_now(SIGKILL);
    close(pipe_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void send_signal(int number) const { kill(pid_, number); }
  void kill_now(int number) {
    if (pid_ <= 0) return;
    kill(pid_, number);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
  }
  [[nodiscard]] int pipe_end() const { return pipe_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // All that was written until the child ended (or closed it); waits for that.
  std::string all_words() {
    std::string all;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(pipe_, buffer, sizeof buffer)) != 0;) {
      if (got < 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  // The next line; waits for it.
  std::string line() {
    std::string words;
    char letter = 0;
    while (read(pipe_, &letter, 1) == 1 && letter != '\n') words += letter;
    return words;
  }

 private:
  pid_t pid_ = 0;
  int pipe_ = -1;
};

inline void write_line(int pipe, const std::string& words) {
  const std::string line = words + "\n";
  if (write(pipe, line.data(), line.size()) < 0) _exit(3);
}

// A client process: one line per event ("Configure", "shot 17"), until `end_on` came.
inline Child::Work client_of(const std::string& tag, Transition end_on = Transition::unmap,
                             std::function<void()> at_each_shot = {}) {
  return [=](int pipe) {
    sources::SharedMemoryEvents events({.tag = tag, .end_on = end_on});
    while (const auto* event = events.next()) {
      if (event->service != Transition::l1_accept) {
        write_line(pipe, std::string(formats::name(event->service)));
        continue;
      }
      write_line(pipe, fmt::format("shot {}", number_of(event->main.bytes)));
      if (at_each_shot) at_each_shot();
    }
  };
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

inline std::vector<int> shot_numbers(const std::vector<std::string>& lines) {
  std::vector<int> numbers;
  for (const std::string& line : lines)
    if (line.starts_with("shot ")) numbers.push_back(std::stoi(line.substr(5)));
  return numbers;
}

}  // namespace jt::test
