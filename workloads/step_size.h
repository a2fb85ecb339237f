// Step sizes γ(t, epoch, τ): a value, not a type of update rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/real.h"
#include "workloads/staleness_policy.h"

namespace sgdbench {

/// How the step size falls as training goes on. t counts updates from 0, e epochs from 0.
enum class Schedule {
  constant,     ///< γ₀
  inverse,      ///< γ₀ / (1 + λ·γ₀·t), Bottou 2012; λ is the L2 coefficient
  sqrt,         ///< γ₀ / √(1 + t)
  exponential,  ///< γ₀ · r^e
  /// γ₀, and over the last share c of the planned run γ₀ · what is left of that share. What the
  /// noise of a step adds to the loss is then gone at the end, whatever γ₀, and until then nothing
  /// is slower than with `constant` (Hägele et al. 2024).
  cooldown,
};

/// The step of one update.
struct UpdateStep {
  UpdateStep(Real gamma, Real averaged_before = 0) : size(gamma), averaged(averaged_before) {}
  Real size;      ///< γ
  Real averaged;  ///< iterates in the average before this update; 0: none
};

/// Of a run of so many updates, those before an average over the last `share` of its iterates, in
/// [0, 1]; all and more where that is 0.
inline std::uint64_t updates_before_average(double share, std::uint64_t updates) {
  if (share == 0) return UINT64_MAX;
  return static_cast<std::uint64_t>((1 - share) * static_cast<double>(updates));
}

/// The step size inside one epoch: cheap enough to ask at every update.
struct EpochStep {
  Schedule schedule;
  double base;     ///< γ₀, times r^e for exponential
  double decay;    ///< λ·γ₀ for inverse; for cooldown, the updates that it lasts
  double end = 0;  ///< for cooldown, the updates of the planned run
  std::uint64_t average_from = UINT64_MAX;  ///< as StepSize has it
  Real at(std::uint64_t update) const;
  /// γ = at(update), damped, and how many iterates are in the average before this update.
  UpdateStep of(std::uint64_t update, Real damping = 1) const {
    return {at(update) * damping, averaged(update)};
  }
  Real averaged(std::uint64_t update) const {
    return update > average_from ? static_cast<Real>(update - average_from) : Real(0);
  }
  /// Whether it differs between the updates of an epoch.
  bool moves() const { return schedule != Schedule::constant && schedule != Schedule::exponential; }
};

struct StepSize {
  double initial = 0.1;  ///< γ₀
  Schedule schedule = Schedule::constant;
  double rate = 1;  ///< r of exponential, c of cooldown
  double l2 = 0;    ///< λ, for inverse
  StalenessPolicy policy = StalenessPolicy::none;
  /// For cooldown: updates of the planned run, whether or not it gets to its end. 0: there is no
  /// end to cool down to, and γ stays γ₀.
  std::uint64_t horizon = 0;
  double compensation = 0.04;               ///< λ of dc
  std::size_t workers = 1;                  ///< P, for delay-adaptive
  std::uint64_t average_from = UINT64_MAX;  ///< updates before the average over iterates begins

  EpochStep during(std::uint64_t epoch) const;

  /// The factor for a gradient of staleness τ of a policy that remembers nothing.
  Real damping(std::uint64_t staleness) const {
    return static_cast<Real>(memoryless_damping(policy, staleness, workers));
  }
};

/// `constant`, `inverse`, `sqrt`, `exponential:0.9`, `cooldown:0.2` into step.schedule and
/// step.rate; throws UsageError.
void parse_schedule(std::string_view text, StepSize& step);

/// `none`, `dc`, `dc:0.1` into step.policy and step.compensation; throws UsageError.
void parse_staleness_policy(std::string_view text, StepSize& step);

/// One row per schedule, for `list` and for parsing.
struct NamedSummary {
  std::string_view name;
  std::string_view summary;
};
const std::vector<NamedSummary>& schedule_catalog();

std::string to_string(Schedule schedule, double rate);
/// Of the policy, as parse_staleness_policy() reads it.
std::string staleness_policy_text(const StepSize& step);

}  // namespace sgdbench
