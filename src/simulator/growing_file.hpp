// A file of the DAQ while it grows: *.inprogress until it is complete, gone when it never will be.
// Under run_recorder.hpp.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace jt::simulator {

class GrowingFile {
 public:
  // Makes the folder where missing. Throws SetupError when the file is there already, another process writes
  // it, or it cannot be written. What a killed process left is overwritten.
  explicit GrowingFile(std::filesystem::path target);
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  // Throws SetupError: disk full, quota.
  void write(std::span<const std::byte> bytes);
  void flush_to_disk();
  void finish();  // gives it its name; flush_to_disk() first
  [[nodiscard]] const std::filesystem::path& target() const { return target_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  [[noreturn]] void fail(int error_number) const;
  void write_out();

  std::filesystem::path target_, growing_;
  std::vector<std::byte> buffer_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  bool finished_ = false;
};

}  // namespace jt::simulator
