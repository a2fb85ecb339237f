// A preconditioner for dense data: the Hessian's diagonal blocks, one per column of W, factorised.
//
//   P_c = 1/n ∑ᵢ k_ic·xᵢxᵢᵀ + λI,   k_ic = (∇²ℓᵢ)_cc,   P_c = L_c·L_cᵀ
//
// With one column P is the Hessian itself, and conjugate gradients need a step or two however badly
// it is conditioned. It may be rough: the products are in single precision, and rows with next to
// no curvature are left out.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "workloads/optimum/design.h"

namespace sgdbench::optimum {

class BlockCholesky {
 public:
  /// Whether the blocks of this data would fit and pay.
  static bool suits(const Design& design);

  /// Factorises at the given curvature: curvature(i, k) sets the C numbers k_ic; the intercepts'
  /// part of the diagonal is `held` instead of λ. Returns false, and is not ready, where rounding
  /// leaves a block that isn't positive definite.
  bool factorise(const Design& design, double l2, double held,
                 const std::function<void(std::size_t i, double* k)>& curvature);
  bool ready() const { return ready_; }
  /// v_c ← P_c⁻¹·v_c.
  void solve(const ParallelFor& parallel, std::span<double> v) const;

 private:
  std::size_t d_ = 0;
  std::vector<std::vector<double>> factors_;  ///< L_c, row by row
  bool ready_ = false;
};

}  // namespace sgdbench::optimum
