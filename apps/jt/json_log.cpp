#include "apps/jt/json_log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "apps/jt/output.hpp"
#include "core/errors.hpp"

namespace jt::app {

JsonLog::JsonLog(std::filesystem::path file, std::uint64_t cap_bytes)
    : path_(std::move(file)), cap_(cap_bytes) {
  open();
  if (file_ == nullptr)
    throw SetupError(fmt::format("the log {} cannot be written: {}", path_.string(), std::strerror(errno)),
                     "every change is to be found there later", "Give another file with --log?");
}

JsonLog::~JsonLog() {
  if (file_ != nullptr) std::fclose(file_);
}

void JsonLog::open() {
  file_ = std::fopen(path_.c_str(), "ae");
  std::error_code error;
  const auto size = std::filesystem::file_size(path_, error);
  size_ = error ? 0 : size;
}

void JsonLog::write(nlohmann::ordered_json line) {
  const auto now = std::chrono::system_clock::now();
  line["time"] = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  const std::string text = json_line(line);
  const std::lock_guard lock(mutex_);
  if (file_ != nullptr && size_ > 0 && size_ + text.size() > cap_) {
    std::fclose(file_);
    std::error_code ignored;
    std::filesystem::rename(path_, path_.string() + ".1", ignored);
    open();
  }
  if (file_ == nullptr) return;
  if (std::fwrite(text.data(), 1, text.size(), file_) == text.size()) size_ += text.size();
  std::fflush(file_);
}

}  // namespace jt::app
