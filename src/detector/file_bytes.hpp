// A whole regular file in memory, and a file that appears complete or not at all.
// Below every reader and writer of the calibration store.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
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

// Writes beside, flushes to the disk and renames. Throws Unreadable with the system's reason.
void write_file_whole(const std::filesystem::path& file, std::span<const std::string_view> parts);

}  // namespace jt::detector
