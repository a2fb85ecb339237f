// What a killed process leaves behind, and what --resume makes of it.
//
// Each folder sees a few runs that are killed at seeded random moments, each going on from what the
// one before left, and then one that may end. The time of an undisturbed run only scales the
// moments: nothing here depends on how fast the machine is.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "results/journal.h"
#include "tests/cli_process.h"
#include "workloads/random.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using Ids = std::set<std::string>;

constexpr int kKills = 4, kFolders = 25, kAtOnce = 4;
constexpr const char* kOld = "old\n";

pid_t spawn(std::vector<std::string> words) {
  words.insert(words.begin(), SGDBENCH_BINARY);
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&silent, fd, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  if (posix_spawn(&child, SGDBENCH_BINARY, &silent, nullptr, arguments.data(), environ) != 0)
    throw std::runtime_error("the program can't be started");
  posix_spawn_file_actions_destroy(&silent);
  return child;
}

/// The exit code; 128 + the signal that killed it.
int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// A run that leaves all reports in the folder `out`.
std::vector<std::string> sweep(const Scratch& scratch, bool own_journal) {
  std::vector<std::string> words{"run",        "-q",
                                 "--workload", "least-squares",
                                 "--data",     "quadratic:rows=60,features=4",
                                 "--backend",  "sequential,locked",
                                 "--workers",  "1",
                                 "--epochs",   "2",
                                 "--repeats",  "6",
                                 "--output",   scratch.path("out")};
  if (own_journal) words.insert(words.end(), {"--journal", scratch.path("journal.jsonl")});
  return words;
}

Ids ids_of(const std::vector<RunRecord>& rows) {
  Ids ids;
  for (const auto& row : rows) ids.insert(row.run_id);
  return ids;
}

/// "" if this CSV is whole: as wide as its header everywhere, to its last byte.
std::string why_torn(const std::string& csv) {
  if (csv.empty() || csv.back() != '\n') return "ends within a line";
  const auto rows = csv_rows(csv);
  for (const auto& row : rows)
    if (row.size() != rows.front().size()) return "has a row of another width";
  return "";
}

std::string why_bad_report(const std::string& name, const std::string& text, std::size_t runs) {
  if (text == kOld) return "";
  if (name != "run.json") {
    if (name == "runs.csv" && csv_rows(text).size() != 1 + runs) return "lacks rows";
    return why_torn(text);
  }
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return "is no JSON";
  return json["benchmarks"].size() == runs ? "" : "lacks runs";
}

/// What may not be, of what a kill left in this folder; "" if all is well.
std::string complaint(const Scratch& scratch, const fs::path& journal, const Ids& expected) {
  if (fs::exists(journal))
    for (const auto& id : ids_of(load_journal(journal).rows))
      if (!expected.contains(id)) return "an unknown row: " + id;
  if (!fs::exists(scratch.path("out"))) return "";
  for (const auto& entry : fs::directory_iterator(scratch.path("out"))) {
    const auto name = entry.path().filename().string();
    if (name == "journal.jsonl" || name.starts_with(".sgdbench-")) continue;
    if (name == "report.html") {
      if (!content(entry.path()).ends_with("</html>\n")) return "a part of " + name;
      continue;
    }
    if (!Ids{"runs.csv", "curve.csv", "staleness.csv", "targets.csv", "tuning.csv", "workers.csv",
             "run.json"}
             .contains(name))
      return "a file that nobody asked for: " + name;
    const auto why = why_bad_report(name, content(entry.path()), expected.size());
    if (!why.empty()) return name + ' ' + why;
  }
  return "";
}

struct Tally {
  int killed = 0, between_rows = 0;
  std::string complaint;
};

/// Starts the run and kills it at a random moment; false if it ended before.
bool kill_at_random(const std::vector<std::string>& words, double usual_seconds, Random& random) {
  const auto child = spawn(words);
  std::this_thread::sleep_for(std::chrono::duration<double>(usual_seconds * random.uniform()));
  ::kill(child, SIGKILL);
  return wait_for(child) == 128 + SIGKILL;
}

/// "" if the run, left alone, goes on to the rows that it should have.
std::string why_not_complete(const Scratch& scratch, const std::vector<std::string>& words,
                             const Ids& expected) {
  if (wait_for(spawn(words)) != 0) return "it can't go on";
  const auto rows = csv_rows(content(scratch.path("out/runs.csv")));
  Ids ids;
  for (std::size_t i = 1; i < rows.size(); ++i) ids.insert(cell(rows, i, "run_id"));
  return ids == expected && rows.size() == 1 + expected.size() ? "" : "it has other rows";
}

Tally torment(std::uint64_t seed, double usual_seconds, const Ids& expected) {
  const Scratch scratch;
  Random random(seed);
  const bool own_journal = seed % 2 == 0;
  const fs::path journal = scratch.path(own_journal ? "journal.jsonl" : "out/journal.jsonl");
  fs::create_directory(scratch.path("out"));
  if (seed % 4 < 2)
    for (const auto* name : {"out/runs.csv", "out/run.json"}) scratch.file(name, kOld);
  auto words = sweep(scratch, own_journal);
  words.push_back("--resume");
  Tally tally;
  for (int attempt = 0; tally.killed < kKills && attempt < 1000; ++attempt) {
    const bool killed = kill_at_random(words, usual_seconds, random);
    tally.killed += killed ? 1 : 0;
    tally.complaint = complaint(scratch, journal, expected);
    if (!tally.complaint.empty()) return tally;
    const auto rows = fs::exists(journal) ? load_journal(journal).rows.size() : 0;
    tally.between_rows += rows > 0 && rows < expected.size() ? 1 : 0;
    if (!killed) fs::remove(journal);  // the next one starts afresh
  }
  tally.complaint = why_not_complete(scratch, words, expected);
  if (tally.complaint.empty()) tally.complaint = complaint(scratch, journal, expected);
  return tally;
}

/// torment(), with what it throws as a complaint: it runs beside others.
Tally guarded_torment(std::uint64_t seed, double usual_seconds, const Ids& expected) {
  try {
    return torment(seed, usual_seconds, expected);
  } catch (const std::exception& error) {
    return {0, 0, error.what()};
  }
}

}  // namespace

TEST_CASE(
    "A process killed at 100 random moments leaves no report, the old one or a whole one, and "
    "whole rows; --resume makes the run complete") {
  const Scratch undisturbed;
  const auto start = Clock::now();
  REQUIRE(wait_for(spawn(sweep(undisturbed, true))) == 0);
  // Several at once, each takes longer.
  const double usual = 1.5 * std::chrono::duration<double>(Clock::now() - start).count();
  const auto expected = ids_of(read_journal(undisturbed.path("journal.jsonl")));
  REQUIRE(expected.size() == 12);

  std::vector<Tally> tallies(kFolders);
  std::vector<std::thread> threads;
  for (int first = 0; first < kAtOnce; ++first)
    threads.emplace_back([&, first] {
      for (int i = first; i < kFolders; i += kAtOnce)
        tallies[static_cast<std::size_t>(i)] =
            guarded_torment(static_cast<std::uint64_t>(i), usual, expected);
    });
  for (auto& thread : threads) thread.join();

  int killed = 0, between_rows = 0;
  for (const auto& tally : tallies) {
    CHECK(tally.complaint == "");
    killed += tally.killed;
    between_rows += tally.between_rows;
  }
  CHECK(killed == kKills * kFolders);
  MESSAGE(between_rows << " of " << killed << " kills came between two rows");
}

TEST_CASE("SIGTERM and SIGINT end a sweep with 130, its rows written, and it can go on") {
  for (const int signal : {SIGTERM, SIGINT}) {
    const Scratch scratch;
    auto words = sweep(scratch, true);
    words.insert(words.end(), {"--lr", "0.1"});
    auto endless = words;
    *(std::find(endless.begin(), endless.end(), "--repeats") + 1) = "100000";
    const auto child = spawn(endless);
    const fs::path journal = scratch.path("journal.jsonl");
    // The second line is the first row.
    bool runs = true;
    while (runs && content(journal).find("}\n{") == std::string::npos) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      runs = waitpid(child, nullptr, WNOHANG) == 0;
    }
    REQUIRE(runs);
    ::kill(child, signal);
    CHECK(wait_for(child) == 130);
    const auto rows = csv_rows(content(scratch.path("out/runs.csv")));
    std::size_t started = 0;
    for (std::size_t i = 1; i < rows.size(); ++i)
      started += cell(rows, i, "reason") != "not started" ? 1 : 0;
    CHECK(started > 0);
    CHECK(started == load_journal(journal).rows.size());
    CHECK(rows.size() == 1 + started + 10'000);  // of those that were not, the first
    words.push_back("--resume");
    CHECK(wait_for(spawn(words)) == 0);
  }
}
