// A journal as a report: of rows with the same run_id, the last one counts.
#include "results/journal.h"

#include "results/reading/parts.h"

namespace sgdbench {

bool is_journal(std::string_view text) {
  return text.starts_with(R"({"schema":"sgdbench-journal-)");
}

std::vector<RunRecord> read_journal_report(std::string_view text, std::string_view name) {
  std::vector<RunRecord> runs;
  try {
    runs = latest(parse_journal(text, std::string(name)).rows);
  } catch (const BadJournal& error) {
    throw BadReport(error.what());
  }
  if (runs.empty()) refuse(name, {}, "this journal has no rows; has no run ended yet?");
  for (const auto& run : runs) check_record(run, {}, name);
  return runs;
}

}  // namespace sgdbench
