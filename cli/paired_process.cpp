#include "cli/paired_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <system_error>

#include "cli/interrupt.h"

namespace sgdbench {
namespace {

/// What is opened and how the child begins; both are freed at the end.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  explicit SpawnPlan(const std::string& error_file) {
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
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

pid_t start(const std::string& command, const std::string& error_file) {
  const SpawnPlan plan(error_file);
  std::string shell = "sh", option = "-c", text = command;
  char* words[] = {shell.data(), option.data(), text.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawn(&child, "/bin/sh", &plan.actions, &plan.attributes, words, environ);
  if (error != 0) throw std::system_error(error, std::generic_category(), "cannot start /bin/sh");
  return child;
}

/// A signal interrupts waitpid(), as its handler is set without SA_RESTART.
int wait_for(pid_t child) {
  int status = 0;
  bool told = false;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    if (told || !interrupted().load(std::memory_order_relaxed)) continue;
    kill(-child, SIGINT);
    told = true;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

CommandOutcome run_command(const std::string& command, const std::string& error_file) {
  CommandOutcome outcome;
  outcome.status = wait_for(start(command, error_file));
  std::ostringstream errors;
  errors << std::ifstream(error_file, std::ios::binary).rdbuf();
  outcome.errors = errors.str();
  return outcome;
}

}  // namespace sgdbench
