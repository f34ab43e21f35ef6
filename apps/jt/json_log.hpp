// A log of JSON lines with a size cap: every change of the live process with who, where from and when.
// Beside the walk; only words and commands go here, never shots.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <mutex>

#include <nlohmann/json.hpp>

namespace jt::app {

// At the cap the file becomes <name>.1, replacing an earlier one: twice the cap is the most it takes.
class JsonLog {
 public:
  JsonLog(std::filesystem::path file,
          std::uint64_t cap_bytes);  // throws SetupError when it cannot be written
  ~JsonLog();
  JsonLog(const JsonLog&) = delete;
  JsonLog& operator=(const JsonLog&) = delete;
  // Adds "time". Any thread. A full disk loses the line, never the process.
  void write(nlohmann::ordered_json line);

 private:
  void open();
  std::filesystem::path path_;
  std::uint64_t cap_, size_ = 0;
  std::mutex mutex_;
  std::FILE* file_ = nullptr;
};

}  // namespace jt::app
