// Options of the measurement (how long, how often, to which target), of comparisons (what is
// compared, and when it is too much) and of the output (which report goes where).
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

std::string optional_text(const std::optional<double>& value) {
  return value ? number_text(*value) : "";
}

std::string percent(double value) {
  return number_text(value) + '%';
}

/// Each once, the loosest first: the last one is the row's own target.
void set_targets(Configuration& configuration, Text text) {
  std::vector<double> targets;
  for (const auto& item : split_list(text))
    targets.push_back(parse_percent(item, {.least = 0, .most = 100, .open_below = true}));
  std::sort(targets.begin(), targets.end(), std::greater<>());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  configuration.targets = std::move(targets);
}
std::string show_targets(const Configuration& configuration) {
  std::string text;
  for (const double target : configuration.targets)
    text += (text.empty() ? "" : ",") + percent(target);
  return text;
}

void set_evaluations(Configuration& configuration, Text text) {
  const auto colon = text.find(':');
  const bool geometric =
      colon != Text::npos && choose(text.substr(0, colon), "spacing", {"even", "geometric"}) == 1;
  configuration.spec.spacing = geometric ? Spacing::geometric : Spacing::even;
  configuration.spec.evaluations =
      parse_count(colon == Text::npos ? text : text.substr(colon + 1), geometric ? 2 : 0, 100'000);
}
std::string show_evaluations(const Configuration& configuration) {
  return (configuration.spec.spacing == Spacing::even ? "" : "geometric:") +
         std::to_string(configuration.spec.evaluations);
}

constexpr Scope kRecorded{[](const Configuration& c) { return c.spec.recording; },
                          [] { return std::string("--recording full"); }, "--recording"};
constexpr Scope kRepeatedUntil{
    [](const Configuration& c) { return c.until_ci > 0 || c.until_gate > 0; },
    [] { return std::string("--until-ci or --until-gate"); }};

constexpr Option kMeasurement[] = {
    {"--bytes", "", "N,…", "lengths of the vectors that are summed", "8..8388608:x8",
     Group::measurement, kCollective, expand_counts},
    {"--epochs", "", "N", "passes over the data", "10, or enough for --updates", Group::measurement,
     kTraining, nullptr,
     [](Configuration& c, Text v) { c.epochs = parse_count(v, 1, 1'000'000'000); },
     [](const Configuration& c) { return c.epochs ? std::to_string(*c.epochs) : std::string(); }},
    {"--updates", "", "N", "stop after so many updates of the shared parameters; 0: no limit", "0",
     Group::measurement, kTraining, nullptr,
     [](Configuration& c, Text v) { c.spec.updates = parse_count(v, 0, kMany); },
     [](const Configuration& c) { return std::to_string(c.spec.updates); }},
    {"--max-seconds", "", "X",
     "stop training after so many seconds, of virtual time where that is told; 0: no limit", "0",
     Group::measurement, kTraining, nullptr,
     [](Configuration& c, Text v) {
       c.spec.max_seconds = parse_real(v, {.least = 0, .most = 1e9});
     },
     [](const Configuration& c) { return number_text(c.spec.max_seconds); }},
    {"--evaluations", "", "[SPACING:]N",
     "points of the loss curve after the first, even or geometric: geometric:30; 0: one per epoch, "
     "with a target four and at least 10, at most 100 in all",
     "0", Group::measurement, kMeasured, nullptr, set_evaluations, show_evaluations, kRecorded},
    {"--recording", "", "HOW,…",
     "full, or none: no curve, staleness or phases, to see what these cost", "full",
     Group::measurement, kMeasured, one_list,
     [](Configuration& c, Text v) {
       c.spec.recording = choose(v, "recording", {"full", "none"}) == 0;
     },
     [](const Configuration& c) { return std::string(c.spec.recording ? "full" : "none"); }},
    {"--target", "", "Q,…",
     "report the time until the training loss is at most Q above the computed optimum: 1%, or "
     "10%,5%,2%,1% (convex workloads)",
     "", Group::measurement, kMeasured, nullptr, set_targets, show_targets},
    {"--target-loss", "", "X", "report the time until the training loss is at most X", "",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text v) { c.target_loss = parse_real(v); },
     [](const Configuration& c) { return optional_text(c.target_loss); }},
    {"--target-accuracy", "", "X", "report the time until held-out accuracy is at least X", "",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text v) { c.target_accuracy = parse_real(v, {.least = 0, .most = 1}); },
     [](const Configuration& c) { return optional_text(c.target_accuracy); }},
    {"--stop-at-target", "", "",
     "pause all workers at each point of the curve to evaluate it, and stop at the target", "",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text) { c.stop_at_target = true; },
     [](const Configuration& c) { return std::string(c.stop_at_target ? "1" : ""); }},
    {"--seed", "", "N", "of the parameters, the order and the hold-out; repeat r adds r", "1",
     Group::measurement, kCells | kOptimum, nullptr,
     [](Configuration& c, Text v) { c.spec.seed = c.data.seed = parse_count(v); },
     [](const Configuration& c) { return std::to_string(c.spec.seed); }},
    {"--repeats",
     "",
     "N",
     "timed runs of each configuration",
     "5",
     Group::measurement,
     kTraining,
     nullptr,
     [](Configuration& c, Text v) { c.repeats = parse_count(v, 1, 100'000); },
     [](const Configuration& c) { return std::to_string(c.repeats); },
     {},
     false,
     false},
    {"--until-ci",
     "",
     "Q",
     "repeat until the median time (to the target, where there is one) of every configuration is "
     "known to ±Q, with the confidence of tables (90 %); --repeats is then the least",
     "",
     Group::measurement,
     kMeasured,
     nullptr,
     [](Configuration& c, Text v) {
       c.until_ci = parse_percent(v, {.least = 0, .most = 100, .open_below = true});
     },
     [](const Configuration& c) { return c.until_ci > 0 ? percent(c.until_ci) : std::string(); },
     {},
     false,
     false},
    {"--until-gate",
     "",
     "X",
     "repeat until `compare` of two such reports would find a configuration that is X slower in 90 "
     "of 100 comparisons: 10%; --repeats is then the least",
     "",
     Group::measurement,
     kRun,
     nullptr,
     [](Configuration& c, Text v) {
       c.until_gate = parse_percent(v, {.least = 0, .most = 1000, .open_below = true});
     },
     [](const Configuration& c) {
       return c.until_gate > 0 ? percent(c.until_gate) : std::string();
     },
     {},
     false,
     false},
    {"--budget", "", "SECONDS",
     "with --until-ci or --until-gate, the longest to repeat the runs of one problem", "600",
     Group::measurement, kMeasured, nullptr,
     [](Configuration& c, Text v) { c.budget_s = parse_real(v, {.least = 0, .most = 1e9}); },
     [](const Configuration& c) { return number_text(c.budget_s); }, kRepeatedUntil, false, false},
    {"--warmup", "", "N", "untimed runs of one epoch before them", "1", Group::measurement,
     kMeasured, nullptr, [](Configuration& c, Text v) { c.warmup = parse_count(v, 0, 1000); },
     [](const Configuration& c) { return std::to_string(c.warmup); },
     for_backends<on_a_real_clock, kZero>, false, false},
};

}  // namespace

std::span<const Option> measurement_options() {
  return kMeasurement;
}

namespace {

/// Repeatable, and never cut: paths may hold commas.
Texts whole(Text text) {
  return {std::string(text)};
}

constexpr Option kOutput[] = {
    {"--metric", "", "NAME,…",
     "what to compare: columns, epoch_s (seconds per epoch), suboptimality, misses [the time of "
     "the "
     "same work: wall_s, or epoch_s where runs stop early; epochs_to_target, or where there is no "
     "target suboptimality, accuracy_final or loss_final; misses]",
     "", Group::comparison, kCompare, one_list},
    {"--max-regression", "", "X", "how much more time is still fine: 5% or 0.05", "5%",
     Group::comparison, kCompare},
    {"--max-loss", "", "X",
     "how much more suboptimality, loss, or work until the target is still fine", "5%",
     Group::comparison, kCompare},
    {"--max-points", "", "X", "how much less accuracy is still fine, as a difference", "1%",
     Group::comparison, kCompare},
    {"--max-memory", "", "X", "how much more memory is still fine", "5%", Group::comparison,
     kCompare},
    {"--alpha", "", "X",
     "how often anything may be called worse that is not beyond its threshold, all together",
     "0.01", Group::comparison, kCompare},
    {"--inject", "", "X",
     "also deal the repeats anew up to 200 times, slow a configuration by X in each, and count how "
     "often "
     "it is found",
     "", Group::comparison, kCompare},
    {"--by", "", "COLUMN",
     "of one report: which configurations that differ in this column alone differ in time, and "
     "which are tied",
     "", Group::comparison, kCompare},
    {"--ignore-environment", "", "",
     "compare times across machines and builds, and results across data", "", Group::comparison,
     kCompare},
    {"--paired", "", "",
     "OLD and NEW are commands (`sgdbench run …`), run alternately and compared round by round", "",
     Group::comparison, kCompare},
    {"--rounds", "", "N", "runs of each command, with --paired; collective: of each all-reduce",
     "20", Group::comparison, kCompare | kCollective},
    {"--csv", "", "PATH", "a row per run, or tune: per trial; - is stdout", "", Group::output,
     kMeasured},
    {"--curve", "", "PATH", "CSV of the loss curves", "", Group::output, kRun},
    {"--staleness", "", "PATH", "CSV of the staleness histograms", "", Group::output, kRun},
    {"--targets", "", "PATH", "CSV of when each target was reached", "", Group::output, kRun},
    {"--workers-csv", "", "PATH", "CSV of what each worker did", "", Group::output, kRun},
    {"--tuning", "", "PATH", "CSV of the trials by which tuned settings were found", "",
     Group::output, kRun},
    {"--json", "", "PATH", "all columns and the environment, as Google Benchmark lays it out", "",
     Group::output, kRun},
    {"--html", "", "PATH",
     "a page to look at: the answer, pictures of loss, times, speedup, waiting and staleness, and "
     "the table; one file, without scripts",
     "", Group::output, kRun | kReport},
    {"--markdown", "", "PATH", "a table of medians", "", Group::output, kRun},
    {"--sort", "", "COLUMN",
     "of the table: target, epoch, loss, accuracy, updates, staleness, waits, backend, workers, "
     "batch or lr; the best first, what did not come through last",
     "the order asked", Group::output, kRun},
    {"--best-per", "", "COLUMNS",
     "in the table, only the best configuration of each backend, or each backend,workers and so "
     "on: by the time to the target, or the loss where there is none",
     "", Group::output, kRun},
    {"--columns", "", "COLUMNS",
     "besides, a table of these columns of runs.csv, as medians: "
     "wait_share,updates_per_s,updates_to_target",
     "", Group::output, kRun},
    {"--export", "", "KIND=PATH",
     "for services that keep a history: github-action-benchmark or bencher; repeatable", "",
     Group::output, kRun, whole},
    {"--trace", "", "FILE",
     "what each worker did when, in the first timed run of each configuration: JSON for Perfetto "
     "and for `report`",
     "", Group::output, kRun},
    {"--trace-slices", "", "N", "with --trace, how many of a worker's last slices are kept",
     "10000", Group::output, kRun},
    {"--output", "", "DIR",
     "runs.csv, curve.csv, staleness.csv, targets.csv, workers.csv, tuning.csv and run.json in "
     "this folder; calibrate: compute.trace and service.trace; collective: network.toml",
     "", Group::output, kRun | kCalibrate | kCollective},
    {"--journal", "", "FILE",
     "add each row to this file as soon as its run has ended; with --output, DIR/journal.jsonl "
     "until all reports are written",
     "", Group::output, kRun},
    {"--resume", "", "", "run only what the journal does not have yet", "", Group::output, kRun},
    {"--config", "", "FILE",
     "a suite: options from a TOML file; those of the command line replace them", "", Group::output,
     kMeasured},
    {"--print-config", "", "",
     "print what would be run as such a file, and stop; tune: print what was found as one", "",
     Group::output, kMeasured},
    {"--dry-run", "", "", "print each configuration's id and command line, and stop", "",
     Group::output, kMeasured},
    {"--strict", "", "", "exit with 3 if any row is not ok, or a comparison inconclusive", "",
     Group::output, kMeasured | kCompare},
    {"--quiet", "-q", "", "no talk on stderr", "", Group::output,
     kTraining | kVerify | kOptimum | kDoctor | kCompare | kCollective},
    {"--format", "", "KIND",
     "table or json; list, compare, calibrate, collective: csv; compare: markdown, junit", "table",
     Group::output, kList | kOptimum | kDoctor | kCompare | kCalibrate | kCollective},
    {"--no-cache", "", "", "compute optima and search for settings anew, and keep nothing", "",
     Group::output, kMeasured | kOptimum},
    {"--out", "-o", "FILE",
     "where to write; - is stdout. Data: .svm, .libsvm or .csv (stdout: LIBSVM)", "", Group::output,
     kDataMake | kCompare},
    {"--svg", "", "FILE",
     "draw a --figure, or the timelines of a trace, one above the other; - is stdout", "",
     Group::output, kReport},
    {"--figure", "", "NAME",
     "what --svg draws of reports: curves, targets, speedup, time, staleness or tuning", "curves",
     Group::output, kReport},
    {"--width", "", "PIXELS", "of a figure", "960", Group::output, kReport},
    {"--from", "", "TIME", "from when on, as in 20ms", "the start", Group::output, kReport},
    {"--to", "", "TIME", "until when", "the end; a picture: 12 gradients of each worker",
     Group::output, kReport},
    {"--all", "", "", "every rule, protocol, write mode and kernel set too", "", Group::output,
     kVerify},
};

}  // namespace

std::span<const Option> output_options() {
  return kOutput;
}

}  // namespace sgdbench
