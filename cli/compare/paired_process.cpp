#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <system_error>

#include "cli/compare/compare.h"
#include "cli/terminal.h"

namespace sgdbench {
namespace {

/// What is opened and how the child begins; both are freed at the end.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnPlan(const std::string& error_file, const sigset_t& mask) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error_file.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawnattr_init(&attributes);
    sigset_t usual;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);  // ignored here, and that would be inherited
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

pid_t start(const std::string& command, const std::string& error_file, const sigset_t& mask) {
  const SpawnPlan plan(error_file, mask);
  std::string shell = "sh", option = "-c", text = command;
  char* words[] = {shell.data(), option.data(), text.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &plan.actions, &plan.attributes, words, environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start /bin/sh");
  return child;
}

/// Waits for the child, or for the user. A signal that came just before waitpid() would be noticed
/// only after the child: so they are all held back, but while ppoll() waits for them.
class Waiting {
 public:
  Waiting() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&held, signal);
    sigprocmask(SIG_BLOCK, &held, &usual_);
    struct sigaction action {};
    action.sa_handler = [](int) {};  // without a handler, SIGCHLD would end no ppoll()
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, &before_);
  }
  ~Waiting() {
    sigaction(SIGCHLD, &before_, nullptr);
    sigprocmask(SIG_SETMASK, &usual_, nullptr);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  const sigset_t& usual() const { return usual_; }

  int wait_for(pid_t child) const {
    int status = 0;
    bool told = false;
    while (waitpid(child, &status, WNOHANG) == 0) {
      if (!told && interrupted().load(std::memory_order_relaxed)) {
        kill(-child, SIGINT);
        told = true;
      }
      ppoll(nullptr, 0, nullptr, &usual_);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  sigset_t usual_;
  struct sigaction before_ {};
};

}  // namespace

CommandOutcome run_command(const std::string& command, const std::string& error_file) {
  CommandOutcome outcome;
  const Waiting waiting;
  outcome.status = waiting.wait_for(start(command, error_file, waiting.usual()));
  std::ostringstream errors;
  errors << std::ifstream(error_file, std::ios::binary).rdbuf();
  outcome.errors = errors.str();
  return outcome;
}

}  // namespace sgdbench
