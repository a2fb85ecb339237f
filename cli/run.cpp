// `sgdbench run`: from options to reports.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/cell.h"
#include "cli/doctor/doctor.h"
#include "cli/execute.h"
#include "cli/files.h"
#include "cli/outputs.h"
#include "cli/request.h"
#include "cli/summary.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/environment.h"
#include "results/outcome.h"
#include "workloads/names.h"

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
  for (const auto& note : notes) talk(note);
  return notes;
}

/// How many configurations have their tuned settings from the cache; "" where none has.
std::string cached_settings(const std::vector<RunRecord>& rows) {
  std::set<std::string> tuned, cached;
  for (const auto& row : rows) {
    if (!row.tuning_trials) continue;
    tuned.insert(row.config_id);
    if (*row.tuning_trials == 0) cached.insert(row.config_id);
  }
  if (cached.empty()) return "";
  return fmt::format(
      "the tuned settings of {} of {} configurations are those of an earlier search; --no-cache "
      "searches anew",
      cached.size(), tuned.size());
}

/// With what can only be said when all rows are there.
void report(const Outputs& outputs, const RunLog& log, const std::vector<Cell>& cells,
            ReportContext context, bool quiet) {
  auto rows = log.rows();
  add_speedups(rows);
  const auto notes = imprecise(rows, cells);
  context.notes.insert(context.notes.end(), notes.begin(), notes.end());
  context.trials = log.trials();
  if (auto note = cached_settings(rows); !note.empty()) {
    if (!quiet) talk(note);
    context.notes.push_back(std::move(note));
  }
  context.layout = outputs.layout();
  for (const auto& cell : cells) context.config_ids.push_back(config_id(cell));
  outputs.write(rows, context);
  if (!outputs.uses_stdout()) print(summary(rows, context.config_ids, context.layout));
}

bool all_ok(const std::vector<RunRecord>& rows) {
  for (const auto& row : rows)
    if (row.status != "ok") return false;
  return true;
}

void check_layout(const Layout& layout, const std::vector<Cell>& cells) {
  if (layout.sort && layout.sort->needs_target &&
      std::none_of(cells.begin(), cells.end(), has_target))
    throw UsageError(fmt::format(
        "--sort {}: no --target, --target-loss or --target-accuracy is named", layout.sort->name));
}

RunLog open_log(const Outputs& outputs, const std::vector<Cell>& cells,
                const Environment& environment, bool resume) {
  if (outputs.journal().empty()) return {};
  return {outputs.journal(), cells, environment, resume};
}

}  // namespace

int run_verb(const Invocation& invocation) {
  const auto request = requested(invocation.given);
  const auto& given = request.given;
  const auto cells = sweep(request.parts, available_cores());
  const auto out_of_scope = say_out_of_scope(request.parts, cells, given.has("--quiet"));
  check_targets(cells);
  Outputs outputs(given);
  check_layout(outputs.layout(), cells);
  TraceOutput trace(given, cells, available_memory_bytes());
  if (given.has("--print-config")) {
    print(to_toml(request));
    return 0;
  }
  if (given.has("--dry-run")) {
    print(dry_run_text(cells));
    return 0;
  }
  check_sources(cells);
  outputs.check_inputs(given, cells);
  outputs.check();

  ReportContext context{read_environment(), invocation.command, {}};
  context.environment.libraries = library_versions();
  context.notes = warnings_for(cells, context.environment);
  const auto first_warning = context.notes.empty() ? "" : context.notes.front();
  context.notes.insert(context.notes.end(), out_of_scope.begin(), out_of_scope.end());
  catch_interrupts();
  trace.open(context.environment.version, invocation.command);
  auto log = open_log(outputs, cells, context.environment, given.has("--resume"));
  try {
    Progress progress(count_steps(cells, log), given.has("--quiet"));
    if (!first_warning.empty()) progress.warn_at_start(first_warning);
    execute(cells, context.environment, progress, log, trace,
            {.use_cache = !given.has("--no-cache")});
  } catch (...) {
    // What was measured before the trouble is worth keeping. Old rows alone are in the journal.
    if (log.has_grown()) report(outputs, log, cells, context, given.has("--quiet"));
    if (log.has_grown()) trace.finish(true);
    throw;
  }
  trace.finish(given.has("--quiet"));
  report(outputs, log, cells, context, given.has("--quiet"));
  if (interrupted()) {
    if (!given.has("--quiet"))
      talk(log.has_journal() ? "interrupted; the same command with --resume runs what is missing"
                             : "interrupted: this is what was finished");
    if (!given.has("--quiet") && log.untold() > 0)
      talk(fmt::format("{} more runs were not started and have no row", log.untold()));
    return kInterruptedExit;
  }
  if (outputs.journal_is_temporary()) log.remove_journal();
  return given.has("--strict") && !all_ok(log.rows()) ? kNotAllOk : 0;
}

}  // namespace sgdbench
