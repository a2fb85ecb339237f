// Options of the output: which report goes where.
#include <fmt/format.h>

#include "cli/option_helpers.h"

namespace sgdbench {
namespace {

constexpr Option kOutput[] = {
    {"--csv", "", "PATH", "a row per run; - is stdout", "", Group::output, kRun},
    {"--curve", "", "PATH", "CSV of the loss curves", "", Group::output, kRun},
    {"--staleness", "", "PATH", "CSV of the staleness histograms", "", Group::output, kRun},
    {"--json", "", "PATH", "all columns and the environment, as Google Benchmark lays it out", "",
     Group::output, kRun},
    {"--markdown", "", "PATH", "a table of medians", "", Group::output, kRun},
    {"--output", "", "DIR", "runs.csv, curve.csv, staleness.csv and run.json in this folder", "",
     Group::output, kRun},
    {"--dry-run", "", "", "print each cell's id and command line, and stop", "", Group::output,
     kRun},
    {"--strict", "", "", "exit with 3 if any row is not ok", "", Group::output, kRun},
    {"--quiet", "-q", "", "no talk on stderr", "", Group::output, kRun | kVerify | kOptimum},
    {"--format", "", "KIND", "table or json; of list, csv too", "table", Group::output,
     kList | kOptimum},
    {"--no-cache", "", "", "compute the optimum anew, and keep nothing", "", Group::output,
     kOptimum},
    {"--out", "-o", "FILE", "where to write: .svm, .libsvm or .csv; - is stdout (LIBSVM)", "",
     Group::output, kDataMake},
    {"--all", "", "", "every rule, protocol, write mode and kernel set too", "", Group::output,
     kVerify},
};

}  // namespace

std::span<const Option> output_options() {
  return kOutput;
}

}  // namespace sgdbench
