#include "detector/file_bytes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "detector/array.hpp"

namespace jt::detector {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number_ < 0) fail();
  }
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  [[noreturn]] static void fail() { throw Unreadable(std::generic_category().message(errno)); }

 private:
  int number_;
};

}  // namespace

FileBytes read_file(const std::filesystem::path& path, std::size_t largest) {
  // O_NONBLOCK: opening a named pipe that somebody left in a folder must not wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) Descriptor::fail();
  if (!S_ISREG(about.st_mode)) throw Unreadable("it is no regular file");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size > largest) throw Unreadable(fmt::format("it is larger than {} bytes", largest));
  FileBytes bytes(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::read(file.number(), bytes.data() + have, size - have);
    if (got < 0 && errno != EINTR) Descriptor::fail();
    if (got == 0) break;  // somebody shortened it meanwhile
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  bytes.shrink(have);
  return bytes;
}

}  // namespace jt::detector
