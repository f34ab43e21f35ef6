// numpy or pyFAI in a process of its own, asked for one frame at a time so that it runs interleaved with
// ours. Used by bench_reduction.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace bench {

class PythonPeer {
 public:
  // `kernel` is numpy or pyfai; rows and cols of the picture that it averages. Takes seconds to start.
  PythonPeer(const std::string& kernel, std::size_t rows, std::size_t cols);
  ~PythonPeer();
  PythonPeer(const PythonPeer&) = delete;
  PythonPeer& operator=(const PythonPeer&) = delete;
  // Seconds for one frame; nothing when this Python has not got the package.
  std::optional<double> frame();

 private:
  std::optional<double> answer();
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
  bool ready_ = false;
};

}  // namespace bench
