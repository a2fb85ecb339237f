// Reports in each format: from records to text. Writing the text is atomic_file.h's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/arrangement.h"
#include "results/csv_rows.h"
#include "results/environment.h"
#include "results/fields.h"
#include "results/record.h"
#include "results/tuning.h"

namespace sgdbench {

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

/// Google Benchmark's JSON layout: `context`, and `benchmarks[]` with one entry per run (name,
/// run_name, run_type, repetitions, repetition_index, threads, iterations, real_time, cpu_time,
/// time_unit), all columns flat beside them. Non-finite numbers are null.
std::string report_json(std::span<const RunRecord> runs, const ReportContext& context);

/// A table for job summaries: one row per configuration that the layout shows, medians over its
/// repeats.
std::string report_markdown(std::span<const RunRecord> runs, const ReportContext& context = {});

}  // namespace sgdbench
