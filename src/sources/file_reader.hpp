// Bytes of one file by pread into one large buffer that is used again and again.
// Under `sources`: why not mmap? A file that shrinks, or a file server that fails, would kill the program
// with SIGBUS; pread says so and the user gets a sentence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace jt::sources {

class FileReader {
 public:
  // Throws SetupError when the file cannot be opened.
  explicit FileReader(std::filesystem::path path);
  ~FileReader();
  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&&) = delete;
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  // The bytes [offset, offset + need); fewer when the file ends before. One read fetches up to `want` bytes
  // when any have to be fetched. Borrowed until the next call. Throws SetupError when reading fails.
  std::span<const std::byte> view(std::uint64_t offset, std::size_t need, std::size_t want);

  [[nodiscard]] std::uint64_t size() const { return size_; }  // when last looked at
  void look_at_size();
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  void start_buffer_at(std::uint64_t offset, std::size_t capacity);
  void fill(std::size_t need, std::size_t want);

  std::filesystem::path path_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
  std::uint64_t begin_ = 0;  // offset in the file of the buffer's first byte
  std::size_t filled_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace jt::sources
