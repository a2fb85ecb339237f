#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <locale>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "results/journal.h"
#include "results/reports.h"
#include "results/targets.h"
#include "tests/results_samples.h"

using namespace sgdbench;
namespace fs = std::filesystem;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string line(const std::string& text, int number) {
  std::size_t start = 0;
  for (int i = 0; i < number; ++i) start = text.find('\n', start) + 1;
  return text.substr(start, text.find('\n', start) - start);
}

/// Cells of a CSV line by column name, unquoted.
std::map<std::string, std::string> cells(const std::string& csv) {
  std::map<std::string, std::string> found;
  const std::string row = csv.substr(csv.find('\n') + 1);
  std::size_t at = 0;
  for (const auto& field : run_fields()) {
    std::string text;
    bool quoted = false;
    for (; at < row.size() && (quoted || (row[at] != ',' && row[at] != '\n')); ++at) {
      const bool doubled = quoted && row.compare(at, 2, "\"\"") == 0;
      if (row[at] == '"' && !doubled)
        quoted = !quoted;
      else
        text += row[at];
      if (doubled) ++at;
    }
    ++at;
    found[std::string(field.name)] = text;
  }
  CHECK(at == row.size());
  return found;
}

/// Makes and sets a locale with a decimal comma for both the C and the C++ library; the old one
/// comes back at the end.
class CommaLocale {
 public:
  CommaLocale() {
    fs::create_directory(folder_);
    std::ofstream(folder_ / "source")
        << "comment_char %\nescape_char /\nLC_NUMERIC\ndecimal_point \",\"\n"
           "thousands_sep \".\"\ngrouping 3;3\nEND LC_NUMERIC\n";
    const auto at = folder_.string();
    // It warns of the categories that are missing, and its exit code says so too.
    std::ignore = std::system(
        ("localedef -c -i '" + at + "/source' '" + at + "/comma' >'" + at + "/log' 2>&1").c_str());
    ::setenv("LOCPATH", at.c_str(), 1);
    for_c_ = std::setlocale(LC_ALL, "comma") != nullptr;
    std::locale::global(std::locale(std::locale(), new Comma));
  }
  ~CommaLocale() {
    std::locale::global(std::locale::classic());
    std::setlocale(LC_ALL, "C");
    ::unsetenv("LOCPATH");
    fs::remove_all(folder_);
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;
  /// Whether the C library has it: not where there is no localedef.
  bool for_c() const { return for_c_; }

 private:
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  fs::path folder_ = fs::temp_directory_path() / ("sgdbench-locale-" + std::to_string(::getpid()));
  bool for_c_ = false;
};

const auto kNumbers = std::to_array<double>(
    {0.0, -0.0, 0.1, 1.0 / 3, 1e-300, 5e-324, 1.7976931348623157e308, 123456789.125, 1e23,
     -2.2250738585072014e-308, 9007199254740993.0, 4.35, 0.30000000000000004});

void check_round_trips() {
  for (const double number : kNumbers) {
    const std::string text = to_text(number);
    CHECK(text.find(',') == std::string::npos);
    char* end = nullptr;
    // strtod follows the locale, so the comparison is made in the "C" locale.
    const std::string locale = std::setlocale(LC_NUMERIC, nullptr);
    std::setlocale(LC_NUMERIC, "C");
    CHECK(std::strtod(text.c_str(), &end) == number);
    std::setlocale(LC_NUMERIC, locale.c_str());
    CHECK(*end == '\0');
  }
}

}  // namespace

TEST_CASE("The header of runs.csv starts with the required columns in their order") {
  const std::string required =
      "run_id,config_id,repeat,order,status,reason,workload,data,examples,features,backend,"
      "protocol,write,workers,rule,kernels,batch,lr,lr_schedule,staleness_policy,l2,seed,epochs,"
      "updates,examples_processed,gradient_evaluations,wall_s,compute_s,wait_s,communicate_s,"
      "observe_s,evaluate_s,load_s,updates_per_s,examples_per_s,loss_initial,loss_final,"
      "loss_optimum,accuracy_final,target_loss,time_to_target_s,epochs_to_target,"
      "updates_to_target,staleness_mean,staleness_p50,staleness_p95,staleness_max,"
      "staleness_mode,lost_updates,parallel_capacity,line_transfer_ns,peak_rss_bytes,clock,"
      "deterministic";
  CHECK((line(runs_csv({}), 0) + ',').starts_with(required + ','));
}

TEST_CASE("The headers of curve.csv, staleness.csv and workers.csv are exactly the promised ones") {
  CHECK(curve_csv({}) ==
        "run_id,point,time_s,epoch,updates,examples_processed,loss,suboptimality,test_loss,"
        "test_accuracy,config_id,backend,protocol,workers,batch,lr,repeat\n");
  CHECK(staleness_csv({}) == "run_id,worker,staleness,count\n");
  CHECK(workers_csv({}) ==
        "run_id,worker,compute_s,wait_s,communicate_s,observe_s,updates,computed,applied,dropped,"
        "local_steps,queue_s,bytes_sent,bytes_received\n");
}

TEST_CASE("Every column has a name of its own and a meaning of one line") {
  std::set<std::string_view> names;
  for (const auto& field : run_fields()) {
    CHECK(names.insert(field.name).second);
    CHECK_FALSE(field.meaning.empty());
    CHECK(field.meaning.find('\n') == std::string_view::npos);
  }
}

TEST_CASE("A cell with a comma, a quote or a line end is quoted, and no other is") {
  RunRecord run = sample_run();
  run.reason = "said \"no\",\ntwice";
  const std::string csv = runs_csv({&run, 1});
  CHECK(csv.find(",\"said \"\"no\"\",\ntwice\",logreg,\"rcv1-like:rows=20000,seed=3\",") !=
        std::string::npos);
  const auto found = cells(csv);
  CHECK(found.at("reason") == run.reason);
  CHECK(found.at("data") == run.data);
  for (const char* text : {"a,b", "a\"b", "a\nb", "a\rb"}) {
    run.reason = text;
    CHECK(cells(runs_csv({&run, 1})).at("reason") == text);
  }
}

TEST_CASE("Each value stands under its own column") {
  RunRecord run = sample_run();
  run.seed = 7;
  run.staleness_p95 = 3;
  run.deterministic = true;
  run.data_checksum = 0xab;
  run.command = "sgdbench run";
  const auto found = cells(runs_csv({&run, 1}));
  CHECK(found.at("seed") == "7");
  CHECK(found.at("lr") == "0.1");
  CHECK(found.at("staleness_p95") == "3");
  CHECK(found.at("deterministic") == "true");
  CHECK(found.at("data_checksum") == "00000000000000ab");
  CHECK(found.at("command") == "sgdbench run");
  CHECK(found.at("loss_optimum").empty());
  CHECK(found.at("protocol").empty());
}

TEST_CASE("A double is written with the fewest digits that read back the same") {
  check_round_trips();
  CHECK(to_text(0.1) == "0.1");
  CHECK(to_text(5.0) == "5");
}

TEST_CASE("Reports are the same bytes under a locale with a decimal comma") {
  RunRecord runs[] = {sample_run(0), sample_run(1)};
  runs[0].curve.resize(1);
  runs[0].curve[0].time_s = 1234567.25;
  runs[0].curve[0].updates = 1'234'567;
  runs[0].curve[0].loss = 1e-300;
  runs[0].staleness = {{.worker = 0, .staleness = 1'234'567, .count = 7'654'321}};
  const auto reports = [&] {
    return runs_csv(runs) + curve_csv(runs) + staleness_csv(runs) + report_json(runs, {}) +
           report_markdown(runs) + journal_line(runs[0]);
  };
  const auto usual = reports();
  const CommaLocale comma;
  std::ostringstream witness;
  witness << 1234.5;
  CHECK(witness.str() == "1.234,5");
  if (comma.for_c())
    CHECK(std::string(std::localeconv()->decimal_point) == ",");
  else
    MESSAGE("without localedef, only the C++ library has a decimal comma");
  CHECK(reports() == usual);
  check_round_trips();
  const auto again = parse_journal_line(journal_line(runs[0]));
  REQUIRE(again);
  CHECK(runs_csv({&*again, 1}) == runs_csv({&runs[0], 1}));
}

TEST_CASE("A number that is not finite is an empty cell") {
  RunRecord run = sample_run();
  run.lr = kNaN;
  run.loss_final = -kInfinity;
  run.curve.resize(1);
  run.curve[0].time_s = kInfinity;
  run.curve[0].loss = kNaN;
  for (const auto& field : run_fields())
    if (field.name == "lr") CHECK(std::holds_alternative<std::monostate>(field.get(run)));
  const auto found = cells(runs_csv({&run, 1}));
  CHECK(found.at("lr").empty());
  CHECK(found.at("loss_final").empty());
  CHECK(line(curve_csv({&run, 1}), 1) == "c1-0,0,,0,0,0,,,,,c1,some-backend,,2,8,,0");
  CHECK(to_text(kNaN).empty());
  CHECK(to_text(kInfinity).empty());
}

TEST_CASE("The curve and the histogram name their run in every row") {
  RunRecord runs[] = {sample_run(0), sample_run(1)};
  runs[0].curve.resize(2);
  runs[0].curve[1].time_s = 0.5;
  runs[0].curve[1].updates = 9;
  runs[0].curve[1].loss = 0.25;
  runs[1].staleness = {{.worker = 1, .staleness = 2, .count = 30}};
  CHECK(line(curve_csv(runs), 2) == "c1-0,1,0.5,0,9,0,0.25,,,,c1,some-backend,,2,8,0.1,0");
  CHECK(line(staleness_csv(runs), 1) == "c1-1,1,2,30");
  runs[1].per_worker = {{0, 0.5, 0.25, 0, 0, 3, 5, 4, 1, {}},
                        {1, 0.5, 0.25, 0, 0, 3, 5, 4, 1, 5, 2, 7, 8}};
  CHECK(line(workers_csv(runs), 1) == "c1-1,0,0.5,0.25,0,0,3,5,4,1,,0,,");
  CHECK(line(workers_csv(runs), 2) == "c1-1,1,0.5,0.25,0,0,3,5,4,1,5,2,7,8");
}

TEST_CASE("The README describes every column with its unit and meaning") {
  std::ifstream file(SGDBENCH_SOURCE_DIR "/README.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto described = [&](const auto& fields) {
    for (const auto& field : fields) {
      const std::string row = "| `" + std::string(field.name) + "` | " + std::string(field.unit) +
                              " | " + std::string(field.meaning) + " |\n";
      INFO(row);
      CHECK(text.find(row) != std::string::npos);
    }
  };
  described(run_fields());
  described(curve_fields());
  described(staleness_fields());
  described(worker_fields());
  described(target_fields());
}
