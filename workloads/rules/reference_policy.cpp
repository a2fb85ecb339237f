#include "workloads/rules/reference_policy.h"

#include <algorithm>
#include <cmath>

namespace sgdbench {

void ReferencePolicy::correct(std::span<double> gradient, std::span<const double> moved) {
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    double &g = gradient[i], &m = mean_square_[i];
    if (g == 0) continue;
    const double usual = step_.initial * std::sqrt(m);
    switch (step_.policy) {
      case StalenessPolicy::dc:
        g += step_.compensation * g * g * moved[i];
        break;
      case StalenessPolicy::dc_adaptive:
        m = 0.95 * m + 0.05 * g * g;
        g += 2 / std::sqrt(m + 1e-7) * g * g * moved[i];
        break;
      case StalenessPolicy::gap_aware:
        if (usual > 0) g /= 1 + std::abs(moved[i]) / usual;
        m = m > 0 ? 0.95 * m + 0.05 * g * g : g * g;
        break;
      default:
        break;
    }
  }
}

double ReferencePolicy::factor(std::uint64_t staleness) {
  met_.insert(std::upper_bound(met_.begin(), met_.end(), staleness), staleness);
  const auto t = static_cast<double>(staleness), p = static_cast<double>(workers_);
  switch (step_.policy) {
    case StalenessPolicy::inverse:
      return 1 / std::max(1.0, t);
    case StalenessPolicy::delay_adaptive:
      return p / std::max(p, t);
    case StalenessPolicy::fleet: {
      const auto place = std::ceil(0.997 * static_cast<double>(met_.size()));
      const double x = static_cast<double>(met_[static_cast<std::size_t>(place) - 1]) / 2;
      return std::exp(-(x > 0 ? std::log(1 + x) / x : 1) * t);
    }
    case StalenessPolicy::tail: {
      double rank = 0;
      for (const auto other : met_) rank += other < staleness ? 1 : other == staleness ? 0.5 : 0;
      return 2 - 2 * rank / static_cast<double>(met_.size());
    }
    default:
      return 1;
  }
}

}  // namespace sgdbench
