// A few threads that share the fixed parts of one job: a frame's stripes. Who does which part never matters.
// Beside the averaging kernels; the calling thread works too.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace jt::reduction {

class WorkerPool {
 public:
  // `threads` work in all, the caller of run() among them; 0 = as many as the machine has.
  explicit WorkerPool(unsigned threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Calls work(0) ... work(parts - 1), each once, on any of the threads; returns when all are done. `work`
  // must not throw. Only one thread may call this.
  void run(std::size_t parts, const std::function<void(std::size_t part)>& work);

  [[nodiscard]] unsigned threads() const { return static_cast<unsigned>(helpers_.size()) + 1; }

 private:
  void help();
  void work_on_parts(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable started_, finished_;
  const std::function<void(std::size_t)>* work_ = nullptr;  // the job at hand; nullptr between jobs
  std::size_t parts_ = 0, next_ = 0, done_ = 0;
  bool closing_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace jt::reduction
