#include "support/support.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace jt::test {

std::filesystem::path testdata() { return JT_TESTDATA; }

std::optional<std::filesystem::path> large_golden() {
  const char* folder = std::getenv("JT_GOLDEN");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  return folder;
}

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "jt-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder: " + pattern);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::byte> read_bytes(const std::filesystem::path& file) {
  const std::string text = read_text(file);
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out) throw std::runtime_error("cannot write " + file.string());
}

void write_bytes(const std::filesystem::path& file, std::span<const std::byte> bytes) {
  write_text(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace jt::test
