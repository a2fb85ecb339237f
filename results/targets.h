// When a run reached what was asked of it.
//
// The idea: targets are a function of a row alone: of what was asked (`target`, `target_loss`,
// `target_accuracy`), the optimum and the curve. A curve has points, so a target is reached at the
// first point that meets it, and a miss is an empty cell and never a number.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/fields.h"

namespace sgdbench {

/// How a share q above the optimum f* becomes a loss.
///   relative:       f ≤ (1 + q)·f*
///   suboptimality:  f − f* ≤ q·(f(x₀) − f*),  where f* is next to nothing beside f(x₀)
enum class Measure { relative, suboptimality };
std::string_view to_string(Measure measure);

/// Suboptimality below this share of the initial loss, where (1 + q)·f* would ask for ever more.
inline constexpr double kNearZero = 1e-3;
Measure measure_for(double optimum, double initial);
double target_loss(double percent, double optimum, double initial);

/// "1%"
std::string percent_text(double percent);

/// One target of one run: a row of targets.csv.
struct TargetReach {
  std::string target;  ///< "1%"; "loss" or "accuracy" where these were given as numbers
  std::optional<double> loss, accuracy;
  std::optional<double> time_s, epochs;
  std::optional<std::uint64_t> updates;
};

/// Every target of a run, in the order asked, the last one being the row's own.
std::vector<TargetReach> targets_of(const RunRecord& run);

/// Whether such a loss and such an accuracy meet the row's target.
bool meets_target(const RunRecord& run, std::optional<double> loss, std::optional<double> accuracy);

/// Sets time, epochs and updates to the target, and `reached`.
void settle_target(RunRecord& run);

struct TargetRow {
  const RunRecord& run;
  const TargetReach& reach;
};
std::span<const Field<TargetRow, TargetReach>> target_fields();

/// targets.csv.
std::string targets_csv(std::span<const RunRecord> runs);

}  // namespace sgdbench
