// Losses of a linear model: functions of the margin z = ⟨w, x⟩ and the target y, of which a
// gradient needs the slope only:  ∇ℓ = slope·x.
#pragma once

#include <cmath>

#include "workloads/kernels/vector.h"
#include "workloads/real.h"

namespace sgdbench {

enum class LossKind { logistic, hinge, squared };

/// ℓ = log(1 + e^{−yz}),  ℓ′ = −y / (1 + e^{yz}),  y ∈ {−1, +1}.
struct LogisticLoss {
  /// Without overflow: max(0, −yz) + log(1 + e^{−|yz|}).
  static double value(double z, double y) {
    const double m = y * z;
    return (m < 0 ? -m : 0) + std::log1p(std::exp(-std::abs(m)));
  }
  static Real slope(Real z, Real y) { return -y / (1 + fast_exp(y * z)); }
};

/// ℓ = max(0, 1 − yz),  ℓ′ = −y where yz < 1, else 0,  y ∈ {−1, +1}. The comparisons are the way
/// round that keeps a NaN margin from looking like no loss.
struct HingeLoss {
  static double value(double z, double y) { return y * z >= 1 ? 0 : 1 - y * z; }
  static Real slope(Real z, Real y) { return y * z >= 1 ? 0 : -y; }
};

/// ℓ = ½(z − y)²,  ℓ′ = z − y.
struct SquaredLoss {
  static double value(double z, double y) { return 0.5 * (z - y) * (z - y); }
  static Real slope(Real z, Real y) { return z - y; }
};

/// Calls body(loss) with the loss of that kind.
template <class F>
auto with_loss(LossKind kind, F body) {
  switch (kind) {
    case LossKind::hinge:
      return body(HingeLoss{});
    case LossKind::squared:
      return body(SquaredLoss{});
    case LossKind::logistic:
      break;
  }
  return body(LogisticLoss{});
}

/// An upper bound of ℓ″: the curvature in the margin. The hinge has none; 1 is its scale.
constexpr double curvature(LossKind kind) {
  return kind == LossKind::logistic ? 0.25 : 1;
}

}  // namespace sgdbench
