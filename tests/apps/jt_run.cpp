#include "apps/jt_run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "support/support.hpp"

namespace jt::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> list;
  for (std::string& word : words) list.push_back(word.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Started::Started(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment,
                 const std::vector<std::string>& launcher)
    : out_(folder / "out.txt"), err_(folder / "err.txt") {
  std::vector<std::string> words = launcher;
  words.emplace_back(JT_PROGRAM);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "ASAN_OPTIONS=detect_leaks=0"};
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&files, 2, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const std::string program = words.front();
  const int error = posix_spawn(&pid_, program.c_str(), &files, nullptr, pointers(words).data(),
                                pointers(variables).data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) throw std::runtime_error("cannot start " + program);
}

void Started::send(int signal) const { kill(pid_, signal); }

Finished Started::wait() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  Finished finished;
  if (WIFEXITED(status)) finished.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  finished.out = read_text(out_);
  finished.err = read_text(err_);
  return finished;
}

Finished run_jt(const std::vector<std::string>& arguments,
                const std::map<std::string, std::string>& environment,
                const std::vector<std::string>& launcher) {
  const TempDir folder;
  return Started(folder.path(), arguments, environment, launcher).wait();
}

std::vector<std::string> minding_permissions() {
  if (::geteuid() != 0) return {};
  return {"/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search",
          "--inh-caps=-dac_override,-dac_read_search"};
}

}  // namespace jt::test
