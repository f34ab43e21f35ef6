// Runs the built `jt` as a user would: arguments and environment in, exit code and both outputs back.
// For the whole-program tests.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace jt::test {

struct Finished {
  int code = -1;   // exit code; -1 when a signal ended it
  int signal = 0;  // that signal
  std::string out, err;
};

// A running `jt`. Its outputs go to files of a folder that the caller owns.
class Started {
 public:
  // `launcher`: a program and its arguments that start `jt`; empty: `jt` itself.
  Started(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
          const std::map<std::string, std::string>& environment,
          const std::vector<std::string>& launcher = {});
  void send(int signal) const;
  Finished wait();

 private:
  pid_t pid_ = 0;
  std::filesystem::path out_, err_;
};

// The environment holds nothing of the caller's but PATH and what is given.
Finished run_jt(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment = {},
                const std::vector<std::string>& launcher = {});

// A launcher whose `jt` minds permissions even when the tests run as root, who else may read everything.
std::vector<std::string> minding_permissions();

}  // namespace jt::test
