// Options of comparisons (what is compared, and when it is too much) and of the output: which
// report goes where.
#include <fmt/format.h>

#include "cli/options/helpers.h"

namespace sgdbench {
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
    {"--rounds", "", "N", "runs of each command, with --paired", "20", Group::comparison, kCompare},
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
     "this folder; "
     "calibrate: compute.trace and service.trace",
     "", Group::output, kRun | kCalibrate},
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
     kTraining | kVerify | kOptimum | kDoctor | kCompare},
    {"--format", "", "KIND",
     "table or json; list, compare, calibrate: csv; compare: markdown, junit", "table",
     Group::output, kList | kOptimum | kDoctor | kCompare | kCalibrate},
    {"--no-cache", "", "", "compute optima and search for settings anew, and keep nothing", "",
     Group::output, kMeasured | kOptimum},
    {"--out", "-o", "FILE",
     "where to write; - is stdout. Data: .svm, .libsvm or .csv (stdout: LIBSVM)", "", Group::output,
     kDataMake | kCompare},
    {"--svg", "", "FILE", "draw the timelines, one above the other; - is stdout", "", Group::output,
     kReport},
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
