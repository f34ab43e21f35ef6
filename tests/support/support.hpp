// What tests share: where the golden data lies, a folder that goes away, whole files in and out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace jt::test {

// The committed golden data, unpacked by the build: testdata() / "golden/xtc/xcs/xcsjt1236/xtc/...".
std::filesystem::path testdata();

// The larger golden set (environment JT_GOLDEN), for tests that skip, and say so, without it.
std::optional<std::filesystem::path> large_golden();

// A fresh folder, removed with all it holds.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::vector<std::byte> read_bytes(const std::filesystem::path& file);
std::string read_text(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, std::span<const std::byte> bytes);
void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace jt::test

// Skips the running test, saying why, when the larger golden set is not there.
#define JT_NEEDS_LARGE_GOLDEN()  \
  if (!jt::test::large_golden()) \
  GTEST_SKIP() << "JT_GOLDEN is not set: this check against the larger golden set is skipped"
