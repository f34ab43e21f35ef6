// A whole regular file in memory.
// Below every reader of the calibration store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

namespace jt::detector {

class FileBytes {
 public:
  FileBytes() = default;
  explicit FileBytes(std::size_t size) : data_(std::make_unique_for_overwrite<char[]>(size)), size_(size) {}
  [[nodiscard]] char* data() { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  void shrink(std::size_t size) { size_ = size < size_ ? size : size_; }
  [[nodiscard]] std::string_view text() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
};

// The bytes of a regular file. Throws Unreadable with the system's reason ("Permission denied"), for
// anything that is no regular file, and for a file above `largest` bytes.
FileBytes read_file(const std::filesystem::path& file, std::size_t largest = std::size_t{8} << 30);

}  // namespace jt::detector
