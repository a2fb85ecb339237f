#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <limits>
#include <sstream>

#include "results/atomic_file.h"
#include "results/fields.h"
#include "results/journal.h"
#include "results/reports.h"
#include "tests/results_samples.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

/// A journal in a folder of its own.
struct Place {
  fs::path folder = fs::temp_directory_path() / ("sgdbench-journal-" + std::to_string(::getpid()));
  fs::path path = folder / "journal.jsonl";
  Place() { fs::create_directory(folder); }
  ~Place() { fs::remove_all(folder); }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  void write(const std::string& text) const { std::ofstream(path, std::ios::binary) << text; }
};

/// A text that each kind of column takes: every column of the table gets one.
std::string some_text(const Field<RunRecord>& field, int number) {
  RunRecord row;
  for (const auto& text : {"tex\"t,\nδ " + std::to_string(number), std::string("true"),
                           "0." + std::to_string(1234567 + number), std::to_string(number + 1)})
    if (field.set(row, text) && to_text(field.get(row)) == text) return text;
  return field.name.ends_with("_checksum") ? "fedcba9876543210" : "";
}

RunRecord full_record() {
  RunRecord row;
  int number = 0;
  for (const auto& field : run_fields()) CHECK(field.set(row, some_text(field, ++number)));
  row.seed = std::numeric_limits<std::uint64_t>::max();
  row.lr = 5e-324;
  row.curve = {{0, 0, 0, 0, 0.1 + 0.2, 1e-300, {}, 1.0},
               {1.0 / 3, 1, 1ULL << 60, 7, {}, {}, 0.25, {}}};
  row.staleness = {{0, 0, 5}, {1, 1ULL << 40, 6}};
  row.per_worker = {{0, 0.1, 1.0 / 3, 5e-324, 0, 1, 2, 3, 4, 1ULL << 60},
                    {1, 0, 0, 0, 0, 1ULL << 60, 0, 0, 0, {}}};
  return row;
}

std::string reports_of(const RunRecord& row) {
  return runs_csv({&row, 1}) + curve_csv({&row, 1}) + staleness_csv({&row, 1}) +
         workers_csv({&row, 1});
}

void fill(const Place& place, int rows) {
  Journal journal(place.path);
  journal.start({"c1", "c2"});
  for (int i = 0; i < rows; ++i) journal.append(sample_run(static_cast<std::uint64_t>(i)));
}

}  // namespace

TEST_CASE("A record comes back from its line with every column, point and bin, to the last digit") {
  const auto row = full_record();
  const auto line = journal_line(row);
  CHECK(line.find('\n') == line.size() - 1);
  const auto again = parse_journal_line(line);
  REQUIRE(again);
  CHECK(reports_of(*again) == reports_of(row));
  for (const auto& field : run_fields()) {
    CAPTURE(field.name);
    CHECK(!to_text(field.get(*again)).empty());
  }
  CHECK(reports_of(*parse_journal_line(journal_line(sample_refusal()))) ==
        reports_of(sample_refusal()));
}

TEST_CASE("A line with columns of another version is read, one with a value that can't be is not") {
  CHECK(parse_journal_line(R"({"run_id":"a-0","later_column":[1]})"));
  for (const auto* text : {R"({"run_id":"a-0","workers":-1})", R"({"run_id":"a-0","workers":1.5})",
                           R"({"run_id":"a-0","workers":{}})", R"({"run_id":"a-0","curve":3})",
                           R"({"run_id":"a-0","curve":{"time_s":[1],"loss":[1,2]}})",
                           R"({"workers":1})", "[]", "", "{"}) {
    CAPTURE(text);
    CHECK(!parse_journal_line(text));
  }
}

TEST_CASE("A journal cut at any byte is read up to its last whole row") {
  const Place place;
  fill(place, 3);
  const auto whole = place.content();
  const auto said = whole.find("sgdbench-journal");  // until then, it may be any file
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    place.write(whole.substr(0, bytes));
    CAPTURE(bytes);
    if (bytes > 0 && bytes <= said) {
      REQUIRE_THROWS_AS(load_journal(place.path), BadJournal);
      continue;
    }
    const auto lines = std::count(whole.begin(), whole.begin() + static_cast<long>(bytes), '\n');
    const auto content = load_journal(place.path);
    REQUIRE(content.rows.size() == static_cast<std::size_t>(std::max<long>(0, lines - 1)));
    REQUIRE(content.bytes <= bytes);
    REQUIRE((content.bytes == 0 || whole[content.bytes - 1] == '\n'));
    REQUIRE(content.config_ids.size() == (lines > 0 ? 2 : 0));
  }
}

TEST_CASE(
    "A last line of lost blocks is torn; a bad line before others is an error with its number") {
  const Place place;
  fill(place, 2);
  const auto good = place.content();
  place.write(good + std::string(100, '\0') + "}\n");
  CHECK(load_journal(place.path).rows.size() == 2);
  CHECK(load_journal(place.path).bytes == good.size());
  place.write(good + "{}\n" + journal_line(sample_run(7)));
  CHECK_THROWS_WITH_AS(load_journal(place.path), doctest::Contains("journal.jsonl:4: "),
                       BadJournal);
}

TEST_CASE("A file that is no journal is refused, and an empty one is a journal without rows") {
  const Place place;
  for (const auto* text : {"precious", "precious\n", "{}\n", "{\"schema\":\"other\"}\n", "\n", "{",
                           "{\"schema\":\"", "x"}) {
    CAPTURE(text);
    place.write(text);
    CHECK_THROWS_AS(load_journal(place.path), BadJournal);
  }
  place.write("");
  CHECK(load_journal(place.path).rows.empty());
  fs::remove(place.path);
  CHECK_THROWS_AS(load_journal(place.path), BadJournal);
}

TEST_CASE("Of rows with one run_id the last one counts") {
  const Place place;
  {
    Journal journal(place.path);
    journal.start({"c1"});
    auto row = sample_run(0);
    row.status = "interrupted";
    journal.append(row);
    journal.append(sample_run(1));
    journal.append(sample_run(0));
  }
  const auto rows = read_journal(place.path);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].run_id == "c1-1");
  CHECK(rows[1].status == "ok");
}

TEST_CASE("A journal has one writer at a time") {
  const Place place;
  {
    const Journal first(place.path);
    CHECK_THROWS_WITH_AS(Journal(place.path), doctest::Contains("another sgdbench"), WriteError);
  }
  CHECK_NOTHROW(Journal(place.path));
}

TEST_CASE("What is appended after a torn line was cut off is whole") {
  const Place place;
  fill(place, 2);
  place.write(place.content() + "{\"run_id\":\"to");
  {
    Journal journal(place.path);
    journal.cut(load_journal(place.path).bytes);
    journal.append(sample_run(2));
  }
  CHECK(load_journal(place.path).rows.size() == 3);
}

TEST_CASE("A row that does not fit is an error and leaves whole rows alone") {
  const Place place;
  fill(place, 1);
  const auto before = place.content();
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{before.size() + 50, limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  {
    Journal journal(place.path);
    CHECK_THROWS_AS(journal.append(sample_run(1)), WriteError);
  }
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  CHECK(place.content() == before);
}

TEST_CASE("A folder, a device and a path without a folder are no journals") {
  const Place place;
  for (const auto& bad : {place.folder, fs::path("/dev/null"), place.folder / "no" / "j"}) {
    CAPTURE(bad.string());
    CHECK_THROWS_AS(Journal{bad}, WriteError);
  }
}
