// The naive reference of staleness policies, in double: the formulas of staleness_policy.h and
// rules/compensation.h as the papers write them, over every coordinate and every τ so far.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "workloads/step_size.h"

namespace sgdbench {

class ReferencePolicy {
 public:
  /// Of a run of so many workers; γ₀, the policy and its λ are those of `step`.
  ReferencePolicy(const StepSize& step, std::size_t workers, std::size_t parameters)
      : step_(step), workers_(workers), mean_square_(parameters) {}

  /// Whether gradients are corrected, each as it lands.
  bool corrects() const { return needs(step_.policy, kNeedsReadParameters); }
  /// Corrects a mean gradient that lands where w is by `moved`, w − w′, from what it was computed
  /// at; in the order in which gradients land.
  void correct(std::span<double> gradient, std::span<const double> moved);
  /// What γ is multiplied by in the next update, whose stalest gradient has this τ.
  double factor(std::uint64_t staleness);

 private:
  StepSize step_;
  std::size_t workers_;
  std::vector<std::uint64_t> met_;   ///< all τ so far, ascending
  std::vector<double> mean_square_;  ///< M
};

}  // namespace sgdbench
