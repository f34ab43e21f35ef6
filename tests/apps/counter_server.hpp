// A small HTTP server on 127.0.0.1 that takes POSTs and answers with one status.
// Stands for the facility's web page of Automatic Run Processing in tests.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace jt::test {

class CounterServer {
 public:
  explicit CounterServer(int status);
  ~CounterServer();
  CounterServer(const CounterServer&) = delete;
  CounterServer& operator=(const CounterServer&) = delete;
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::vector<std::string> posts() const;  // their bodies

 private:
  void serve();
  void answer(int connection);

  int status_, socket_ = -1, port_ = 0;
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> posts_;
  std::thread thread_;
};

}  // namespace jt::test
