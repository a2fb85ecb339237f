// --journal and --resume, seen from outside.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/cli_process.h"

using namespace sgdbench;

namespace {

const std::string kAxes =
    "run -q --workload least-squares --data quadratic:rows=60,features=4 --backend "
    "sequential,locked --workers 1 ";
const std::string kSweep = kAxes + "--epochs 2 --repeats 3 ";
const std::string kEndless = kAxes + "--epochs 1000000000 --evaluations 2 ";
/// Virtual times: the same search finds the same to the bit.
const std::string kTunedRun =
    "-q --workload logreg --data rcv1-like:rows=400,features=200 --backend simulator --workers 2 "
    "--compute-time exp:1ms --epochs 4 --target 20% --lr tuned ";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < std::min(count, lines.size()); ++i) text += lines[i] + '\n';
  return text;
}

std::set<std::string> run_ids(const std::string& csv) {
  std::set<std::string> ids;
  const auto rows = csv_rows(csv);
  for (std::size_t i = 1; i < rows.size(); ++i) CHECK(ids.insert(cell(rows, i, "run_id")).second);
  return ids;
}

void check_refused(const Outcome& outcome, int code, const std::string& about) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == code);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK(outcome.err.find(about) != std::string::npos);
}

}  // namespace

TEST_CASE("A sweep that went on from its journal keeps the old rows and makes the missing ones") {
  const Scratch scratch;
  const auto whole = scratch.run(kSweep + "--journal j --csv -");
  CHECK(whole.code == 0);
  const auto journal = lines_of(content(scratch.path("j")));
  REQUIRE(journal.size() == 1 + 6);
  for (std::size_t kept = 0; kept <= 6; ++kept) {
    scratch.file("j", joined(journal, 1 + kept) + (kept % 2 ? "{\"torn" : ""));
    const auto resumed = scratch.run(kSweep + "--journal j --resume --csv -");
    CAPTURE(kept);
    CHECK(resumed.code == 0);
    CHECK(run_ids(resumed.out) == run_ids(whole.out));
    CHECK(joined(lines_of(resumed.out), 1 + kept) == joined(lines_of(whole.out), 1 + kept));
    CHECK(lines_of(content(scratch.path("j"))).size() == 1 + 6);
    const auto rows = csv_rows(resumed.out);
    for (std::size_t i = 1; i < rows.size(); ++i)
      CHECK(cell(rows, i, "order") == std::to_string(i - 1));
    CHECK(scratch.run(kSweep + "--journal j --resume --csv -").out == resumed.out);
  }
}

TEST_CASE("Rows may come in any order, and those that were interrupted are run again") {
  const Scratch scratch;
  const auto whole = scratch.run(kSweep + "--journal j --csv -");
  auto journal = lines_of(content(scratch.path("j")));
  std::reverse(journal.begin() + 1, journal.end());
  auto& line = journal[2];
  line.replace(line.find("\"status\":\"ok\""), 13, "\"status\":\"interrupted\"");
  scratch.file("j", joined(journal, 4));
  const auto resumed = scratch.run(kSweep + "--journal j --resume --csv -");
  CHECK(run_ids(resumed.out) == run_ids(whole.out));
  const auto rows = csv_rows(resumed.out);
  std::set<std::string> orders;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CHECK(cell(rows, i, "status") == "ok");
    CHECK(orders.insert(cell(rows, i, "order")).second);
  }
}

TEST_CASE("A journal that says it all is a report, without a run") {
  const Scratch scratch;
  const auto names = std::string("--csv r.csv --curve c.csv --staleness s.csv ");
  CHECK(scratch.run(kSweep + "--journal j " + names).code == 0);
  const auto all = [&] {
    return content(scratch.path("r.csv")) + content(scratch.path("c.csv")) +
           content(scratch.path("s.csv"));
  };
  const auto before = all();
  CHECK(scratch.run(kSweep + "--journal j --resume " + names).code == 0);
  CHECK(all() == before);
}

TEST_CASE("More repeats are added to those that a journal has") {
  const Scratch scratch;
  CHECK(scratch.run(kSweep + "--journal j").code == 0);
  CHECK(scratch.run(kSweep + "--print-config", "", ">s.toml").code == 0);
  const auto rows =
      csv_rows(scratch.run("run --config s.toml --repeats 4 --journal j --resume --csv -").out);
  CHECK(rows.size() == 1 + 8);
}

TEST_CASE("A journal with rows is neither overwritten nor mixed with another sweep") {
  const Scratch scratch;
  CHECK(scratch.run(kSweep + "--journal j").code == 0);
  const auto before = content(scratch.path("j"));
  check_refused(scratch.run(kSweep + "--journal j"), 2, "--resume");
  check_refused(scratch.run(kSweep + "--lr 0.1 --journal j --resume"), 65, "other configurations");
  check_refused(scratch.run(kSweep + "--resume"), 2, "--journal");
  check_refused(scratch.run(kSweep + "--journal -"), 2, "--journal");
  check_refused(scratch.run(kSweep + "--journal j --csv ./j"), 2, "j");
  CHECK(content(scratch.path("j")) == before);
  scratch.file("notes", "precious\n");
  check_refused(scratch.run(kSweep + "--journal notes --resume"), 65, "no journal");
  check_refused(scratch.run(kSweep + "--journal notes"), 65, "no journal");
  CHECK(content(scratch.path("notes")) == "precious\n");
}

TEST_CASE("Other data under the same name, and another build, are refused") {
  const Scratch scratch;
  const std::string sweep =
      "run -q --workload logreg --data d.svm --backend sequential --epochs 1 --repeats 2 ";
  scratch.file("d.svm", "+1 1:0.5\n-1 2:1\n");
  CHECK(scratch.run(sweep + "--journal j").code == 0);
  const auto journal = lines_of(content(scratch.path("j")));
  scratch.file("j", joined(journal, 2));
  scratch.file("d.svm", "+1 1:0.5\n-1 2:2\n");
  check_refused(scratch.run(sweep + "--journal j --resume"), 65, "checksum");
  scratch.file("d.svm", "+1 1:0.5\n-1 2:1\n");
  auto line = journal[1];
  line.replace(line.find("\"compiler\":\"") + 12, 3, "tcc");
  scratch.file("j", journal[0] + '\n' + line + '\n');
  check_refused(scratch.run(sweep + "--journal j --resume"), 65, "compiler");
}

TEST_CASE("Rows of other data are refused though none is missing, and the reports stay") {
  const Scratch scratch;
  const std::string rows = "+1 1:0.5\n-1 2:1\n", others = "+1 1:0.5\n-1 2:2\n";
  for (const auto* name : {"d.svm", "t.svm"}) scratch.file(name, rows);
  const std::string sweep =
      "run -q --workload logreg --data d.svm --test-data t.svm --backend sequential --epochs 1 "
      "--repeats 1 --journal j --csv r.csv ";
  CHECK(scratch.run(sweep).code == 0);
  const auto report = content(scratch.path("r.csv"));
  for (const std::string name : {"d.svm", "t.svm"}) {
    CAPTURE(name);
    scratch.file(name, others);
    check_refused(scratch.run(sweep + "--resume"), 65, name + " is no longer what it was");
    scratch.file(name, "no data\n");
    CHECK(scratch.run(sweep + "--resume").code == 65);
    CHECK(content(scratch.path("r.csv")) == report);
    scratch.file(name, rows);
  }
  CHECK(scratch.run(sweep + "--resume").code == 0);
  CHECK(content(scratch.path("r.csv")) == report);
}

TEST_CASE("All old rows are of their data before a new one is made") {
  const Scratch scratch;
  for (const auto* name : {"a.svm", "b.svm"}) scratch.file(name, "+1 1:0.5\n-1 2:1\n");
  const std::string sweep =
      "run -q --workload logreg --data a.svm,b.svm --backend sequential --epochs 1 --repeats 1 "
      "--journal j ";
  CHECK(scratch.run(sweep).code == 0);
  const auto journal = lines_of(content(scratch.path("j")));
  REQUIRE(journal.size() == 3);
  const auto of_b = journal[0] + '\n' + journal[2] + '\n';
  scratch.file("j", of_b);
  scratch.file("b.svm", "+1 1:0.5\n-1 2:2\n");
  check_refused(scratch.run(sweep + "--resume"), 65, "b.svm is no longer what it was");
  CHECK(content(scratch.path("j")) == of_b);
}

TEST_CASE("A trace of other durations makes another configuration") {
  const Scratch scratch;
  scratch.file("distributions", "1us\n");
  const auto sweep = kSweep + "--compute-delay trace:distributions --journal j ";
  CHECK(scratch.run(sweep).code == 0);
  CHECK(scratch.run(sweep + "--resume").code == 0);
  scratch.file("distributions", "2us\n");
  check_refused(scratch.run(sweep + "--resume"), 65, "other configurations");
}

TEST_CASE("A repeat that ended by an error says nothing of the search before it") {
  const Scratch scratch;
  const auto tuned = "run --no-cache --journal j.jsonl --csv runs.csv --repeats 4 " + kTunedRun;
  REQUIRE(scratch.run(tuned).code == 0);
  const auto before = csv_rows(content(scratch.path("runs.csv")));
  std::istringstream lines(content(scratch.path("j.jsonl")));
  std::string header, line;
  std::getline(lines, header);
  std::getline(lines, line);
  auto row = nlohmann::ordered_json::parse(line);
  row["status"] = "failed";
  row["reason"] = "std::bad_alloc";
  row["updates"] = nullptr;
  scratch.file("j.jsonl", header + '\n' + row.dump() + '\n');
  const auto resumed = scratch.run(tuned + "--resume");
  CHECK(resumed.code == 0);
  const auto rows = csv_rows(content(scratch.path("runs.csv")));
  REQUIRE(rows.size() == 1 + 4);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const bool failed = cell(rows, i, "repeat") == std::to_string(row.at("repeat").get<int>());
    CHECK(cell(rows, i, "status") == (failed ? "failed" : "ok"));
    CHECK(cell(rows, i, "lr") == cell(before, 1, "lr"));
  }
  // One of a search in vain stands for all.
  const auto hopeless =
      "run --no-cache --journal v.jsonl --csv vain.csv --max-seconds 1e-9 " + kTunedRun;
  REQUIRE(scratch.run(hopeless + "--repeats 1 ").code == 0);
  REQUIRE(scratch.run(hopeless + "--repeats 3 --resume").code == 0);
  const auto vain = csv_rows(content(scratch.path("vain.csv")));
  REQUIRE(vain.size() == 1 + 3);
  for (const auto* column : {"status", "reason", "tuning_trials", "tuning_s"})
    for (const std::size_t i : {2, 3}) CHECK(cell(vain, i, column) == cell(vain, 1, column));
}

TEST_CASE("A row that no run of the sweep made is refused with its line") {
  const Scratch scratch;
  CHECK(scratch.run(kSweep + "--journal j").code == 0);
  const auto journal = lines_of(content(scratch.path("j")));
  const auto with = [&](const std::string& key, const std::string& value) {
    auto lines = journal;
    const auto at = lines[2].find("\"" + key + "\":");
    lines[2].replace(at, lines[2].find(',', at) - at, "\"" + key + "\":" + value);
    scratch.file("j", joined(lines, lines.size()));
    return scratch.run(kSweep + "--journal j --resume --csv r.csv");
  };
  check_refused(with("status", "\"bogus\""), 65, "j:3:1: 'bogus' is no status");
  check_refused(with("config_id", "\"0123456789\""), 65, "j:3:1: ");
  check_refused(with("run_id", "\"0123456789-0\""), 65, "j:3:1: ");
  check_refused(with("repeat", "7"), 65, "j:3:1: ");
  CHECK(!std::filesystem::exists(scratch.path("r.csv")));
}

TEST_CASE("--output keeps a journal of its own until its reports are whole") {
  const Scratch scratch;
  const auto journal = scratch.path("made/journal.jsonl");
  CHECK(scratch.run(kSweep + "--output made").code == 0);
  CHECK(!std::filesystem::exists(journal));
  const auto cut = scratch.run(
      kEndless + "--max-seconds 0.02 --repeats 200 --output made", "{",
      ">out & while kill -0 $! && ! [ $(wc -l <made/journal.jsonl) -gt 2 ]; do sleep 0.02; done "
      "2>/dev/null; kill -TERM $!; wait $!; }");
  CHECK(cut.code == 130);
  CHECK(std::filesystem::exists(journal));
  // What was not started has a row in the report, and none in the journal.
  const auto rows = csv_rows(content(scratch.path("made/runs.csv")));
  REQUIRE(rows.size() == 1 + 2 * 200);
  CHECK(cell(rows, 1, "status") == "timeout");
  CHECK(cell(rows, 400, "status") == "interrupted");
  CHECK(cell(rows, 400, "reason") == "not started");
  CHECK(cell(rows, 400, "order") == "399");
  CHECK(lines_of(content(journal)).size() < 300);
  check_refused(scratch.run(kSweep + "--output made --resume"), 65, "other configurations");
  check_refused(scratch.run(kSweep + "--output made"), 2, "--resume");
}

TEST_CASE("Two processes can't add to one journal") {
  const Scratch scratch;
  scratch.file("j", "");
  check_refused(scratch.run(kSweep + "--journal j", "flock j"), 74, "another sgdbench");
}

TEST_CASE("A file that may not grow ends a sweep with 74, and the reports have what was measured") {
  const Scratch scratch;
  const auto done = scratch.run(kSweep + "--journal j --csv - | cat >out", "ulimit -f 8; ", ";");
  CHECK(done.err.find("cannot write j") != std::string::npos);
  CHECK(csv_rows(done.out).size() > 1);
  const auto journal = content(scratch.path("j"));
  CHECK(!journal.empty());
  CHECK(journal.back() == '\n');
}
