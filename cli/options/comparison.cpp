// Options of comparisons: what is compared, and when it is too much.
#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

constexpr Option kComparison[] = {
    {"--metric", "", "NAME,…",
     "columns to compare [time_to_target_s where there is a target, else wall_s (examples_per_s "
     "says the same); loss_final; of deterministic runs, updates and accuracy_final too]",
     "", Group::comparison, kCompare, one_list},
    {"--max-regression", "", "X", "how much worse is still fine: 5% or 0.05", "5%",
     Group::comparison, kCompare},
    {"--alpha", "", "X", "how often equal builds may fail, all comparisons together", "0.01",
     Group::comparison, kCompare},
    {"--confidence", "", "X", "of the intervals of medians and ratios", "85%", Group::comparison,
     kCompare},
    {"--ignore-environment", "", "",
     "compare times across machines and builds, and results across data", "", Group::comparison,
     kCompare},
    {"--paired", "", "",
     "OLD and NEW are commands (`sgdbench run …`), run alternately and compared round by round", "",
     Group::comparison, kCompare},
    {"--rounds", "", "N", "runs of each command, with --paired", "20", Group::comparison, kCompare},
};

}  // namespace

std::span<const Option> comparison_options() {
  return kComparison;
}

}  // namespace sgdbench
