#include "reduction/worker_pool.hpp"

#include <algorithm>

namespace jt::reduction {

WorkerPool::WorkerPool(unsigned threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 1; i < threads; ++i) helpers_.emplace_back([this] { help(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  started_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void WorkerPool::run(std::size_t parts, const std::function<void(std::size_t)>& work) {
  if (parts <= 1 || helpers_.empty()) {
    for (std::size_t part = 0; part < parts; ++part) work(part);
    return;
  }
  std::unique_lock lock(mutex_);
  work_ = &work;
  parts_ = parts;
  next_ = done_ = 0;
  started_.notify_all();
  work_on_parts(lock);
  finished_.wait(lock, [this] { return done_ == parts_; });
  work_ = nullptr;
}

void WorkerPool::help() {
  std::unique_lock lock(mutex_);
  while (true) {
    started_.wait(lock, [this] { return closing_ || (work_ != nullptr && next_ < parts_); });
    if (closing_) return;
    work_on_parts(lock);
  }
}

// The lock is held between parts only: parts are stripes of thousands of pixels, so it costs nothing.
void WorkerPool::work_on_parts(std::unique_lock<std::mutex>& lock) {
  while (work_ != nullptr && next_ < parts_) {
    const std::size_t part = next_++;
    const auto& work = *work_;
    lock.unlock();
    work(part);
    lock.lock();
    if (++done_ == parts_) finished_.notify_all();
  }
}

}  // namespace jt::reduction
