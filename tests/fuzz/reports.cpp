// What this program has written, or says that it has.
#include "results/reports.h"

#include <cmath>

#include "cli/cache.h"
#include "cli/compare/compare.h"
#include "cli/report/report.h"
#include "results/journal.h"
#include "results/reading/report_reader.h"
#include "results/trace.h"
#include "tests/fuzz/harness.h"

namespace sgdbench::fuzz {

void fuzz_journal(std::string_view input) {
  begins_journal(input);
  for (const auto& row : parse_journal(input, "x.jsonl").rows) {
    const auto line = journal_line(row);
    const auto again = parse_journal_line(line);
    require(again && journal_line(*again) == line, "a row that was written is read back");
  }
}

void fuzz_report(std::string_view input) {
  const auto report = parse_report(input, "x.csv");
  if (report.kind == "runs") {
    const auto text = runs_csv(report.runs);
    require(runs_csv(parse_report(text, "again").runs) == text,
            "a report is read as it is written");
  }
  ComparisonOptions options;
  const ComparisonReport comparison(compare(report.runs, report.runs, options), options, true);
  comparison_table(comparison);
  comparison_csv(comparison);
  comparison_json(comparison);
  comparison_markdown(comparison);
}

void fuzz_trace(std::string_view input) {
  const auto trace = parse_trace(input, "x.json");
  trace_table(trace, extent(trace.runs.front()));
  draw_picture(trace, usual_window(trace.runs, kUsualGradients));
}

void fuzz_optimum(std::string_view input) {
  parse_optimum(input, R"({"format":1})");
}

void fuzz_winner(std::string_view input) {
  constexpr std::uint64_t kExamples = 1000;
  std::string why_not;
  const auto found = parse_winner(input, R"({"format":1})", kExamples, why_not);
  require(found.has_value() == why_not.empty(), "what is refused has a reason");
  if (!found) return;
  const auto& at = found->settings;
  require(at.batch >= 1 && at.batch <= kExamples && at.exchange >= 1, "its counts can be");
  require(at.step > 0 && std::isfinite(at.step) && std::abs(at.momentum) < 1, "its numbers can be");
}

}  // namespace sgdbench::fuzz
