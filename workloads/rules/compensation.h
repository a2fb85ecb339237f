// Gradients that are corrected, when they land, by how far the parameters have moved since they
// were computed: dc, dc-adaptive and gap-aware (step_size.h), coordinate by coordinate.
//
//   dc            g + λ·g²·(w − w′)
//   dc-adaptive   M ← m·M + (1 − m)·g²,   g + λ₀/√(M + ε)·g²·(w − w′)
//   gap-aware     g′ = g / (1 + |w − w′|/(γ₀√M)),   M ← m·M + (1 − m)·g′²
//
// with m = 0.95, λ₀ = 2, ε = 1e-7. g is the mean gradient of a mini-batch, w what it lands in, w′
// what it was computed at.
//
// Source: Zheng et al., "Asynchronous stochastic gradient descent with delay compensation", ICML
// 2017; Barkai, Hakimi & Schuster, "Gap-aware mitigation of gradient staleness", ICLR 2020.
// Departures, all for sparse gradients: where g is zero so is its correction, and M is of those g
// that are not, for a pass over all coordinates would cost more than the update. In
// gap-aware the first g′² of a coordinate is its M: started from 0, the first steps would be
// counted as smaller than they were.
//
// Thread safety: none; a server's, or a worker's own.
#pragma once

#include <span>
#include <vector>

#include "workloads/rules/gradient_sum.h"
#include "workloads/step_size.h"

namespace sgdbench {

class Compensation {
 public:
  /// Takes all memory that it needs, for updates of so many gradient sums.
  Compensation(const StepSize& step, std::size_t parameters, std::size_t gradient_sums);

  /// Whether there is anything to be corrected; else nothing below may be called.
  bool corrects() const { return !corrected_.empty(); }

  /// The k-th gradient sum of an update, which says what it was computed at, as it lands in w;
  /// valid until the next k-th. The gradient sums of an update are corrected one after the other.
  GradientSum correct(const GradientSum& gradient_sum, std::span<const Real> w, std::size_t k);

 private:
  template <class Correct>
  void correct_all(const GradientSum& gradient_sum, std::span<const Real> w, Real* corrected,
                   Correct correct);

  StalenessPolicy policy_;
  Real lambda_;                                 ///< λ of dc
  Real step_;                                   ///< γ₀
  std::vector<AlignedVector<Real>> corrected_;  ///< of each gradient sum of an update
  AlignedVector<Real> mean_square_;             ///< M
};

}  // namespace sgdbench
