// A command of the user's, run by a shell.
#pragma once

#include <string>

namespace sgdbench {

struct CommandOutcome {
  int status = 0;      ///< exit code, or 128 + the signal that ended it
  std::string errors;  ///< what it said on stderr
};

/// Runs `command` by /bin/sh in a process group of its own, its stdout thrown away, and waits for
/// it. When this program is interrupted, the group is, too. Throws std::system_error if there is no
/// shell.
CommandOutcome run_command(const std::string& command, const std::string& error_file);

}  // namespace sgdbench
