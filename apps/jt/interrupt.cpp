#include "apps/jt/interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace jt::app {
namespace {

constexpr std::chrono::milliseconds step{50};
constexpr timespec look_again{0, 50'000'000};  // a step

}  // namespace

Interrupt::Interrupt(std::chrono::milliseconds patience) : patience_(patience) {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  watcher_ = std::thread([this] { watch(); });
}

Interrupt::~Interrupt() {
  ended_ = true;
  watcher_.join();
  // A signal that came after the work was done is taken here, so that it does not kill a finished program.
  constexpr timespec at_once{0, 0};
  while (sigtimedwait(&signals_, nullptr, &at_once) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::end_now() const {
  const std::string_view words =
      writing_ ? "\njt: stopped by the user while results were written; each file is whole or not there\n"
               : "\njt: stopped by the user; nothing was written\n";
  if (write(STDERR_FILENO, words.data(), words.size()) < 0) {
    // Nobody is there to read it; the end is what was asked for.
  }
  std::_Exit(1);
}

void Interrupt::watch() {
  while (!ended_ && sigtimedwait(&signals_, nullptr, &look_again) < 0) {
  }
  if (ended_) return;
  wanted_ = true;
  // In short steps, so that work which ends sooner is not waited for longer.
  for (auto left = patience_; left > std::chrono::milliseconds(0) && !ended_; left -= step)
    if (sigtimedwait(&signals_, nullptr, &look_again) > 0) end_now();
  if (!ended_) end_now();
}

}  // namespace jt::app
