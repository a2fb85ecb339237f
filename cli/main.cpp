// Dispatch, and from exceptions to exit codes.
#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "backends/mpi/job.h"
#include "cli/follow.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "results/files.h"
#include "results/journal.h"
#include "results/reading/report_reader.h"
#include "workloads/names.h"

namespace {

using namespace sgdbench;

enum ExitCode {
  kUsage = 2,
  kBadData = 65,
  kMissingData = 66,
  kInternal = 70,
  kCannotWrite = 74,
  kStopped = kInterruptedExit
};

int dispatch(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  if (parsed.version) {
    print(version_text());
    return 0;
  }
  if (!parsed.help.empty()) {
    print(parsed.help);
    return 0;
  }
  return parsed.verb->act(parsed.invocation);
}

int fail_with(ExitCode code, std::string_view what) {
  talk(what);  // where stderr is closed, the exit code says it
  return code;
}

/// What the program exits with where `act` does its work.
template <class Act>
int exit_code_of(Act act) {
  try {
    return act();
  } catch (const UsageError& error) {
    return fail_with(kUsage, error.what());
  } catch (const BadData& error) {
    return fail_with(kBadData, error.what());
  } catch (const BadJournal& error) {
    return fail_with(kBadData, error.what());
  } catch (const MissingData& error) {
    return fail_with(kMissingData, error.what());
  } catch (const Interrupted&) {
    return kInterruptedExit;
  } catch (const BadReport& error) {
    return fail_with(kBadData, error.what());
  } catch (const MissingReport& error) {
    return fail_with(kMissingData, error.what());
  } catch (const WriteError& error) {
    return fail_with(kCannotWrite, error.what());
  } catch (const StoppedWaiting& error) {
    return fail_with(kStopped, error.what());
  } catch (const std::bad_alloc&) {
    return fail_with(kInternal, "out of memory");
  } catch (const std::exception& error) {
    return fail_with(kInternal, fmt::format("internal error: {}", error.what()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_descriptors();
  // A reader that goes away (| head) and a file that may grow no more (ulimit -f) are errors of
  // write(), not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  const int code =
      exit_code_of([&] { return joins_as_first(words) ? dispatch(words) : follow_verb(); });
  leave_job();
  return code;
}
