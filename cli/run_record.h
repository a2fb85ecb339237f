// From what a run did to its row.
//
// The idea: plain functions from values to values, so that every rule about statuses, targets and
// empty cells can be tested without running anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "cli/setup.h"
#include "results/environment.h"
#include "results/record.h"

namespace sgdbench {

/// A loss so many times that at the start is one of a run that diverges.
inline constexpr double kDivergence = 2;

/// Of a convex problem whose optimum was asked for.
struct OptimumFacts {
  double value = 0;           ///< f*
  double start = 0;           ///< f(x₀)
  std::optional<double> gap;  ///< value is at most this far above the true optimum
};

/// What all runs on one data set share.
struct DataFacts {
  std::uint64_t examples = 0, features = 0;
  double l2 = 0;
  double load_s = 0;
  std::uint64_t checksum = 0;
  std::optional<std::uint64_t> test_checksum = std::nullopt;
  const Environment* environment = nullptr;
  std::optional<OptimumFacts> optimum = std::nullopt;
};

/// The losses at one snapshot.
struct PointEvaluation {
  Evaluation train;
  std::optional<Evaluation> test;
};

/// A row that says what was asked for and nothing of what came of it.
RunRecord describe(const Setup& setup, const DataFacts& facts, std::uint64_t repeat,
                   std::uint64_t order);

/// Sets status and reason.
void set_status(RunRecord& row, std::string_view status, std::string_view reason);

/// Adds counts, times, rates and staleness.
void add_outcome(RunRecord& row, const RunOutcome& outcome);

/// Whether what was found in a pause meets the row's target.
bool meets_target(const RunRecord& row, const PointEvaluation& found);

/// Adds the loss curve, the losses at its ends and when a target was first reached. Numbers that
/// are not finite become empty cells. `evaluations` has one entry per snapshot of the outcome.
void add_curve(RunRecord& row, const RunOutcome& outcome,
               const std::vector<PointEvaluation>& evaluations);

/// Sets the status: ok, diverged (a loss that is not finite, or at the end above twice the first),
/// timeout or interrupted. Needs the curve.
void judge(RunRecord& row, const RunOutcome& outcome, const RunSpec& spec);

}  // namespace sgdbench
