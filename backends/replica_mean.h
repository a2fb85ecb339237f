// The mean of replicas:  x̄ = ∑ nᵢ·xᵢ / ∑ nᵢ,  nᵢ the examples that replica i was trained on; and
// the elastic meeting of a replica with the centre.
#pragma once

#include <span>
#include <vector>

#include "workloads/real.h"

namespace sgdbench {

/// Sums in double, in the order of add(): the same bits whoever trained the replicas.
class ReplicaMean {
 public:
  void begin(std::size_t size) {
    sum_.assign(size, 0.0);
    weight_ = 0;
  }
  void add(std::span<const Real> replica, std::size_t examples) {
    const auto weight = static_cast<double>(examples);
    for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += weight * double{replica[i]};
    weight_ += weight;
  }
  /// `mean` stays as it is where nothing was added.
  void write(std::span<Real> mean) const {
    if (weight_ == 0) return;
    for (std::size_t i = 0; i < sum_.size(); ++i) mean[i] = static_cast<Real>(sum_[i] / weight_);
  }

 private:
  std::vector<double> sum_;
  double weight_ = 0;
};

/// d = xᵢ − x̃,  xᵢ ← xᵢ − α·d,  x̃ ← x̃ + α·d    (Zhang, Choromanska & LeCun 2015, algorithm 1)
/// Departure: they take the gradient of a replica's next step before it meets the centre; here it
/// has met the centre when it goes on.
inline void meet(std::span<Real> replica, std::span<Real> centre, Real alpha) {
  for (std::size_t i = 0; i < centre.size(); ++i) {
    const Real d = alpha * (replica[i] - centre[i]);
    replica[i] -= d;
    centre[i] += d;
  }
}

}  // namespace sgdbench
