// What staleness does to a gradient that lands τ updates after its parameters were read.
//
// A policy damps the step, by a factor of τ alone or of τ among those of the updates before, or it
// corrects the gradient by the parameters that it was computed at (rules/compensation.h).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

}  // namespace sgdbench
