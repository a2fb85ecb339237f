// Step sizes γ(t, epoch, τ): a value, not a type of update rule.
//
// What staleness does to a gradient that lands τ updates after its parameters were read, a policy
// says. It damps the step, by a factor of τ alone or of τ among those of the updates before, or it
// corrects the gradient by the parameters that it was computed at (rules/compensation.h).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/real.h"

namespace sgdbench {

/// γ: the step size; P: workers; g: the mean gradient that lands; w: the parameters that it lands
/// in, w′ those that it was computed at. Vectors are taken coordinate by coordinate.
enum class StalenessPolicy {
  none,
  inverse,         ///< γ / max(1, τ), Zhang et al. 2016 (staleness-aware ASGD)
  delay_adaptive,  ///< γ·P / max(P, τ), Koloskova et al. 2022, Mishchenko et al. 2022
  /// γ·e^(−βτ), where e^(−βx) = 1/(1 + x) at x, half of the 99.7th percentile of all τ so far:
  /// AdaSGD of FLeet, Damaskinos et al. 2020. Departure: their boost of gradients from labels that
  /// few users have is left out, for here every worker draws from the same examples.
  fleet,
  /// γ·(1 + A·(1 − 2F(τ))), A = 1, F the distribution of all τ so far: TAIL-τ of ASAP.SGD,
  /// Bäckström et al. 2022. Departure: of those that are equal to τ, F counts half. Then the mean
  /// factor is 1 for whole numbers too, and where all τ are equal no step is lost.
  tail,
  dc,           ///< g + λ·g²·(w − w′), Zheng et al. 2017 (DC-ASGD-c)
  dc_adaptive,  ///< the same with λ = λ₀/√(M + 10⁻⁷), M the running mean of g² (DC-ASGD-a)
  gap_aware,    ///< g / (1 + |w − w′|/C), C the usual step, Barkai et al. 2020 (Gap-Aware)
};

/// What a policy must know when a gradient lands.
enum PolicyNeeds : unsigned {
  kNeedsNothing = 0,
  kNeedsStaleness = 1,       ///< τ
  kNeedsReadParameters = 2,  ///< w′
  kNeedsMemory = 4           ///< what landed before, in one memory of all updates
};

/// A row of the table.
struct StalenessPolicyEntry {
  std::string_view name;
  std::string_view form;  ///< with its parameter, as in "dc:λ"
  std::string_view summary;
  StalenessPolicy policy;
  unsigned needs;  ///< of PolicyNeeds
};
const std::vector<StalenessPolicyEntry>& staleness_policy_catalog();
const StalenessPolicyEntry& policy_entry(StalenessPolicy policy);
inline bool needs(StalenessPolicy policy, PolicyNeeds what) {
  return (policy_entry(policy).needs & what) != 0;
}

/// The factor of policies that need τ and no memory, in (0, 1]; 1 of all others.
double memoryless_damping(StalenessPolicy policy, std::uint64_t staleness, std::size_t workers);

/// How often each τ was met. Every call takes the logarithm of the number of bins: a Fenwick tree.
class StalenessCounts {
 public:
  StalenessCounts() = default;
  /// τ from `bins` − 1 on counts as that; a power of 2.
  explicit StalenessCounts(std::size_t bins) : tree_(bins + 1) {}

  bool has_memory() const { return !tree_.empty(); }
  std::uint64_t count() const { return tree_.back(); }
  void add(std::uint64_t staleness);
  /// Those that were less, and those that were no more.
  std::uint64_t below(std::uint64_t staleness) const { return first(bin_of(staleness)); }
  std::uint64_t up_to(std::uint64_t staleness) const { return first(bin_of(staleness) + 1); }
  /// The least τ up to which there is the share q of them, q in (0, 1].
  std::uint64_t quantile(double q) const;

 private:
  std::size_t bin_of(std::uint64_t staleness) const {
    return std::min<std::uint64_t>(staleness, tree_.size() - 2);
  }
  /// In the first so many bins.
  std::uint64_t first(std::size_t bins) const;

  std::vector<std::uint64_t> tree_;  ///< [k] counts the τ from k − (k & −k) to k − 1
};

/// The factors of a run's updates, one after the other. Thread safety: none.
class StalenessDamping {
 public:
  StalenessDamping(StalenessPolicy policy, std::size_t workers);

  /// Of the next update, whose stalest gradient has this τ. Takes no memory.
  Real next(std::uint64_t staleness) {
    return policy_ == StalenessPolicy::none ? Real(1) : static_cast<Real>(factor(staleness));
  }

 private:
  double factor(std::uint64_t staleness);

  StalenessPolicy policy_;
  std::size_t workers_;
  StalenessCounts met_;
};

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
