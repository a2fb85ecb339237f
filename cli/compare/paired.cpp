// `sgdbench compare --paired OLD NEW`: two builds, run alternately, compared round by round.
//
// The idea: a machine that gets slower or faster does so for both commands of a round, so the
// factor within a round hardly sees it. Each command goes first in half of the rounds, in a random
// order, so that being first or second favours neither. Round r trains with seed 1 + r on both
// sides, unless a command has a --seed of its own.
//
// Invariant: only rounds that both commands completed are compared.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <system_error>

#include "cli/compare/compare.h"
#include "cli/outputs.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "results/atomic_file.h"
#include "results/reading/report_reader.h"
#include "results/statistics/ranks.h"
#include "results/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr int kUsage = 2, kNotAllOk = 3, kBadData = 65, kMissingData = 66, kFailed = 70;
constexpr int kNotExecutable = 126, kNotFound = 127;
constexpr std::uint64_t kFirstSeed = 1;

/// A command could not do its work; what() is one line. Both are for the user.
struct CommandFailed : std::runtime_error {
  CommandFailed(const std::string& what, int exit_code, std::string said_by_it)
      : std::runtime_error(what), code(exit_code), said(std::move(said_by_it)) {}
  int code;
  std::string said;
};

class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    auto name = (std::filesystem::temp_directory_path(error) / "sgdbench-XXXXXX").string();
    if (!error && !mkdtemp(name.data())) error.assign(errno, std::generic_category());
    if (error)
      throw WriteError(
          fmt::format("cannot make a temporary folder: {}; TMPDIR says where", error.message()));
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// One of the two commands, and the rows of its rounds.
struct Side {
  std::string_view name;
  std::string command;
  std::vector<RunRecord> rows;
  std::map<std::string, std::string> ids;  ///< of what a configuration is but for the seed
};

bool says(const std::string& command, const std::string& option) {
  std::istringstream words(command);
  for (std::string word; words >> word;)
    if (word == option || word.starts_with(option + '=')) return true;
  return false;
}

/// A command's program, suite, data and so on: every word of it that is a file.
void reads_words(FileUse& files, const std::string& command) {
  std::istringstream words(command);
  for (std::string word; words >> word;)
    for (const auto& path : {word, word.substr(word.find('=') + 1)})
      if (path != "-" && std::filesystem::is_regular_file(path)) files.reads("the command", path);
}

/// What a round decides, the user may not.
void check_command(const Side& side) {
  for (const auto* option : {"--csv", "--repeats", "--until-ci", "--journal", "--resume"})
    if (says(side.command, option))
      throw UsageError(fmt::format("{}: leave {} out; each round is one repeat, read from a file",
                                   side.name, option));
}

bool has_seed(const Side& side) {
  return says(side.command, "--seed");
}

std::string command_of_round(const Side& side, const std::string& csv, std::uint64_t round) {
  auto line = fmt::format("{} --csv {} --repeats 1", side.command, shell_quote(csv));
  if (!says(side.command, "-q") && !says(side.command, "--quiet")) line += " -q";
  if (!has_seed(side)) line += fmt::format(" --seed {}", kFirstSeed + round);
  return line;
}

/// What a configuration is, the seed of the round aside: the command that repeats it.
std::string command_without_seed(const Side& side, const RunRecord& row) {
  if (row.command.empty() || has_seed(side)) return row.config_id;
  std::istringstream words(row.command);
  std::string command;
  for (std::string word; words >> word;) {
    if (word == "--seed")
      words >> word;
    else
      command += word + ' ';
  }
  return command;
}

/// The rows of a round under the names of the first. Two of one name would be one pair, and one of
/// them lost.
void adopt(Side& side, std::vector<RunRecord> rows, std::uint64_t round) {
  std::set<std::string> seen;
  for (auto& row : rows) {
    row.config_id = side.ids.emplace(command_without_seed(side, row), row.config_id).first->second;
    if (!seen.insert(row.config_id).second)
      throw CommandFailed(fmt::format("the {} command ran {} twice in round {}; a round has each "
                                      "configuration once",
                                      side.name, row.config_id, round + 1),
                          kUsage, "");
    row.repeat = round;
    row.run_id = fmt::format("{}-{}", row.config_id, round);
    side.rows.push_back(std::move(row));
  }
}

int exit_code_for(int status) {
  switch (status) {
    case kUsage:
    case kNotExecutable:
    case kNotFound:
      return kUsage;
    case kBadData:
    case kMissingData:
      return status;
    default:
      return kFailed;
  }
}

std::vector<RunRecord> run_once(const Side& side, const ScratchFolder& folder,
                                std::uint64_t round) {
  const auto csv = folder.file("runs.csv");
  std::error_code ignored;
  std::filesystem::remove(csv, ignored);
  const auto outcome = run_command(command_of_round(side, csv, round), folder.file("errors"));
  if (interrupted().load(std::memory_order_relaxed)) return {};
  if (outcome.status != 0 && outcome.status != kNotAllOk)
    throw CommandFailed(fmt::format("the {} command ended with exit code {} in round {}", side.name,
                                    outcome.status, round + 1),
                        exit_code_for(outcome.status), outcome.errors);
  try {
    return read_report(csv).runs;
  } catch (const MissingReport&) {
    throw CommandFailed(
        fmt::format("the {} command wrote no report; is it `sgdbench run …`?", side.name), kUsage,
        outcome.errors);
  } catch (const BadReport& error) {
    throw CommandFailed(
        fmt::format("what the {} command wrote is no report: {}", side.name, error.what()),
        kBadData, outcome.errors);
  }
}

/// Rounds until all are done or the user has had enough.
void run_rounds(Side& old_one, Side& new_one, std::uint64_t rounds, Progress& progress) {
  const ScratchFolder folder;
  std::mt19937_64 coin(kFirstSeed);
  bool swapped = false;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    // Of two rounds, either order once: an interrupted comparison is balanced too.
    swapped = round % 2 == 0 ? coin() >> 63 != 0 : !swapped;
    std::vector<RunRecord> rows[2];
    for (const bool second : {swapped, !swapped}) {
      const auto& side = second ? new_one : old_one;
      progress.step(fmt::format("round {}: {}", round + 1, side.name));
      rows[second] = run_once(side, folder, round);
      if (interrupted().load(std::memory_order_relaxed)) return;
    }
    adopt(old_one, std::move(rows[0]), round);
    adopt(new_one, std::move(rows[1]), round);
  }
}

/// Two configurations that are not the same, but were asked to be compared.
std::string match_single(const Side& old_one, Side& new_one) {
  if (old_one.ids.size() != 1 || new_one.ids.size() != 1) return "";
  const auto& [old_course, old_id] = *old_one.ids.begin();
  const auto& [new_course, new_id] = *new_one.ids.begin();
  if (old_id == new_id) return "";
  for (auto& row : new_one.rows) {
    row.config_id = old_id;
    row.deterministic = false;  // another run is no change of this one
  }
  return fmt::format("different configurations are compared: {} in OLD and {} in NEW", old_id,
                     new_id);
}

int complain(const CommandFailed& failed) {
  talk_raw(printable_lines(failed.said));
  if (!failed.said.empty() && !failed.said.ends_with('\n')) talk_raw("\n");
  talk(failed.what());
  return failed.code;
}

}  // namespace

int compare_commands(const Invocation& invocation) {
  const auto& given = invocation.given;
  auto options = comparison_options_of(given);
  options.paired = true;
  FileUse files;
  for (const auto& command : invocation.positionals) reads_words(files, command);
  check_comparison_output(given, files);
  const auto rounds =
      parse_count(given.text("--rounds", find_option(kCompare, "--rounds").initial), 1, kMostPairs);
  const auto inject = given.has("--inject") ? inject_of(given) : 0;
  Side old_one{"OLD", invocation.positionals[0], {}, {}};
  Side new_one{"NEW", invocation.positionals[1], {}, {}};
  check_command(old_one);
  check_command(new_one);

  catch_interrupts();
  Progress progress(2 * rounds, given.has("--quiet"));
  try {
    run_rounds(old_one, new_one, rounds, progress);
  } catch (const CommandFailed& failed) {
    progress.clear();
    return complain(failed);
  }
  progress.clear();
  const bool stopped = interrupted().load(std::memory_order_relaxed);
  if (old_one.rows.empty()) return kInterruptedExit;
  const auto remark = match_single(old_one, new_one);
  ComparisonReport report(compare(old_one.rows, new_one.rows, options), options,
                          given.has("--strict"));
  report.base_source = source_text(old_one.command, "paired", old_one.rows);
  report.new_source = source_text(new_one.command, "paired", new_one.rows);
  if (!remark.empty()) report.remarks.push_back(remark);
  if (inject > 0) report.remarks.push_back(report.self_test(inject));
  report.interrupted = stopped;
  if (stopped)
    report.remarks.push_back(fmt::format("interrupted after {} of {} rounds: exit {}",
                                         old_one.rows.back().repeat + 1, rounds, kInterruptedExit));
  return write_comparison(report, given);
}

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
