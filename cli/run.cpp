// `sgdbench run`: from options to reports.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/configuration.h"
#include "cli/doctor/doctor.h"
#include "cli/execute.h"
#include "cli/files.h"
#include "cli/follow.h"
#include "cli/outputs.h"
#include "cli/request.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/comparison/comparison.h"
#include "results/environment.h"
#include "results/outcome.h"
#include "results/view/summary.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr int kNotAllOk = 3;

std::string dry_run_text(const std::vector<Configuration>& configurations) {
  std::string text;
  for (const auto& configuration : configurations)
    text += fmt::format("{}  {}\n", config_id(configuration), command_of(configuration));
  return text;
}

/// Says of each configuration that is less precise than it was asked to be how precise it is.
std::vector<std::string> imprecise(const std::vector<RunRecord>& rows,
                                   const std::vector<Configuration>& configurations) {
  std::map<std::string, double> shares;
  for (const auto& configuration : configurations)
    if (configuration.until_ci > 0) shares[config_id(configuration)] = configuration.until_ci / 100;
  auto notes = precision_notes(rows, shares);
  for (auto& note : notes) {
    note = with_option_names(note);
    talk(note);
  }
  return notes;
}

/// What a report of so few repeats, or so noisy ones, is no use for; "" where nobody asked.
std::string undecided(const std::vector<RunRecord>& rows,
                      const std::vector<Configuration>& configurations, bool kept) {
  double wanted = 0;
  std::uint64_t repeats = 0;
  for (const auto& configuration : configurations) {
    wanted = std::max(wanted, configuration.until_gate / 100);
    repeats = std::max(repeats, configuration.repeats);
  }
  const auto least = least_repeats(Criteria{}.alpha, false);
  if (wanted == 0 && kept && repeats < least)
    return fmt::format(
        "{} repeat{} a configuration: `compare` decides nothing about times from "
        "fewer than {}; --until-gate 10% chooses how many",
        repeats, repeats == 1 ? "" : "s", least);
  if (wanted == 0) return "";
  const double share = gate_share(rows, wanted);
  return fmt::format(
      "of 100 comparisons of two such reports, one configuration {:.3g} % slower would "
      "be found in {:.0f}{}",
      100 * wanted, 100 * share, share < kGateShare ? ": time was up before it was 90" : "");
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
void report(const Outputs& outputs, const RunLog& log,
            const std::vector<Configuration>& configurations, ReportContext context, bool quiet) {
  auto rows = log.rows();
  add_speedups(rows);
  const auto notes = imprecise(rows, configurations);
  context.notes.insert(context.notes.end(), notes.begin(), notes.end());
  context.trials = log.trials();
  if (auto note = undecided(rows, configurations, outputs.keeps_runs()); !note.empty()) {
    if (!quiet) talk(note);
    context.notes.push_back(std::move(note));
  }
  if (auto note = cached_settings(rows); !note.empty()) {
    if (!quiet) talk(note);
    context.notes.push_back(std::move(note));
  }
  context.layout = outputs.layout();
  for (const auto& configuration : configurations)
    context.config_ids.push_back(config_id(configuration));
  outputs.write(rows, context);
  if (!outputs.uses_stdout()) print(summary(rows, context.config_ids, context.layout));
}

bool all_ok(const std::vector<RunRecord>& rows) {
  for (const auto& row : rows)
    if (row.status != "ok") return false;
  return true;
}

void check_layout(const Layout& layout, const std::vector<Configuration>& configurations) {
  if (layout.sort && layout.sort->needs_target &&
      std::none_of(configurations.begin(), configurations.end(), has_target))
    throw UsageError(fmt::format(
        "--sort {}: no --target, --target-loss or --target-accuracy is named", layout.sort->name));
}

RunLog open_log(const Outputs& outputs, const std::vector<Configuration>& configurations,
                const Environment& environment, bool resume) {
  if (outputs.journal().empty()) return {};
  return {outputs.journal(), configurations, environment, resume};
}

}  // namespace

int run_verb(const Invocation& invocation) {
  const auto request = requested(invocation.given);
  const auto& given = request.given;
  const auto configurations = sweep(request.parts, available_cores());
  const auto out_of_scope = say_out_of_scope(request.parts, configurations, given.has("--quiet"));
  check_targets(configurations);
  Outputs outputs(given);
  check_layout(outputs.layout(), configurations);
  TraceOutput trace(given, configurations, available_memory_bytes());
  if (given.has("--print-config")) {
    print(to_toml(request));
    return 0;
  }
  if (given.has("--dry-run")) {
    print(dry_run_text(configurations));
    return 0;
  }
  check_sources(configurations);
  outputs.check_inputs(given, configurations);
  outputs.check();

  ReportContext context{read_environment(), invocation.command, {}};
  context.environment.libraries = library_versions();
  context.notes = warnings_for(configurations, context.environment);
  if (auto warning = binding_warning(); !warning.empty())
    context.notes.insert(context.notes.begin(), std::move(warning));
  const auto first_warning = context.notes.empty() ? "" : context.notes.front();
  context.notes.insert(context.notes.end(), out_of_scope.begin(), out_of_scope.end());
  catch_interrupts();
  trace.open(context.environment.version, invocation.command);
  auto log = open_log(outputs, configurations, context.environment, given.has("--resume"));
  try {
    Progress progress(count_steps(configurations, log), given.has("--quiet"));
    if (!first_warning.empty()) progress.warn_at_start(first_warning);
    execute(configurations, context.environment, progress, log, trace,
            {.use_cache = !given.has("--no-cache")});
  } catch (...) {
    // What was measured before the trouble is worth keeping. Old rows alone are in the journal.
    if (log.has_grown()) report(outputs, log, configurations, context, given.has("--quiet"));
    if (log.has_grown()) trace.finish(true);
    throw;
  }
  trace.finish(given.has("--quiet"));
  report(outputs, log, configurations, context, given.has("--quiet"));
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
