// The naive references, in double, of what stands between gradients and the step of a rule.
//
// Rules that remember examples: whole gradients of data, one for each example that was met, as the
// papers write them. The λ of the problem is no part of what is remembered. For an update from the
// rows i of a set B of b,
//
//   gᵢ = ∇ℓᵢ(wᵢ),   estimate = c/b ∑ᵢ (gᵢ − αᵢ) + 1/b ∑ᵢ Dᵢ(ḡ + λw)
//   saga, sag:   ḡ ← ḡ + 1/n ∑ᵢ (gᵢ − αᵢ),  αᵢ ← gᵢ
//   svrg:        αᵢ = ∇ℓᵢ(w̃), ḡ = 1/n ∑ᵢ αᵢ at the last full gradient, which was made at w̃
//
// wᵢ being the parameters that the gradient was computed from, and w those that it lands in. Where
// workers make differences (Rule::anchor()), with λ in them and v = ∇f(w̃) at a full gradient,
//
//   estimate = 1/b ∑ᵢ (∇fᵢ(wᵢ) − ∇fᵢ(a)) + v,   svrg: a = w̃,   sarah: v ← estimate, then a ← w
//
// Staleness policies: the formulas of step_size.h and compensation.h as the papers write them, over
// every coordinate and every τ so far.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "workloads/problem.h"
#include "workloads/step_size.h"

namespace sgdbench {

class ReferenceMemory {
 public:
  /// `problem` must outlive this; the rule has an estimate of its own.
  ReferenceMemory(const Problem& problem, const RuleSpec& rule);

  /// Rows whose gradients were computed from the same parameters.
  struct Part {
    std::span<const double> w;
    std::span<const std::uint32_t> rows;
  };
  /// The estimate for an update of `w` from all parts, and what is remembered of them.
  void estimate(std::span<const double> w, std::span<const Part> parts, std::span<double> estimate);

  /// A full gradient at w.
  void make_full(std::span<const double> w);

  std::span<const double> mean() const { return mean_; }  ///< ḡ, or v

 private:
  using Sparse = std::vector<std::pair<std::size_t, double>>;  // what is not zero

  std::vector<double> gradient_of(std::span<const double> w, std::uint32_t row) const;
  void add_regulariser(std::span<const double> w, std::span<double> z) const;
  void estimate_difference(std::span<const double> w, std::span<const Part> parts,
                           std::span<double> estimate);

  const Problem* problem_;
  Estimate estimate_;
  bool differs_;                               // workers make differences
  std::vector<double> mean_, snapshot_;        // ḡ or v; w̃ or a
  std::map<std::uint32_t, Sparse> gradients_;  // αᵢ, of the examples that were met
};

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
