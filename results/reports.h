// Reports in each format: from records to text. Writing the text is atomic_file.h's.
//
// CSV and JSON have every row, but a table of a hundred is not read. So a table can be sorted by
// what came out, and a sweep can be condensed to the best of each strategy, by the one outcome
// (outcome.h). A best value at the edge of what was swept says little: the row says so.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/environment.h"
#include "results/fields.h"
#include "results/record.h"

namespace sgdbench {

/// What a table can be sorted by.
struct SortColumn {
  std::string_view name;
  /// Of one run; kNever where it did not come to that. Null: by the strategy's name.
  std::optional<double> (*number)(const RunRecord&);
  bool descending = false;
  /// It is a result: configurations that can't win come after all others, those without a value
  /// last.
  bool result = true;
  bool needs_target = false;
};
std::span<const SortColumn> sort_columns();

/// How a table is to be laid out.
struct Layout {
  const SortColumn* sort = nullptr;  ///< null: in the order asked
  RunFields best_per;                ///< settings; none: all rows
  RunFields columns;                 ///< what is shown besides, as medians, in tables of their own
};

/// What a table shows.
struct Arrangement {
  std::vector<std::string> config_ids;         ///< problem by problem
  std::map<std::string, std::string> remarks;  ///< on some of them, by config_id
  std::size_t left_out = 0;                    ///< configurations that are not shown
};

/// The configurations of `runs` problem by problem, in the order of `asked` (then of their first
/// runs) if not sorted.
Arrangement arrange(std::span<const RunRecord> runs, std::span<const std::string> asked,
                    const Layout& layout);

/// "3 configurations are not shown: only the best of each backend"; "" where all are.
std::string left_out_text(std::size_t left_out, const Layout& layout);

/// What a report says of the invocation as a whole.
struct ReportContext {
  Environment environment;
  std::string command;  ///< as typed, shell-quoted
  std::vector<std::string> notes;
  std::vector<TuningTrial> trials = {};
  Layout layout = {};                        ///< of tables for people
  std::vector<std::string> config_ids = {};  ///< in the order asked
};

/// RFC 4180 with a header, '\n' line ends; doubles with up to 17 significant digits, the fewest
/// that read back the same; never NaN or infinity; independent of the locale.
std::string runs_csv(std::span<const RunRecord> runs);
std::string curve_csv(std::span<const RunRecord> runs);
std::string staleness_csv(std::span<const RunRecord> runs);
std::string workers_csv(std::span<const RunRecord> runs);
std::string tuning_csv(std::span<const TuningTrial> trials);

/// Google Benchmark's JSON layout: `context`, and `benchmarks[]` with one entry per run (name,
/// run_name, run_type, repetitions, repetition_index, threads, iterations, real_time, cpu_time,
/// time_unit), all columns flat beside them. Non-finite numbers are null.
std::string report_json(std::span<const RunRecord> runs, const ReportContext& context);

/// A table for job summaries: one row per configuration that the layout shows, medians over its
/// repeats.
std::string report_markdown(std::span<const RunRecord> runs, const ReportContext& context = {});

// What services take that keep a history of benchmarks: one number per configuration.
//
// The number is the median time to the target where there is one, else for the work. A
// configuration that has none (nothing ok, or the target missed too often) is left out, as these
// formats know no other way to say so: left_out() names it.
//
// Sources: github-action-benchmark's README, "customSmallerIsBetter"; the reference of the Bencher
// Metric Format (BMF), whose built-in measure `latency` is in nanoseconds.

struct ExportKind {
  std::string_view name;
  std::string (*render)(std::span<const RunRecord> runs, const ReportContext& context);
};
std::span<const ExportKind> export_kinds();

/// "name: why", for each configuration that the exports don't have.
std::vector<std::string> left_out(std::span<const RunRecord> runs);

}  // namespace sgdbench
