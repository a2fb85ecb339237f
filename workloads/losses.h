// Losses of a linear model: functions of the margin z = ⟨w, x⟩ and the target y, of which a
// gradient needs the slope only:  ∇ℓ = slope·x.
#pragma once

#include <algorithm>
#include <cmath>

#include "workloads/kernels/vector.h"
#include "workloads/real.h"

namespace sgdbench {

// A new one is a struct and its lines in the enumeration and the switch below it, and a row of the
// table of workloads. `plain` and `plain_slope` are its equations as they stand, in double: what
// the reference is made of, and all others are tested against.

/// ℓ = log(1 + e^{−yz}),  ℓ′ = −y / (1 + e^{yz}),  y ∈ {−1, +1}.
struct LogisticLoss {
  static constexpr bool kClassifies = true;
  static constexpr double kCurvature = 0.25;  ///< an upper bound of ℓ″, in the margin
  static constexpr bool kSmooth = true;       ///< ℓ′ changes continuously
  /// Without overflow: max(0, −yz) + log(1 + e^{−|yz|}).
  static double value(double z, double y) {
    const double m = y * z;
    return (m < 0 ? -m : 0) + std::log1p(std::exp(-std::abs(m)));
  }
  static Real slope(Real z, Real y) { return -y / (1 + fast_exp(y * z)); }
  static double plain(double z, double y) {
    return std::log1p(std::exp(-std::abs(y * z))) + std::max(0.0, -y * z);
  }
  static double plain_slope(double z, double y) { return -y / (1 + std::exp(y * z)); }
};

/// ℓ = max(0, 1 − yz),  ℓ′ = −y where yz < 1, else 0,  y ∈ {−1, +1}. The comparisons are the way
/// round that keeps a NaN margin from looking like no loss.
struct HingeLoss {
  static constexpr bool kClassifies = true;
  static constexpr double kCurvature = 1;  ///< it has none, and this is its scale
  static constexpr bool kSmooth = false;
  static double value(double z, double y) { return y * z >= 1 ? 0 : 1 - y * z; }
  static Real slope(Real z, Real y) { return y * z >= 1 ? 0 : -y; }
  static double plain(double z, double y) { return std::max(0.0, 1 - y * z); }
  static double plain_slope(double z, double y) { return y * z < 1 ? -y : 0; }
};

/// ℓ = max(0, 1 − yz)²,  ℓ′ = −2y(1 − yz) = 2(z − y) where yz < 1, else 0,  y ∈ {−1, +1}: the hinge
/// without its corner. NaN as above.
struct SquaredHingeLoss {
  static constexpr bool kClassifies = true;
  static constexpr double kCurvature = 2;
  static constexpr bool kSmooth = true;
  static double value(double z, double y) { return y * z >= 1 ? 0 : (1 - y * z) * (1 - y * z); }
  static Real slope(Real z, Real y) { return y * z >= 1 ? 0 : 2 * (z - y); }
  static double plain(double z, double y) { return std::pow(std::max(0.0, 1 - y * z), 2); }
  static double plain_slope(double z, double y) { return -2 * y * std::max(0.0, 1 - y * z); }
};

/// ℓ = ½(z − y)²,  ℓ′ = z − y.
struct SquaredLoss {
  static constexpr bool kClassifies = false;
  static constexpr double kCurvature = 1;
  static constexpr bool kSmooth = true;
  static double value(double z, double y) { return 0.5 * (z - y) * (z - y); }
  static Real slope(Real z, Real y) { return z - y; }
  static double plain(double z, double y) { return (z - y) * (z - y) / 2; }
  static double plain_slope(double z, double y) { return z - y; }
};

enum class LossKind { logistic, hinge, squared_hinge, squared };
inline constexpr LossKind kLosses[] = {LossKind::logistic, LossKind::hinge, LossKind::squared_hinge,
                                       LossKind::squared};

/// Calls body(loss) with the loss of that kind.
template <class F>
constexpr auto with_loss(LossKind kind, F body) {
  switch (kind) {
    case LossKind::hinge:
      return body(HingeLoss{});
    case LossKind::squared_hinge:
      return body(SquaredHingeLoss{});
    case LossKind::squared:
      return body(SquaredLoss{});
    case LossKind::logistic:
      break;
  }
  return body(LogisticLoss{});
}

}  // namespace sgdbench
