// What several workers gain over one, and where it comes from.
//
//   speedup to target = hardware efficiency × statistical efficiency
//   T₁/T_P            = (T₁/E₁)/(T_P/E_P)   × E₁/E_P
//
// T: time to target, E: epochs to target; so the first factor is the gain in time per epoch, and
// the second what is lost (or gained) in epochs. Repeats that share a seed are compared with each
// other, so that the order of the examples is no part of the difference.
#pragma once

#include <span>
#include <vector>

#include "results/record.h"

namespace sgdbench {

/// Fills in the speedup columns of every row with several workers that came through: against the
/// same configuration with one worker where the report has it, else against the one-worker
/// configuration that is the fastest to the target (without a target, per epoch). What a miss
/// leaves open stays empty.
void add_speedups(std::span<RunRecord> runs);

/// Whether two rows train the same problem to the same target. Times to different targets are not
/// to be compared.
bool same_goal(const RunRecord& a, const RunRecord& b);

}  // namespace sgdbench
