// How a set-up that cannot work says so: one sentence with the problem, why it matters, what to do.
// Thrown once and early; poor data is not an error but a counted cause (counters.hpp).
#pragma once

#include <stdexcept>
#include <string>

namespace jt {

// what(): "<problem> (<why>). <suggestion>", e.g.
// "no pedestals for run 57 (needed to calibrate jungfrau4M). Take a dark run?"
class SetupError : public std::runtime_error {
 public:
  SetupError(std::string problem, std::string why, std::string suggestion);
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] const std::string& suggestion() const { return suggestion_; }

 private:
  std::string problem_, why_, suggestion_;
};

// The call itself was wrong (options, config): exit code 2 instead of 1.
class CallError : public SetupError {
 public:
  using SetupError::SetupError;
};

// The user asked to stop (Ctrl-C, SIGTERM): nothing was written.
class Interrupted : public std::runtime_error {
 public:
  Interrupted();
};

}  // namespace jt
