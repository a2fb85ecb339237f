// `sgdbench tune`: the search for each configuration's best settings, shown.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "cli/configuration.h"
#include "cli/execute.h"
#include "cli/files.h"
#include "cli/outputs.h"
#include "cli/request.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "results/environment.h"
#include "results/labels.h"
#include "results/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr int kNotAllTuned = 3;
constexpr std::array<std::string_view, 4> kTunable{"--batch", "--lr", "--momentum", "--exchange"};
/// What is searched for where no option says what.
constexpr std::array<std::string_view, 2> kTunedByDefault{"--batch", "--lr"};

bool asks_to_tune(const Given& part, std::string_view option) {
  if (!part.has(option)) return false;
  const auto values = values_of(find_option(kTune, option), part);
  return std::any_of(values.begin(), values.end(), is_tuned);
}

/// The part with the step and the mini-batch to be searched for, as far as they are not given,
/// unless it says what is to be.
Given completed_part(Given part) {
  const auto asked = [&](std::string_view option) { return asks_to_tune(part, option); };
  if (std::any_of(kTunable.begin(), kTunable.end(), asked)) return part;
  const auto workloads = values_of(find_option(kTune, "--workload"), part);
  const bool any_learns = std::any_of(workloads.begin(), workloads.end(),
                                      [](const auto& name) { return find_workload(name).trains; });
  for (const auto option : kTunedByDefault)
    if (any_learns && !part.has(option)) part.add_default(option, std::string(kTuned));
  return part;
}

std::string tune_command(const Configuration& configuration) {
  return "sgdbench tune " + shell_line(arguments_of(configuration));
}

/// Throws UsageError for a configuration with nothing to be searched for.
void check_searched(const std::vector<Configuration>& configurations) {
  for (const auto& configuration : configurations) {
    if (configuration.tuned != 0) continue;
    if (!trains(configuration))
      throw UsageError(fmt::format("--workload {} learns nothing: there is nothing to be tuned",
                                   configuration.workload.workload));
    throw UsageError(
        fmt::format("nothing is to be tuned in '{}': leave --lr or --batch out, or "
                    "give one of {} the value tuned",
                    tune_command(configuration), fmt::join(kTunable, ", ")));
  }
}

std::string tune_commands(const std::vector<Configuration>& configurations) {
  std::string text;
  for (const auto& configuration : configurations)
    text += fmt::format("{}  {}\n", config_id(configuration), tune_command(configuration));
  return text;
}

/// A momentum is kept in single precision: the shortest text that means the same.
double shortest_text_of(double value) {
  return read_number<double>(fmt::format("{}", static_cast<float>(value))).value;
}

/// The options that make exactly this configuration.
Given given_for(const Configuration& configuration) {
  static const Configuration usual;
  Given given;
  for (const auto& option : option_table()) {
    if (!option.apply || !option.show) continue;
    const auto value = option.show(configuration);
    if (option.always_shown || value != option.show(usual)) given.add(option.name, value);
  }
  return given;
}

bool was_found(const RunRecord& row) {
  return row.status == "ok";
}

/// The suite of those whose settings were found, with these in place of what was searched for.
std::string tuned_suite(const std::vector<Configuration>& configurations,
                        const std::vector<RunRecord>& rows) {
  Request request;
  std::string left_out;
  for (const auto& row : rows) {
    const auto configuration =
        std::find_if(configurations.begin(), configurations.end(),
                     [&](const Configuration& one) { return config_id(one) == row.config_id; });
    if (configuration == configurations.end()) continue;
    if (!was_found(row)) {
      left_out +=
          fmt::format("# left out, {}: {}\n", row.status, shell_line(arguments_of(*configuration)));
      continue;
    }
    const bool tunes_momentum = (configuration->tuned & kTuneMomentum) != 0;
    request.parts.push_back(given_for(normalised(with_settings(
        *configuration, {row.batch, row.lr,
                         tunes_momentum ? shortest_text_of(row.momentum) : configuration->momentum,
                         row.exchange.value_or(configuration->spec.exchange)}))));
  }
  return to_toml(request) + left_out;
}

/// Each configuration once.
std::vector<RunRecord> first_rows(const std::vector<RunRecord>& rows) {
  std::vector<RunRecord> first;
  std::set<std::string> seen;
  for (const auto& row : rows)
    if (seen.insert(row.config_id).second) first.push_back(row);
  return first;
}

/// What is written, and where.
class TuneOutputs {
 public:
  TuneOutputs(const Given& typed, const std::vector<Configuration>& configurations)
      : csv_(typed.text("--csv")), suite_(typed.has("--print-config")) {
    if (typed.has("--csv") && csv_.empty()) throw UsageError("--csv: name a file, or - for stdout");
    FileUse files;
    if (typed.has("--config")) files.reads("--config", typed.text("--config"));
    files.reads_of(configurations);
    if (!csv_.empty()) files.writes("--csv", csv_);
    if (suite_ && csv_ == "-") throw UsageError("--print-config and --csv - both write to stdout");
    check_writable("-");
    if (!csv_.empty()) check_writable(csv_);
  }

  void write(const std::vector<Configuration>& configurations, const RunLog& log) const {
    const auto rows = first_rows(log.rows());
    if (!csv_.empty()) write_atomically(csv_, tuning_csv(log.trials()));
    // A suite without a configuration would be that of the default comparison.
    if (suite_ && std::any_of(rows.begin(), rows.end(), was_found))
      print(tuned_suite(configurations, rows));
    else if (!suite_ && csv_ != "-")
      print(trials_table(rows, log.trials()));
  }

 private:
  std::string csv_;
  bool suite_;
};

/// Says which configurations a suite lacks, if any. Returns whether it has others.
bool explain_suite(const std::vector<RunRecord>& rows, bool quiet) {
  std::vector<std::string> missing;
  for (const auto& row : rows)
    if (!was_found(row))
      missing.push_back(fmt::format("{} ({}: {})", label(row), row.status, row.reason));
  const bool any = missing.size() < rows.size();
  if (!missing.empty() && !(any && quiet))
    talk(fmt::format("{}: {}", any ? "the suite leaves out" : "no settings were found, so no suite",
                     fmt::join(missing, "; ")));
  return any;
}

}  // namespace

int tune_verb(const Invocation& invocation) {
  const auto& typed = invocation.given;
  const bool quiet = typed.has("--quiet");
  auto request = requested(typed);
  for (auto& part : request.parts) part = completed_part(std::move(part));
  const auto configurations = sweep(request.parts, available_cores());
  say_out_of_scope(request.parts, configurations, quiet);
  check_targets(configurations);
  check_searched(configurations);
  if (typed.has("--dry-run")) {
    print(tune_commands(configurations));
    return 0;
  }
  check_sources(configurations);
  const TuneOutputs outputs(typed, configurations);
  TraceOutput no_trace(Given(), configurations, available_memory_bytes());
  auto environment = read_environment();
  environment.libraries = library_versions();
  catch_interrupts();
  RunLog log;
  Progress progress(configurations.size(), quiet);
  try {
    execute(configurations, environment, progress, log, no_trace,
            {.use_cache = !typed.has("--no-cache"), .search_alone = true});
  } catch (...) {
    progress.clear();
    if (!log.trials().empty()) outputs.write(configurations, log);
    throw;
  }
  progress.clear();
  outputs.write(configurations, log);
  if (interrupted()) {
    if (!quiet) talk("interrupted: this is what was tried");
    return kInterruptedExit;
  }
  if (typed.has("--print-config") && !explain_suite(first_rows(log.rows()), quiet))
    return kNotAllTuned;
  const bool all = std::all_of(log.rows().begin(), log.rows().end(), was_found);
  return typed.has("--strict") && !all ? kNotAllTuned : 0;
}

}  // namespace sgdbench
