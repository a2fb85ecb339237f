// `sgdbench run`: from options to reports.
#include <fmt/format.h>

#include "cli/advice.h"
#include "cli/command_line.h"
#include "cli/execute.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/precision.h"
#include "cli/sources.h"
#include "cli/summary.h"
#include "cli/sweep.h"
#include "cli/targets.h"
#include "cli/verbs.h"
#include "results/environment.h"
#include "results/speedup.h"

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

/// Adds what can only be said when all rows are there.
void finish(std::vector<RunRecord>& rows, const std::vector<Cell>& cells, ReportContext& context) {
  add_speedups(rows);
  const double share = cells.front().until_ci / 100;
  if (share == 0) return;
  context.notes = precision_notes(rows, share);
  for (const auto& note : context.notes) fmt::print(stderr, "sgdbench: {}\n", note);
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
  check_targets(cells);
  const Outputs outputs(given);
  if (given.has("--dry-run")) {
    print(dry_run_text(cells));
    return 0;
  }
  outputs.check();
  for (const auto& cell : cells) check_sources(cell.data);

  ReportContext context{read_environment(), invocation.command, {}};
  context.environment.libraries = library_versions();
  context.notes = warn_of_machine(cells, context.environment, given.has("--quiet"));
  catch_interrupts();
  std::vector<RunRecord> rows;
  try {
    Progress progress(count_steps(cells), given.has("--quiet"));
    execute(cells, context.environment, progress, rows);
  } catch (...) {
    // What was measured before the trouble is worth keeping.
    finish(rows, cells, context);
    if (!rows.empty()) report(outputs, rows, cells, context);
    throw;
  }
  finish(rows, cells, context);
  report(outputs, rows, cells, context);
  if (interrupted()) return kInterrupted;
  return given.has("--strict") && !all_ok(rows) ? kNotAllOk : 0;
}

}  // namespace sgdbench
