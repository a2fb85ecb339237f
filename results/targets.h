// When a run reached what was asked of it.
//
// The idea: targets are a function of a row alone: of what was asked (`target`, `target_loss`,
// `target_accuracy`), the optimum and the curve. A curve has points, and the target is crossed
// somewhere between the first point that meets it and the point before. Where exactly is a guess,
// by interpolation; that it is between the two is known, and stands beside it. A miss is an empty
// cell and never a number.
//
// Between two points, suboptimality is taken to fall by a constant factor where the optimum is
// known (gradient descent's linear convergence), and the loss by a constant amount where it is not.
// So a finer curve moves the crossing within the bounds of the coarser one.
#pragma once

#include <cstdint>
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
  std::optional<double> time_s, epochs;  ///< at the crossing; nothing where it was missed
  std::optional<std::uint64_t> updates;  ///< applied by then, the one that crosses included
  std::optional<double> low_s, high_s;   ///< the points around it; both 0 where the start meets it
};

/// Every target of a run, in the order asked, the last one being the row's own.
std::vector<TargetReach> targets_of(const RunRecord& run);

/// What is looked at to tell whether a target is met.
struct Level {
  std::optional<double> loss, accuracy;  ///< accuracy on held-out examples
  std::uint64_t updates = 0;             ///< that have landed
};

/// Whether such a loss and such an accuracy meet the row's target.
bool meets_target(const RunRecord& run, const Level& level);

/// What share of the way from `before`, which does not meet the row's target, to `after`, which
/// does, lies before the crossing: in (0, 1]. The update that crosses is made whole.
double crossing(const RunRecord& run, const Level& before, const Level& after);

/// How many times as far as from `start` to `now` it is from `start` to `target`, if what falls
/// goes on as it began. Suboptimality falls by a constant factor where the optimum (`floor`) is
/// known, and by a constant amount where it is not. Infinite where nothing fell.
double way_to(double start, double now, double target, std::optional<double> floor);

/// Sets time (with its bounds), epochs and updates to the target, and `reached`.
void settle_target(RunRecord& run);

struct TargetRow {
  const RunRecord& run;
  const TargetReach& reach;
};
std::span<const Field<TargetRow, TargetReach>> target_fields();

/// targets.csv.
std::string targets_csv(std::span<const RunRecord> runs);

}  // namespace sgdbench
