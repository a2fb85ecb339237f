// `sgdbench run`: from options to reports.
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "cli/command_line.h"
#include "cli/doctor/advice.h"
#include "cli/execute.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/precision.h"
#include "cli/request.h"
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

std::string dry_run_text(const std::vector<Cell>& cells) {
  std::string text;
  for (const auto& cell : cells) text += fmt::format("{}  {}\n", config_id(cell), command_of(cell));
  return text;
}

/// Says of each cell that is less precise than it was asked to be how precise it is.
std::vector<std::string> imprecise(const std::vector<RunRecord>& rows,
                                   const std::vector<Cell>& cells) {
  std::map<std::string, double> shares;
  for (const auto& cell : cells)
    if (cell.until_ci > 0) shares[config_id(cell)] = cell.until_ci / 100;
  auto notes = precision_notes(rows, shares);
  for (const auto& note : notes) fmt::print(stderr, "sgdbench: {}\n", note);
  return notes;
}

/// With what can only be said when all rows are there.
void report(const Outputs& outputs, const RunLog& log, const std::vector<Cell>& cells,
            ReportContext context) {
  auto rows = log.rows();
  add_speedups(rows);
  const auto notes = imprecise(rows, cells);
  context.notes.insert(context.notes.end(), notes.begin(), notes.end());
  context.trials = log.trials();
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

RunLog open_log(const Outputs& outputs, const std::vector<Cell>& cells,
                const Environment& environment, bool resume) {
  if (outputs.journal().empty()) return {};
  return {outputs.journal(), cells, environment, resume};
}

void say_how_to_resume() {
  // Not by fmt, which throws where stderr is closed.
  std::fputs("sgdbench: interrupted; the same command with --resume runs what is missing\n",
             stderr);
}

}  // namespace

int run_verb(const Invocation& invocation) {
  const auto request = requested(invocation.given);
  const auto& given = request.given;
  const auto cells = sweep(request.parts, available_cores());
  check_targets(cells);
  const Outputs outputs(given);
  TraceOutput trace(given, cells, available_memory_bytes());
  if (given.has("--print-config")) {
    print(to_toml(request));
    return 0;
  }
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
  trace.open(context.environment.version, invocation.command);
  auto log = open_log(outputs, cells, context.environment, given.has("--resume"));
  try {
    Progress progress(count_steps(cells, log), given.has("--quiet"));
    if (!context.notes.empty()) progress.warn_at_start(context.notes.front());
    execute(cells, context.environment, progress, log, trace);
  } catch (...) {
    // What was measured before the trouble is worth keeping.
    if (!log.rows().empty()) report(outputs, log, cells, context);
    if (!log.rows().empty()) trace.finish(true);
    throw;
  }
  trace.finish(given.has("--quiet"));
  report(outputs, log, cells, context);
  if (interrupted()) {
    if (log.has_journal() && !given.has("--quiet")) say_how_to_resume();
    return kInterruptedExit;
  }
  if (outputs.journal_is_temporary()) log.remove_journal();
  return given.has("--strict") && !all_ok(log.rows()) ? kNotAllOk : 0;
}

}  // namespace sgdbench
