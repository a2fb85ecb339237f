// `sgdbench run`: from options to reports.
#include <fmt/format.h>

#include "cli/advice.h"
#include "cli/command_line.h"
#include "cli/execute.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/sources.h"
#include "cli/summary.h"
#include "cli/sweep.h"
#include "cli/verbs.h"
#include "results/environment.h"

namespace sgdbench {
namespace {

constexpr int kNotAllOk = 3;
constexpr int kInterrupted = 130;

std::string dry_run_text(const std::vector<Cell>& cells) {
  std::string text;
  for (const auto& cell : cells) text += fmt::format("{}  {}\n", config_id(cell), command_of(cell));
  return text;
}

void report(const Outputs& outputs, const std::vector<RunRecord>& rows,
            const std::vector<Cell>& cells, const ReportContext& context) {
  outputs.write(rows, context);
  if (outputs.uses_stdout()) return;
  std::vector<std::string> ids;
  for (const auto& cell : cells) ids.push_back(config_id(cell));
  print(summary(rows, ids));
}

bool all_ok(const std::vector<RunRecord>& rows) {
  for (const auto& row : rows)
    if (row.status != "ok") return false;
  return true;
}

}  // namespace

int run_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto cells = sweep(given, available_cores());
  const Outputs outputs(given);
  if (given.has("--dry-run")) {
    print(dry_run_text(cells));
    return 0;
  }
  outputs.check();
  for (const auto& cell : cells) check_sources(cell.data);

  ReportContext context{read_environment(), invocation.command, {}};
  context.environment.libraries = library_versions();
  context.notes = warnings_for(cells, context.environment);
  catch_interrupts();
  std::vector<RunRecord> rows;
  try {
    Progress progress(count_steps(cells), given.has("--quiet"));
    if (!context.notes.empty()) progress.warn_at_start(context.notes.front());
    execute(cells, context.environment, progress, rows);
  } catch (...) {
    // What was measured before the trouble is worth keeping.
    if (!rows.empty()) report(outputs, rows, cells, context);
    throw;
  }
  report(outputs, rows, cells, context);
  if (interrupted()) return kInterrupted;
  return given.has("--strict") && !all_ok(rows) ? kNotAllOk : 0;
}

}  // namespace sgdbench
